# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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

        Those that have a shape, see ``headpose_ros.face_geometry.has_shape``. x right, y down,
        depth in the scale of x, smaller is nearer; the vertices are those of MediaPipe's face
        mesh.
        """

    def close(self) -> None:
        """Free what the detector holds."""


class DetectorUnavailable(RuntimeError):
    """The detector asked for cannot run with what is installed."""


def check_bgr(image: np.ndarray) -> None:
    """Raise ``ValueError`` unless it is a ``uint8`` (H, W, 3) array with pixels in it."""
    wanted = 'want one uint8 BGR image of shape (height, width, 3)'
    if not isinstance(image, np.ndarray):
        raise ValueError(f'got {type(image).__name__}; {wanted}')
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f'got a {image.dtype} array of shape {image.shape}; {wanted}')
