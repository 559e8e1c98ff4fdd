# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The people in a stream of images: who is who, who matters, and a steady pose for each."""

import math
from dataclasses import dataclass, replace

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.people.head_widths import DepthAt, HeadWidths
from headpose_ros.people.one_euro import BETA, MIN_CUTOFF
from headpose_ros.people.primary import PrimarySelector, check_policy
from headpose_ros.people.track_ids import TrackIds
from headpose_ros.people.tracker import FaceTracker
from headpose_ros.rotation import rotation_from_rpy
from headpose_ros.six_dof import HEAD_WIDTH, CameraPoses, check_head_width

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
    :ivar primary: which face is the primary one: ``'largest'``, ``'nearest_center'`` or
        ``'longest_tracked'``.
    :ivar neutral_rpy: (3,) roll, pitch, yaw in radians, within +-pi, of a head that looks straight
        ahead: ``HeadPose.rpy`` is zero there.
    :ivar head_width: metres from cheekbone to cheekbone, from which the distance follows.
    :raises ValueError: a setting has no meaning.
    """

    max_std: float = math.radians(60.0)
    smoothing_min_cutoff: float = MIN_CUTOFF
    smoothing_beta: float = BETA
    primary: str = 'largest'
    neutral_rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head_width: float = HEAD_WIDTH

    def __post_init__(self) -> None:
        _check('max_std', self.max_std, 0.0, math.pi, 'radians')
        _check('smoothing_min_cutoff', self.smoothing_min_cutoff, 0.0, MAX_MIN_CUTOFF, 'Hz')
        _check('smoothing_beta', self.smoothing_beta, 0.0, MAX_BETA, 'Hz per rad/s')
        check_policy(self.primary)
        check_head_width(self.head_width)
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
    :ivar primary: the one of them that ``FollowSettings.primary`` chooses; ``None`` while that one
        is not seen.
    :ivar tracked_ids: of all who are followed, seen in it or not.
    :ivar poses: where the heads are, in the axes of the camera.
    """

    heads: list[HeadPose]
    primary: HeadPose | None
    tracked_ids: frozenset[str]
    poses: CameraPoses

    @property
    def primary_id(self) -> str | None:
        """Track ID of the primary one."""
        return self.primary.track_id if self.primary is not None else None


class HeadFollower:
    """Follows the people in the images of one camera.

    To be used from the thread of its estimator.

    >>> with HeadPoseEstimator(mode='video') as estimator:
    ...     follower = HeadFollower(estimator)
    ...     for stamp in (0.0, 0.1, 0.2):
    ...         people = follower.update(bgr, stamp)
    >>> [head.track_id for head in people.heads], people.primary_id
    (['f1'], 'f1')

    :param estimator: in video mode; not closed with this one.
    :param settings: may be changed at any time.
    :param ids: where track IDs come from, to count on from those of another follower or to put
        a prefix before them; ``f1``, ``f2`` and so on without.
    """

    def __init__(
        self, estimator: HeadPoseEstimator, settings: FollowSettings | None = None,
        ids: TrackIds | None = None,
    ):
        self._estimator = estimator
        self._tracker = FaceTracker(ids=ids)
        self._selector = PrimarySelector()
        self._widths = HeadWidths()
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
        self, bgr: np.ndarray, stamp: float, camera: Camera | None = None, frame_id: str = '',
        depth_at: DepthAt | None = None,
    ) -> People:
        """The people of the next image. Where its size or frame is another, everybody is new.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param stamp: seconds, of the image. When it goes back, everybody is forgotten; while it
            stands still, nothing is smoothed.
        :param camera: that took it, if it is known, see ``HeadPoseEstimator.estimate``.
        :param frame_id: name of the camera's frame: another camera sees other people.
        :param depth_at: gives the depth image of a stamp, registered to the image; it is asked for
            once the faces are found, and again for a while where there was none.
        :raises ValueError: not such an image, or not such a stamp.
        """
        heads = self._estimator.estimate(bgr, camera, stamp)
        heads = [head for head in heads if head.is_sure(self._settings.max_std)]
        height, width = bgr.shape[:2]
        if (frame_id, width, height) != self._view:
            # What is where in the image before says nothing now.
            self.reset()
            self._view = (frame_id, width, height)
        heads = self._tracker.update(heads, stamp, self._neutral)
        tracked_ids = self._tracker.tracked_ids
        primary = self._selector.choose(heads, tracked_ids, (width, height))
        head_width = self._settings.head_width
        widths = self._widths.update(
            heads, tracked_ids, stamp, (width, height), head_width, depth_at
        )
        poses = CameraPoses((width, height), head_width, widths)
        return People(heads, primary, tracked_ids, poses)

    def reset(self) -> None:
        """Forget everybody; no track ID comes back."""
        self._tracker.reset()
        self._widths.reset()


class SeparateImages:
    """The people of each image, with track IDs anew in each; the largest is the primary one.

    Takes the place of a ``HeadFollower``.

    :param estimator: in image mode; not closed with this one.
    :param settings: of which ``max_std`` and ``head_width`` count.
    """

    def __init__(self, estimator: HeadPoseEstimator, settings: FollowSettings):
        self._estimator = estimator
        self._max_std, self._head_width = settings.max_std, settings.head_width

    def update(
        self, bgr: np.ndarray, stamp: float, camera: Camera | None, frame_id: str,
        depth_at: DepthAt | None = None,
    ) -> People:
        """The people of an image; whoever was in another one does not matter."""
        found = self._estimator.estimate(bgr, camera)
        sure = [head for head in found if head.is_sure(self._max_std)]
        tracked_ids = [i for i, _ in zip(TrackIds(), sure, strict=False)]
        heads = [replace(head, track_id=i) for i, head in zip(tracked_ids, sure, strict=True)]
        primary = heads[0] if heads else None
        height, width = bgr.shape[:2]
        poses = CameraPoses((width, height), self._head_width)
        return People(heads, primary, frozenset(tracked_ids), poses)


def _check(name: str, value: float, low: float, high: float, unit: str) -> None:
    try:
        fits = low <= value <= high
    except TypeError:
        fits = False
    if not fits:
        raise ValueError(f'{name} is {value!r}; want a number from {low:g} to {high:g} {unit}')
