# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Camera models."""

from dataclasses import dataclass

import cv2
import numpy as np

from headpose_ros.camera.line_of_sight import LineOfSight, rotation_to
from headpose_ros.landmarks import CHEEKBONES

# Coefficient counts accepted by OpenCV, by model name in sensor_msgs/CameraInfo. Usually plumb_bob
# has 5 and rational_polynomial 8, the first 5 of which mean the same.
_POLYNOMIAL = (4, 5, 8, 12, 14)
MODELS = {'plumb_bob': _POLYNOMIAL, 'rational_polynomial': _POLYNOMIAL, 'equidistant': (4,)}

# In names of models that distort even with all coefficients zero.
_FISHEYE = ('equidist', 'fish', 'theta', 'kannala', 'omni', 'mei', 'sphere')

# Pixels, maximum reprojection error of an undistorted point. Far outside the calibrated area the
# distortion polynomial has no inverse, and the error is much larger.
MAX_MISS = 0.5

# OpenCV's default of 5 iterations is off by up to 35 pixels in the corners of strong lenses, 50
# iterations by 0.00001.
_ITERATIONS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)

# OpenCV 5 merges undistortPointsIter into undistortPoints, which takes no criteria in OpenCV 4.
_undistort_points = getattr(cv2, 'undistortPointsIter', cv2.undistortPoints)


def opencv_matrix(matrix: np.ndarray) -> np.ndarray:
    """``K`` with the centre of the first pixel at (0, 0), from one with it at (0.5, 0.5)."""
    return matrix - [[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated camera.

    Pixel coordinates as in ``sensor_msgs/CameraInfo`` and OpenCV: the centre of the first pixel is
    (0, 0).

    :ivar matrix: (3, 3) ``K``, pixels.
    :ivar distortion: (n,) coefficients of the model; empty for a lens without distortion.
    :ivar model: ``'plumb_bob'``, ``'rational_polynomial'`` or ``'equidistant'``; without
        distortion also any other name that is not of a fisheye, such as "none".
    :ivar width: image width, pixels.
    :ivar height: image height, pixels.
    :raises ValueError: invalid parameters.
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
                f'the image size is {self.width!r} x {self.height!r}; expected positive integers'
            )
        object.__setattr__(self, 'matrix', matrix)
        object.__setattr__(self, 'distortion', distortion)

    @classmethod
    def nominal(cls, width: int, height: int) -> 'Camera':
        """A guess without calibration: 53 degrees horizontal field of view, no distortion."""
        middle = (width - 1) / 2, (height - 1) / 2
        matrix = np.array([[width, 0.0, middle[0]], [0.0, width, middle[1]], [0.0, 0.0, 1.0]])
        return cls(matrix, np.zeros(0), 'plumb_bob', width, height)

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """Rays (n, 3) in the optical frame, with z = 1, through pixels (n, 2).

        :raises ValueError: the distortion cannot be inverted there.
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
        if not missed <= MAX_MISS:  # or NaN
            raise ValueError(
                'the calibration is not valid in this part of the image; calibrate the camera up '
                'to the image borders'
            )
        return rays

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project points (n, 3) in the optical frame to pixels (n, 2)."""
        project = cv2.fisheye.projectPoints if self._is_fisheye else cv2.projectPoints
        points = np.ascontiguousarray(points, float).reshape(-1, 1, 3)
        pixels, _ = project(points, np.zeros(3), np.zeros(3), self.matrix, self.distortion)
        return pixels.reshape(-1, 2)

    @property
    def _is_fisheye(self) -> bool:
        return self.model == 'equidistant' and len(self.distortion) > 0

    def sight_to(self, landmarks: np.ndarray) -> LineOfSight:
        """The line of sight to a head, through the midpoint between the cheekbones.

        :param landmarks: (468, 3) of a detector, in pixels, the centre of the first being
            (0.5, 0.5).
        :raises ValueError: not possible for this camera, see ``rays``.
        """
        rays = self.rays(landmarks[:, :2] - 0.5)
        unit = rays / np.linalg.norm(rays, axis=1, keepdims=True)
        rotation = rotation_to(unit[list(CHEEKBONES)].sum(axis=0))
        seen = rays @ rotation
        flat = seen[:, :2] / seen[:, 2:]
        # Tangent per pixel, at the head.
        scale = np.sqrt(flat.var(axis=0).sum() / landmarks[:, :2].var(axis=0).sum())
        sight = LineOfSight(rotation, np.column_stack([flat, landmarks[:, 2] * scale]))
        if min(seen[:, 2].min(), sight.points[:, 2].min()) <= 0.0:
            raise ValueError(
                'the face extends behind the camera; check the focal length of the calibration'
            )
        return sight


def _check_matrix(matrix: np.ndarray) -> None:
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ValueError(f'the camera matrix is {matrix.tolist()}; expected 3 x 3 finite numbers')
    if matrix[0, 0] <= 0.0 or matrix[1, 1] <= 0.0:
        raise ValueError(
            f'the focal lengths are {matrix[0, 0]:g} and {matrix[1, 1]:g} pixels; expected '
            'positive values'
        )
    if matrix[0, 1] or matrix[1, 0] or matrix[2].tolist() != [0.0, 0.0, 1.0]:
        raise ValueError(
            f'the camera matrix is {matrix.tolist()}; expected rows fx 0 cx, 0 fy cy, 0 0 1'
        )


def _check_distortion(distortion: np.ndarray, model: str) -> None:
    if distortion.ndim != 1 or not np.isfinite(distortion).all():
        raise ValueError(f'the distortion is {distortion.tolist()}; expected finite numbers')
    if not len(distortion):
        return
    if model not in MODELS:
        raise ValueError(f'unknown distortion model {model!r}; known: {", ".join(MODELS)}')
    if len(distortion) not in MODELS[model]:
        raise ValueError(
            f'{model} with {len(distortion)} coefficients; expected '
            f'{", ".join(map(str, MODELS[model]))}, or none'
        )
