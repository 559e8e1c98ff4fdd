# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""6-DoF head pose in the camera's optical frame."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import SELLION
from headpose_ros.rotation import OPTICAL_FROM_HEAD, quaternion_from_rotation

# Metres, bizygomatic breadth (cheekbone to cheekbone): mean of men (142.6 mm) and women (133.8 mm)
# in the US Army survey ANSUR II (2012, 4082 men, 1986 women). Equals the distance of landmarks 234
# and 454: 2.21 eye-centre distances in frontal faces of AFLW2000-3D, 2.20 interpupillary distances
# in the survey.
HEAD_WIDTH = 0.138

# Metres, size of an adult head along the axes of the head frame (depth, breadth, height including
# the chin): means of men and women in the same survey and in that of 1988, to the centimetre; and
# its centre relative to the sellion.
HEAD_SIZE = (0.20, 0.15, 0.23)
HEAD_CENTER = np.array([-0.09, 0.0, 0.0])

# Relative standard deviation of the width among people: same survey, men and women weighted
# equally.
WIDTH_SPREAD = 0.053

# Relative shrinking of the landmarks of a head in profile; proportional to 1 - cos of the angle
# between head and line of sight. Fitted to the scales of AFLW2000-3D: 0.062, standard error 0.009.
SHRINKING = 0.06

# The relative error of the landmark size is about the std of the angles in radians: on AFLW2000-3D
# 3.6 % at a std of 0.040, 5.8 % at 0.064, 6.9 % at 0.093, and hardly more beyond.
MAX_SIZE_ERROR = 0.1

# Error across the line of sight, head widths: measured on the rendered head at 0.4 to 2 m.
LATERAL_ERROR = 0.02


@dataclass(frozen=True)
class KnownWidth:
    """Assumed head width, which determines the distance.

    :ivar metres: between the cheekbones.
    :ivar error: relative standard deviation of the distance.
    :ivar is_measured: whether a depth camera measured the distance in this image.
    """

    metres: float
    error: float
    is_measured: bool = False


@dataclass(frozen=True, eq=False)
class CameraPose:
    """6-DoF head pose in the camera's optical frame.

    :ivar rotation: (3, 3) ``R_opt`` in camera axes, not along the line of sight.
    :ivar position: (3,) metres, of the sellion between the eyes (origin of REP-155's face frame).
    :ivar covariance: (6, 6) of position (metres) and small rotations (radians) about the fixed
        axes of the optical frame: x, y, z, rotation about x, y, z.
    """

    rotation: np.ndarray
    position: np.ndarray
    covariance: np.ndarray

    @cached_property
    def quaternion(self) -> np.ndarray:
        """(4,) x, y, z, w, orientation of the head frame in the optical frame."""
        return quaternion_from_rotation(self.rotation)

    def point(self, offset: np.ndarray) -> np.ndarray:
        """Transform an offset (3,) in metres from the head frame to the optical frame."""
        return self.position + self.rotation @ OPTICAL_FROM_HEAD @ offset


def camera_pose(head: HeadPose, head_width: float | KnownWidth = HEAD_WIDTH) -> CameraPose:
    """6-DoF pose of a head in the camera's optical frame.

    The distance follows from the size of the landmarks, depth included, and the head width.

    >>> camera = Camera.nominal(width=300, height=300)
    >>> with HeadPoseEstimator() as estimator:
    ...     (head,) = estimator.estimate(bgr, camera)
    >>> x, y, z = camera_pose(head).position
    >>> print(f'{z:.1f} m')
    0.4 m

    :param head: with a ``sight``.
    :param head_width: metres between the cheekbones, or a ``KnownWidth``.
    :raises ValueError: the head has no line of sight, or the width is not positive.
    """
    if isinstance(head_width, KnownWidth):
        known = head_width
    else:
        known = KnownWidth(head_width, math.hypot(WIDTH_SPREAD, size_error(head)))
    check_head_width(known.metres)
    sight = sight_of(head)
    sellion = sight.points[SELLION] * metres_per_width(head) * known.metres
    ray_rotation = sight.rotation
    rotation = ray_rotation @ head.rotation
    position = ray_rotation @ sellion
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = _position_covariance(position, known)
    covariance[3:, 3:] = ray_rotation @ head.rotation_covariance @ ray_rotation.T
    return CameraPose(rotation, position, covariance)


def sight_of(head: HeadPose) -> LineOfSight:
    """The line of sight to a head; ``ValueError`` if it has none."""
    if head.sight is None:
        raise ValueError('the head has no line of sight; pass a camera to estimate()')
    return head.sight


def metres_per_width(head: HeadPose) -> float:
    """Metres per unit of ``sight.points`` and per metre of head width."""
    return sight_of(head).distance * (1.0 - SHRINKING * (1.0 - float(head.rotation[2, 2])))


def size_error(head: HeadPose) -> float:
    """Relative standard deviation of the landmark size."""
    return min(math.sqrt(float(head.std @ head.std) / 3.0), MAX_SIZE_ERROR)


def check_head_width(head_width: float) -> None:
    """Raise ``ValueError`` unless it is a positive number of metres."""
    if not 0.0 < head_width < np.inf:
        raise ValueError(f'head_width is {head_width!r}; expected a positive number of metres')


class CameraPoses:
    """Camera poses of the heads in one image, computed on demand and cached.

    :param image_size: width and height, pixels.
    :param head_width: metres between the cheekbones.
    :param widths: better-known widths, by track ID.

    :ivar of: ``camera_pose`` of a head with a ``sight``, with its width.
    """

    def __init__(
        self, image_size: tuple[int, int], head_width: float = HEAD_WIDTH,
        widths: Mapping[Hashable, KnownWidth] | None = None,
    ):
        self._image_size = image_size
        self._head_width = head_width
        self._widths = widths or {}
        self.of = cache(self._pose)

    def is_measured(self, head: HeadPose) -> bool:
        """Whether a depth camera measured the distance of a head."""
        known = self._widths.get(head.track_id)
        return known is not None and known.is_measured

    def guess(self, head: HeadPose) -> CameraPose | None:
        """The same for any head, with a nominal camera if the real one is not calibrated.

        ``None`` if the landmarks are impossible for such a camera.
        """
        if head.sight is not None:
            return self.of(head)
        try:
            sight = Camera.nominal(*self._image_size).sight_to(head.landmarks)
        except ValueError:
            return None
        return self.of(replace(head, sight=sight))

    def _pose(self, head: HeadPose) -> CameraPose:
        return camera_pose(head, self._widths.get(head.track_id, self._head_width))


def _position_covariance(position: np.ndarray, known: KnownWidth) -> np.ndarray:
    along = known.error**2 * float(position @ position)
    across = (LATERAL_ERROR * known.metres) ** 2
    ray = position / math.sqrt(position @ position)
    return across * np.eye(3) + (along - across) * (ray[:, None] * ray)
