# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Neutral pose of a person: the mean pose while holding still."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.errors import NeutralError
from headpose_ros.head_pose import HeadPose
from headpose_ros.rotation import rpy_from_rotation

# Minimum number of poses, and minimum share of images with a face: with fewer, the head may have
# moved in between.
MIN_POSES = 5
MIN_SHARE = 0.5

# Radians, maximum RMS angle between the poses and their mean. Within a second: a person sitting
# still up to 0.5 degrees, the rendered head with the noise of a bad camera 0.3 (0.7 without
# smoothing), people talking 1.4 to 4 degrees, a head turning at 10 degrees/s 2.9.
MAX_SPREAD = math.radians(2.0)


@dataclass(frozen=True, eq=False)
class Neutral:
    """A neutral pose."""

    # (3,) roll, pitch, yaw in radians of the mean pose: ``FollowSettings.neutral_rpy``.
    rpy: np.ndarray
    rotation: np.ndarray  # (3, 3) the same as ``R_opt``
    poses: int  # number of poses averaged
    spread: float  # radians, RMS angle between the poses and the mean


class NeutralRecorder:
    """Averages the pose of the primary face over several images.

    Independent of a neutral pose already set: ``rotation`` is not relative to it.
    """

    def __init__(self) -> None:
        self._faces: list[HeadPose | None] = []

    def add(self, head: HeadPose | None) -> None:
        """Add the primary face of the next image, or ``None``."""
        self._faces.append(head)

    def result(self) -> Neutral:
        """Mean of the added poses.

        By the outer products of the quaternions, independent of their signs (Markley, Cheng,
        Crassidis, Oshman: "Averaging Quaternions", 2007).

        :raises NeutralError: no valid neutral pose, with the reason.
        """
        heads = [head for head in self._faces if head is not None]
        _check(heads, len(self._faces))
        from scipy.spatial.transform import Rotation  # late, see headpose_ros.rotation

        poses = Rotation.from_matrix(np.stack([head.rotation for head in heads]))
        mean = poses.mean()
        spread = float(np.sqrt(np.mean((mean.inv() * poses).magnitude() ** 2)))
        if spread > MAX_SPREAD:
            raise NeutralError(
                f'the head moved by {math.degrees(spread):.1f} degrees (RMS), maximum '
                f'{math.degrees(MAX_SPREAD):.1f}: look straight ahead, hold still, and try again'
            )
        rotation = mean.as_matrix()
        return Neutral(rpy_from_rotation(rotation), rotation, len(heads), spread)


def _check(heads: list[HeadPose], images: int) -> None:
    if not images:
        raise NeutralError('no images received; is the camera running?')
    if not heads:
        raise NeutralError(
            f'no face in {images} images; look into the camera and try again'
        )
    wanted = max(MIN_POSES, math.ceil(MIN_SHARE * images))
    if len(heads) < wanted:
        raise NeutralError(
            f'too few poses: a face in {len(heads)} of {images} images, minimum {wanted}: stay in '
            'view and try again'
        )
    first, *others = dict.fromkeys(head.track_id for head in heads)
    if others:
        raise NeutralError(
            f'the primary face changed from {first} to {others[0]}: let other people step aside '
            'and try again'
        )
