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

"""The people in a stream of images: who is who, who matters, and a steady pose for each."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.camera import Camera
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.primary import PrimarySelector, check_policy
from headpose_ros.rotation import rotation_from_rpy
from headpose_ros.smoothing import BETA, MIN_CUTOFF
from headpose_ros.tracking import FaceTracker

# Largest settings that make sense: beyond them smoothing does nothing.
MAX_MIN_CUTOFF = 100.0  # Hz
MAX_BETA = 1000.0  # Hz per rad/s


@dataclass(frozen=True)
class FollowSettings:
    """How people are followed.

    :ivar max_std: radians, 0 to pi: heads are dropped of whose roll, pitch or yaw the standard
        deviation is larger.
    :ivar smoothing_min_cutoff: of the One Euro filter at rest, Hz, 0 to 100; lower is calmer, 0
        turns smoothing off.
    :ivar smoothing_beta: of the One Euro filter, Hz per rad/s, 0 to 1000; higher lags less.
    :ivar primary: which face is the primary one, see ``PrimarySelector``.
    :ivar neutral_rpy: (3,) roll, pitch, yaw in radians, within +-pi, of a head that looks straight
        ahead: ``HeadPose.rpy`` is zero there.
    :raises ValueError: a setting has no meaning.
    """

    max_std: float = math.radians(60.0)
    smoothing_min_cutoff: float = MIN_CUTOFF
    smoothing_beta: float = BETA
    primary: str = 'largest'
    neutral_rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        _check('max_std', self.max_std, 0.0, math.pi, 'radians')
        _check('smoothing_min_cutoff', self.smoothing_min_cutoff, 0.0, MAX_MIN_CUTOFF, 'Hz')
        _check('smoothing_beta', self.smoothing_beta, 0.0, MAX_BETA, 'Hz per rad/s')
        check_policy(self.primary)
        if np.shape(self.neutral_rpy) != (3,):
            raise ValueError(
                f'neutral_rpy is {self.neutral_rpy!r}; want three angles, roll, pitch and yaw'
            )
        for name, angle in zip(('roll', 'pitch', 'yaw'), self.neutral_rpy, strict=True):
            _check(f'{name} of neutral_rpy', angle, -math.pi, math.pi, 'radians')
        # Of an array too, so that settings can be compared.
        object.__setattr__(self, 'neutral_rpy', tuple(map(float, self.neutral_rpy)))

    @property
    def neutral(self) -> np.ndarray | None:
        """(3, 3) rotation of ``neutral_rpy``; ``None`` when that is zero."""
        return rotation_from_rpy(np.array(self.neutral_rpy)) if any(self.neutral_rpy) else None


@dataclass(frozen=True, eq=False)
class People:
    """The people of one image.

    :ivar heads: of those who are seen in it and followed, the largest first, with ``track_id``.
    :ivar primary: the one of them that matters, see ``PrimarySelector``; ``None`` while that one
        is not seen.
    :ivar living: numbers of all who are followed, seen in it or not.
    """

    heads: list[HeadPose]
    primary: HeadPose | None
    living: frozenset[int]

    @property
    def primary_id(self) -> int | None:
        """Number of the primary one."""
        return self.primary.track_id if self.primary is not None else None


class HeadFollower:
    """Follows the people in the images of one camera.

    To be used from the thread of its estimator.

    >>> with HeadPoseEstimator(mode='video', max_faces=4) as estimator:
    ...     follower = HeadFollower(estimator)
    ...     people = follower.update(bgr, stamp)

    :param estimator: in video mode; not closed with this one.
    :param settings: may be changed at any time.
    """

    def __init__(self, estimator: HeadPoseEstimator, settings: FollowSettings | None = None):
        self._estimator = estimator
        self._tracker = FaceTracker()
        self._selector = PrimarySelector()
        self._view: tuple[str, int, int] | None = None
        self.settings = settings or FollowSettings()

    @property
    def settings(self) -> FollowSettings:
        """Replaced as a whole; people stay who they are."""
        return self._settings

    @settings.setter
    def settings(self, settings: FollowSettings) -> None:
        self._settings = settings
        self._neutral = settings.neutral
        self._tracker.set_smoothing(settings.smoothing_min_cutoff, settings.smoothing_beta)
        self._selector.policy = settings.primary

    def update(
        self, bgr: np.ndarray, stamp: float, camera: Camera | None = None, frame_id: str = ''
    ) -> People:
        """The people of the next image. Where its size or frame is another, everybody is new.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param stamp: seconds, of the image, see ``FaceTracker.update``.
        :param camera: that took it, if it is known, see ``HeadPoseEstimator.estimate``.
        :param frame_id: name of the camera's frame: another camera sees other people.
        :raises ValueError: not such an image, or not such a stamp.
        """
        heads = self._estimator.estimate(bgr, camera)
        heads = [head for head in heads if head.is_sure(self._settings.max_std)]
        height, width = bgr.shape[:2]
        if (frame_id, width, height) != self._view:
            # What is where in the image before says nothing now.
            self._tracker.reset()
            self._view = (frame_id, width, height)
        heads = self._tracker.update(heads, stamp, self._neutral)
        living = self._tracker.living
        return People(heads, self._selector.choose(heads, living, (width, height)), living)

    def reset(self) -> None:
        """Forget everybody; numbers go on."""
        self._tracker.reset()


def _check(name: str, value: float, low: float, high: float, unit: str) -> None:
    try:
        fits = low <= value <= high
    except TypeError:
        fits = False
    if not fits:
        raise ValueError(f'{name} is {value!r}; want a number from {low:g} to {high:g} {unit}')
