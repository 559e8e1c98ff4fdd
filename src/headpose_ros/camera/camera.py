# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How a camera projects."""

from dataclasses import dataclass

import cv2
import numpy as np

from headpose_ros.camera.line_of_sight import LineOfSight, rotation_to
from headpose_ros.landmarks import CHEEKBONES

# Numbers of coefficients that OpenCV takes, by the names of sensor_msgs/CameraInfo. As a rule
# plumb_bob has 5 and rational_polynomial 8, of which the first 5 mean the same.
_POLYNOMIAL = (4, 5, 8, 12, 14)
MODELS = {'plumb_bob': _POLYNOMIAL, 'rational_polynomial': _POLYNOMIAL, 'equidistant': (4,)}

# In names of models whose lens bends lines with all coefficients zero too.
_FISHEYE = ('equidist', 'fish', 'theta', 'kannala', 'omni', 'mei', 'sphere')

# Pixels by which an undistorted point may miss where it came from. Far outside of what a lens was
# calibrated for its polynomial has no inverse, and then it misses by far more.
MAX_MISS = 0.5

# OpenCV's five iterations miss by up to 35 pixels at the corners of strong lenses, 50 by 0.00001.
_ITERATIONS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)

# In OpenCV 5 this has the name of what takes no criteria in OpenCV 4.
_undistort_points = getattr(cv2, 'undistortPointsIter', cv2.undistortPoints)


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated camera.

    Pixels are those of ``sensor_msgs/CameraInfo`` and OpenCV: the middle of the first is (0, 0).

    :ivar matrix: (3, 3) ``K``, pixels.
    :ivar distortion: (n,) coefficients of the model; empty for a lens without distortion.
    :ivar model: ``'plumb_bob'``, ``'rational_polynomial'`` or ``'equidistant'``; where there are
        no coefficients or all are zero, any name that is not one of a fisheye: drivers call an
        ideal lens "none" or by what it would be.
    :ivar width: of its images, pixels.
    :ivar height: of its images, pixels.
    :raises ValueError: such a camera cannot be.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    model: str
    width: int
    height: int

    def __post_init__(self) -> None:
        matrix, distortion = np.array(self.matrix, float), np.array(self.distortion, float)
        _check_matrix(matrix)
        if not distortion.any() and not any(word in self.model.lower() for word in _FISHEYE):
            distortion = np.zeros(0)
        _check_distortion(distortion, self.model)
        if not all(isinstance(x, int | np.integer) and x > 0 for x in (self.width, self.height)):
            raise ValueError(
                f'the images are {self.width!r} x {self.height!r} pixels; want whole numbers '
                'from 1'
            )
        object.__setattr__(self, 'matrix', matrix)
        object.__setattr__(self, 'distortion', distortion)

    @classmethod
    def nominal(cls, width: int, height: int) -> 'Camera':
        """A guess where there is no calibration: 53 degrees from left to right, no distortion."""
        middle = (width - 1) / 2, (height - 1) / 2
        matrix = np.array([[width, 0.0, middle[0]], [0.0, width, middle[1]], [0.0, 0.0, 1.0]])
        return cls(matrix, np.zeros(0), 'plumb_bob', width, height)

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """Directions (n, 3) in the optical frame, z = 1, that the camera sees at pixels (n, 2).

        :raises ValueError: the distortion has no inverse there.
        """
        points = np.ascontiguousarray(pixels, float).reshape(-1, 1, 2)
        if self._is_fisheye:
            flat = cv2.fisheye.undistortPoints(points, self.matrix, self.distortion)
        else:
            flat = _undistort_points(
                points, self.matrix, self.distortion, R=None, P=None, criteria=_ITERATIONS
            )
        rays = np.column_stack([flat.reshape(-1, 2), np.ones(len(points))])
        missed = np.abs(self.project(rays) - points[:, 0]).max()
        if not missed <= MAX_MISS:  # nor where it is not a number
            raise ValueError(
                'the calibration does not cover this place in the image; calibrate the camera up '
                'to its borders'
            )
        return rays

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (n, 2) at which the camera sees points (n, 3) of the optical frame."""
        project = cv2.fisheye.projectPoints if self._is_fisheye else cv2.projectPoints
        points = np.ascontiguousarray(points, float).reshape(-1, 1, 3)
        pixels, _ = project(points, np.zeros(3), np.zeros(3), self.matrix, self.distortion)
        return pixels.reshape(-1, 2)

    @property
    def _is_fisheye(self) -> bool:
        return self.model == 'equidistant' and len(self.distortion) > 0

    def sight_to(self, landmarks: np.ndarray) -> LineOfSight:
        """The line of sight to a head, which goes to midway between the cheekbones.

        :param landmarks: (468, 3) of a detector, in pixels of which the middle of the first is
            (0.5, 0.5).
        :raises ValueError: the camera cannot see such a face there, see ``rays``.
        """
        rays = self.rays(landmarks[:, :2] - 0.5)
        unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
        rotation = rotation_to(unit[list(CHEEKBONES)].sum(axis=0))
        seen = rays @ rotation
        flat = seen[:, :2] / seen[:, 2:]
        # Tangents that a pixel is, at the head.
        scale = np.sqrt(flat.var(axis=0).sum() / landmarks[:, :2].var(axis=0).sum())
        sight = LineOfSight(rotation, np.column_stack([flat, landmarks[:, 2] * scale]))
        if min(seen[:, 2].min(), sight.points[:, 2].min()) <= 0.0:
            raise ValueError(
                'the face reaches behind the camera; check the focal length of the calibration'
            )
        return sight


def _check_matrix(matrix: np.ndarray) -> None:
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ValueError(f'the camera matrix is {matrix.tolist()}; want 3 x 3 finite numbers')
    if matrix[0, 0] <= 0.0 or matrix[1, 1] <= 0.0:
        raise ValueError(
            f'the focal lengths are {matrix[0, 0]:g} and {matrix[1, 1]:g} pixels; want positive '
            'focal lengths'
        )
    if matrix[0, 1] or matrix[1, 0] or matrix[2].tolist() != [0.0, 0.0, 1.0]:
        raise ValueError(
            f'the camera matrix is {matrix.tolist()}; want fx 0 cx, 0 fy cy, 0 0 1 in its rows'
        )


def _check_distortion(distortion: np.ndarray, model: str) -> None:
    if distortion.ndim != 1 or not np.isfinite(distortion).all():
        raise ValueError(f'the distortion is {distortion.tolist()}; want a list of finite numbers')
    if not len(distortion):
        return
    if model not in MODELS:
        raise ValueError(f'the distortion model is {model!r}; known are {", ".join(MODELS)}')
    if len(distortion) not in MODELS[model]:
        raise ValueError(
            f'{model} with {len(distortion)} coefficients; want '
            f'{", ".join(map(str, MODELS[model]))}, or none at all'
        )
