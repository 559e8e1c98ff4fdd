# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Six degrees of freedom: where a head is, and how it is turned, in the axes of the camera."""

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

# Metres from cheekbone to cheekbone (bizygomatic breadth): the mean of men (142.6 mm) and women
# (133.8 mm) in the US Army's survey ANSUR II (2012, 4082 men and 1986 women). It is what
# landmarks 234 and 454 are apart: in the frontal faces of AFLW2000-3D by 2.21 times the distance
# of the eyes' middles, in the survey by 2.20 times that of the pupils.
HEAD_WIDTH = 0.138

# Metres of an adult's head along the axes of the head frame: depth, breadth and height with the
# chin, means of men and women of the same survey and of that of 1988, to the centimetre; and its
# middle as seen from the sellion.
HEAD_SIZE = (0.20, 0.15, 0.23)
HEAD_CENTER = np.array([-0.09, 0.0, 0.0])

# Standard deviation of the width among people, relative to the mean: in the same survey, of as
# many men as women.
WIDTH_SPREAD = 0.053

# How much smaller the landmarks of a head that is seen from its side are, relatively; it goes with
# 1 - cos of the angle by which it is turned from the line of sight. Fitted to the scales of
# AFLW2000-3D: 0.062, with a standard error of 0.009.
SHRINKING = 0.06

# The landmarks' size is off by about as much, relatively, as the angles are in radians: on
# AFLW2000-3D by 3.6 % where these have a standard deviation of 0.040, by 5.8 % at 0.064, by 6.9 %
# at 0.093, and it does not get much worse than this.
MAX_SIZE_ERROR = 0.1

# Error across the line of sight, in head widths: measured on the rendered head, 0.4 to 2 m away.
LATERAL_ERROR = 0.02


@dataclass(frozen=True)
class KnownWidth:
    """How wide a head is taken to be, from which its distance follows.

    :ivar metres: between the cheekbones.
    :ivar error: standard deviation of the distance, relative.
    :ivar is_measured: whether a depth camera measured the distance in this very image.
    """

    metres: float
    error: float
    is_measured: bool = False


@dataclass(frozen=True, eq=False)
class CameraPose:
    """The pose of a head in the optical frame of the camera.

    :ivar rotation: (3, 3) ``R_opt`` in the camera's axes, not along the line of sight.
    :ivar position: (3,) metres, of the sellion, between the eyes (the origin of REP-155's face
        frame).
    :ivar covariance: (6, 6) of position and of small rotations about the fixed axes of the optical
        frame: x, y, z in metres, then x, y, z in radians.
    """

    rotation: np.ndarray
    position: np.ndarray
    covariance: np.ndarray

    @cached_property
    def quaternion(self) -> np.ndarray:
        """(4,) x, y, z, w of the head frame in the optical frame."""
        return quaternion_from_rotation(self.rotation)

    def point(self, offset: np.ndarray) -> np.ndarray:
        """(3,) metres in the optical frame, of an offset (3,) in metres in the head frame."""
        return self.position + self.rotation @ OPTICAL_FROM_HEAD @ offset


def camera_pose(head: HeadPose, head_width: float | KnownWidth = HEAD_WIDTH) -> CameraPose:
    """Pose of a head in the axes of the camera.

    The distance is that at which a head of the width given has landmarks of that size, depth
    included.

    >>> camera = Camera.nominal(width=300, height=300)
    >>> with HeadPoseEstimator() as estimator:
    ...     (head,) = estimator.estimate(bgr, camera)
    >>> x, y, z = camera_pose(head).position
    >>> print(f'{z:.1f} m')
    0.4 m

    :param head: with a ``sight``.
    :param head_width: metres between the cheekbones, or what more is known of them.
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
    """The line of sight to a head; ``ValueError`` where it has none."""
    if head.sight is None:
        raise ValueError('the head has no line of sight; estimate it with a calibrated camera')
    return head.sight


def metres_per_width(head: HeadPose) -> float:
    """Metres that the unit of ``sight.points`` is for each metre of a head's width."""
    return sight_of(head).distance * (1.0 - SHRINKING * (1.0 - float(head.rotation[2, 2])))


def size_error(head: HeadPose) -> float:
    """Standard deviation of the size of the landmarks, relative."""
    return min(math.sqrt(float(head.std @ head.std) / 3.0), MAX_SIZE_ERROR)


def check_head_width(head_width: float) -> None:
    """Raise ``ValueError`` unless it is a positive number of metres."""
    if not 0.0 < head_width < np.inf:
        raise ValueError(f'head_width is {head_width!r}; want a positive number of metres')


class CameraPoses:
    """Where the heads of one image are, each worked out once and only when it is asked for.

    :param image_size: width and height, pixels.
    :param head_width: metres between the cheekbones.
    :param widths: what is known better of people, by track ID.

    :ivar of: ``camera_pose`` of a head with a ``sight``, by its width.
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
        """Whether a depth camera measured how far away a head is."""
        known = self._widths.get(head.track_id)
        return known is not None and known.is_measured

    def guess(self, head: HeadPose) -> CameraPose | None:
        """The same of any head, through a nominal camera where the real one is not calibrated.

        ``None`` for what cannot be a face in such a camera.
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
