# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What counts as 'straight ahead' for one person: the mean pose of a moment of holding still."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.errors import NeutralError
from headpose_ros.head_pose import HeadPose
from headpose_ros.rotation import rpy_from_rotation

# Poses that a mean is taken of at the least, and the share of the images they must be from: of
# fewer it is not known whether the head was still in between.
MIN_POSES = 5
MIN_SHARE = 0.5

# Radians, largest RMS angle between the poses and their mean. A person who sits still shows up to
# half a degree in a second, the rendered head in the noise of a bad camera 0.3 and without
# smoothing 0.7; people who talk show 1.4 to 4 degrees, a head that turns at 10 degrees/s 2.9.
MAX_SPREAD = math.radians(2.0)


@dataclass(frozen=True, eq=False)
class Neutral:
    """A neutral pose."""

    # (3,) roll, pitch, yaw in radians of the mean pose: ``FollowSettings.neutral_rpy``.
    rpy: np.ndarray
    rotation: np.ndarray  # (3, 3) the same as ``R_opt``
    poses: int  # how many it is the mean of
    spread: float  # radians, RMS of the angles between these and the mean: how still the head was


class NeutralRecorder:
    """Collects the primary face of each image of a moment, and takes the mean.

    A neutral pose that is set already does not matter: the rotations are those without it.
    """

    def __init__(self) -> None:
        self._faces: list[HeadPose | None] = []

    def add(self, head: HeadPose | None) -> None:
        """The primary face of the next image; ``None`` when it has none."""
        self._faces.append(head)

    def result(self) -> Neutral:
        """The mean of what was added.

        The mean is that of the quaternions' outer products (Markley, Cheng, Crassidis, Oshman:
        "Averaging Quaternions", 2007), for which the signs of quaternions do not matter.

        :raises NeutralError: there is none to be taken, with the reason.
        """
        heads = [head for head in self._faces if head is not None]
        _check(heads, len(self._faces))
        from scipy.spatial.transform import Rotation  # late, see headpose_ros.rotation

        poses = Rotation.from_matrix(np.stack([head.rotation for head in heads]))
        mean = poses.mean()
        spread = float(np.sqrt(np.mean((mean.inv() * poses).magnitude() ** 2)))
        if spread > MAX_SPREAD:
            raise NeutralError(
                f'the face moved by {math.degrees(spread):.1f} degrees (RMS); at most '
                f'{math.degrees(MAX_SPREAD):.1f} are wanted: look straight ahead, hold still, '
                'and try again'
            )
        rotation = mean.as_matrix()
        return Neutral(rpy_from_rotation(rotation), rotation, len(heads), spread)


def _check(heads: list[HeadPose], images: int) -> None:
    if not images:
        raise NeutralError('there were no images; is the camera running?')
    if not heads:
        raise NeutralError(
            f'no face in any of {images} images; look into the camera and try again'
        )
    wanted = max(MIN_POSES, math.ceil(MIN_SHARE * images))
    if len(heads) < wanted:
        raise NeutralError(
            f'too few poses: a face in {len(heads)} of {images} images; at least {wanted} are '
            'wanted: stay in the picture, and try again'
        )
    first, *others = dict.fromkeys(head.track_id for head in heads)
    if others:
        raise NeutralError(
            f'the primary face changed from {first} to {others[0]}; one person must stay it: '
            'let the others step aside, and try again'
        )
