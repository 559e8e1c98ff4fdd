"""What the package needs of a face detector."""

from typing import Protocol

import numpy as np


class FaceDetector(Protocol):
    """Image to face landmarks in pixels. One detector, used from one thread."""

    name: str

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels.

        x right, y down, depth in the scale of x, smaller is nearer; the vertices are those of
        MediaPipe's face mesh.
        """

    def close(self) -> None:
        """Free what the detector holds."""


class DetectorUnavailable(RuntimeError):
    """The detector asked for cannot run with what is installed."""
