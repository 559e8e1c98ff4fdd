# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tracks the people in an image stream: track IDs, smoothed poses, the primary person."""

import itertools
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

# Upper limits of the settings: smoothing has no effect beyond them.
MAX_MIN_CUTOFF = 100.0  # Hz
MAX_BETA = 1000.0  # Hz per rad/s


@dataclass(frozen=True)
class FollowSettings:
    """Tracking settings.

    :ivar max_std: radians, 0 to pi: discard heads whose roll, pitch or yaw std exceeds this.
    :ivar smoothing_min_cutoff: cutoff of the One Euro filter at rest, Hz, 0 to 100; lower is
        smoother, 0 disables smoothing.
    :ivar smoothing_beta: speed coefficient of the One Euro filter, Hz per rad/s, 0 to 1000; higher
        means less lag.
    :ivar primary: how the primary face is selected: ``'largest'``, ``'nearest_center'`` or
        ``'longest_tracked'``.
    :ivar neutral_rpy: (3,) roll, pitch, yaw of the neutral pose, radians, within +-pi:
        ``HeadPose.rpy`` is relative to it.
    :ivar head_width: metres between the cheekbones, determines the distance.
    :raises ValueError: invalid setting.
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
                f'neutral_rpy is {self.neutral_rpy!r}; expected three angles: roll, pitch, yaw'
            )
        for name, angle in zip(('roll', 'pitch', 'yaw'), self.neutral_rpy, strict=True):
            _check(f'{name} of neutral_rpy', angle, -math.pi, math.pi, 'radians')
        # A tuple, even if given as an array, so that settings can be compared.
        object.__setattr__(self, 'neutral_rpy', tuple(map(float, self.neutral_rpy)))

    @property
    def neutral(self) -> np.ndarray | None:
        """(3, 3) rotation of ``neutral_rpy``; ``None`` if that is zero."""
        return rotation_from_rpy(np.array(self.neutral_rpy)) if any(self.neutral_rpy) else None


@dataclass(frozen=True, eq=False)
class People:
    """The people in one image.

    :ivar heads: tracked heads visible in it, largest first, with ``track_id``.
    :ivar primary: the primary one, as selected by ``FollowSettings.primary``; ``None`` while that
        person is not visible.
    :ivar tracked_ids: track IDs of everyone tracked, visible or not.
    :ivar poses: 6-DoF poses of the heads in the camera's optical frame.
    """

    heads: list[HeadPose]
    primary: HeadPose | None
    tracked_ids: frozenset[str]
    poses: CameraPoses

    @property
    def primary_id(self) -> str | None:
        """Track ID of the primary person."""
        return self.primary.track_id if self.primary is not None else None


class HeadFollower:
    """Tracks the people in the images of one camera.

    Use it from the thread of its estimator.

    >>> with HeadPoseEstimator(mode='video') as estimator:
    ...     follower = HeadFollower(estimator)
    ...     for stamp in (0.0, 0.1, 0.2):
    ...         people = follower.update(bgr, stamp)
    >>> [head.track_id for head in people.heads], people.primary_id
    (['f1'], 'f1')

    :param estimator: in video mode; remains owned by the caller.
    :param settings: may be changed at any time.
    :param ids: track ID generator, to add a prefix or to continue that of another follower;
        default ``f1``, ``f2`` and so on.
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
        """Assign a new object to change settings; tracks are kept."""
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
        """The people in the next image; tracking restarts if its size or frame changes.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param stamp: image stamp, seconds. Tracking restarts if it goes back; smoothing is
            disabled while it does not advance.
        :param camera: calibration, see ``HeadPoseEstimator.estimate``.
        :param frame_id: of the camera.
        :param depth_at: returns the registered depth image for a stamp; called once faces are
            found, and retried for a while if it returned none.
        :raises ValueError: invalid image or stamp.
        """
        heads = self._estimator.estimate(bgr, camera, stamp)
        heads = [head for head in heads if head.is_sure(self._settings.max_std)]
        height, width = bgr.shape[:2]
        if (frame_id, width, height) != self._view:
            # Positions in the previous image mean nothing now.
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
        """Drop all tracks; track IDs are not reused."""
        self._tracker.reset()
        self._widths.reset()


class SeparateImages:
    """People in unrelated images: new track IDs in each, the largest face is primary.

    Has the interface of ``HeadFollower``.

    :param estimator: in image mode; remains owned by the caller.
    :param settings: only ``max_std`` and ``head_width`` are used.
    """

    def __init__(self, estimator: HeadPoseEstimator, settings: FollowSettings):
        self._estimator = estimator
        self._max_std, self._head_width = settings.max_std, settings.head_width

    def update(
        self, bgr: np.ndarray, stamp: float, camera: Camera | None, frame_id: str,
        depth_at: DepthAt | None = None,
    ) -> People:
        """The people in an image, regardless of other images."""
        found = self._estimator.estimate(bgr, camera)
        sure = [head for head in found if head.is_sure(self._max_std)]
        ids = list(itertools.islice(TrackIds(), len(sure)))
        heads = [replace(head, track_id=i) for head, i in zip(sure, ids, strict=True)]
        primary = heads[0] if heads else None
        height, width = bgr.shape[:2]
        poses = CameraPoses((width, height), self._head_width)
        return People(heads, primary, frozenset(ids), poses)


def _check(name: str, value: float, low: float, high: float, unit: str) -> None:
    try:
        fits = low <= value <= high
    except TypeError:
        fits = False
    if not fits:
        raise ValueError(f'{name} is {value!r}; expected a number from {low:g} to {high:g} {unit}')
