"""Copies of a training image: mirrored, turned, shrunk, and what that does to the labels.

A face detector errs differently on each copy, so that landmarks found on copies say more than
landmarks that are moved by arithmetic.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from headpose_ros.rotation import (
    label_from_rotation,
    mirrored_rotation,
    rotation_from_label,
)


@dataclass(frozen=True)
class Copy:
    """A way to copy an image, about its centre and in its size.

    :ivar mirrored: left to right, before the rest.
    :ivar clockwise: degrees by which the image is turned.
    :ivar scale: by which the image is scaled.
    """

    mirrored: bool = False
    clockwise: float = 0.0
    scale: float = 1.0

    def image(self, bgr: np.ndarray) -> np.ndarray:
        """Copy of an (H, W, 3) image, black where the original does not reach."""
        height, width = bgr.shape[:2]
        return cv2.warpAffine(bgr, self._matrix(bgr.shape), (width, height))

    def points(self, points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Where (n, 2) pixels of an image of that shape are in the copy."""
        matrix = self._matrix(shape)
        return points @ matrix[:, :2].T + matrix[:, 2]

    def label(self, label: np.ndarray) -> np.ndarray:
        """Label angles in the copy: pitch, yaw, roll, (3,) radians."""
        rotation = rotation_from_label(label)
        if self.mirrored:
            rotation = mirrored_rotation(rotation)
        turn = Rotation.from_euler('z', self.clockwise, degrees=True).as_matrix()
        return label_from_rotation(turn @ rotation)

    def _matrix(self, shape: tuple[int, ...]) -> np.ndarray:
        height, width = shape[:2]
        center = ((width - 1) / 2.0, (height - 1) / 2.0)
        matrix = cv2.getRotationMatrix2D(center, -self.clockwise, self.scale)
        if self.mirrored:
            matrix[:, 2] += matrix[:, 0] * (width - 1)
            matrix[:, 0] *= -1.0
        return matrix


PLAIN = 'plain'

# The turned ones are shrunk so that the corners stay inside.
COPIES = {
    PLAIN: Copy(),
    'mirrored': Copy(mirrored=True),
    'turned clockwise': Copy(clockwise=20.0, scale=0.8),
    'turned counter-clockwise': Copy(clockwise=-20.0, scale=0.8),
    'shrunk': Copy(scale=0.6),
}
