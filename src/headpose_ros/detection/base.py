# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the package needs of a face detector."""

from typing import Protocol

import numpy as np

# Faces that are looked for in a single image before the largest are kept: MediaPipe alone returns
# the faces it is surest of, and the first of them is often somebody in the background.
MIN_CANDIDATES = 5


class FaceDetector(Protocol):
    """Image to face landmarks in pixels. One detector, used from one thread."""

    name: str

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels.

        Those that have a shape, see ``headpose_ros.landmarks.has_shape``. x right, y down,
        depth in the scale of x, smaller is nearer; the vertices are those of MediaPipe's face
        mesh.

        :raises ValueError: not such an image.
        """

    def close(self) -> None:
        """Free what the detector holds."""
