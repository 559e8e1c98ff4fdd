# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Selects the primary person, with hysteresis."""

import math
from collections.abc import Callable, Collection

from headpose_ros.head_pose import HeadPose

# Lead needed to take over, by policy. Face sizes vary by a few per cent from frame to frame, and
# by up to a fifth when a head turns away.
SIZE_LEAD = 1.2  # factor on the size, the square root of the area of the face's box
CENTER_LEAD = 0.1  # of the image's width, by which the face is nearer to its centre


class PrimarySelector:
    """Selects the primary face of each image and stays with that person.

    - ``'largest'``: the largest face; another takes over when it is 20 % larger.
    - ``'nearest_center'``: the face closest to the image centre; another takes over when it is
      closer by 10 % of the image width.
    - ``'longest_tracked'``: the person tracked for longest.

    Ties go to the person tracked for longer: seen in an earlier image, or listed first in the
    same.

    :param policy: one of ``POLICIES``; may be changed at any time.
    :raises ValueError: the policy is unknown.
    """

    def __init__(self, policy: str = 'largest'):
        self.policy = policy
        self._track_id: str | None = None
        self._since: list[str] = []  # track IDs, longest tracked first

    @property
    def policy(self) -> str:
        """One of ``POLICIES``."""
        return self._policy

    @policy.setter
    def policy(self, policy: str) -> None:
        check_policy(policy)
        self._policy = policy

    def choose(
        self, heads: list[HeadPose], tracked_ids: Collection[str], size: tuple[int, int]
    ) -> HeadPose | None:
        """The primary head of an image.

        ``None`` without heads, and while the primary person is tracked but not visible: a short
        handover would make the pose jump there and back.

        :param heads: of one image, with ``track_id``.
        :param tracked_ids: of everyone tracked, visible or not.
        :param size: image width and height, pixels.
        """
        if self._track_id not in tracked_ids:
            self._track_id = None
        by_id = {head.track_id: head for head in heads if head.track_id is not None}
        self._since = [i for i in self._since if i in tracked_ids]
        self._since += [i for i in by_id if i not in self._since]
        if not by_id or (self._track_id is not None and self._track_id not in by_id):
            return None
        score, leads = POLICIES[self._policy]
        # Ties go to the first.
        oldest_first = (i for i in self._since if i in by_id)
        scores = {i: score(self._since.index(i), by_id[i], size) for i in oldest_first}
        best = max(scores, key=lambda i: scores[i])
        if self._track_id is None or leads(scores[best], scores[self._track_id], size):
            self._track_id = best
        return by_id[self._track_id]


def check_policy(policy: str) -> None:
    """Raise ``ValueError`` unless it is one of ``POLICIES``."""
    if not isinstance(policy, str) or policy not in POLICIES:
        raise ValueError(f'unknown primary face policy {policy!r}; known: {KNOWN}')


# Score of a head, from the number of people tracked for longer and the image size; and whether a
# new score is enough better than the old one to take over.
_Score = Callable[[int, HeadPose, tuple[int, int]], float]
_Leads = Callable[[float, float, tuple[int, int]], bool]
POLICIES: dict[str, tuple[_Score, _Leads]] = {
    'largest': (
        lambda _, head, __: math.sqrt(head.box.area),
        lambda new, old, _: new > SIZE_LEAD * old,
    ),
    'nearest_center': (
        lambda _, head, size: -math.dist(head.box.center, (size[0] / 2, size[1] / 2)),
        lambda new, old, size: new > old + CENTER_LEAD * size[0],
    ),
    'longest_tracked': (
        lambda older, _, __: -float(older),
        lambda new, old, _: new > old,
    ),
}
KNOWN = ', '.join(POLICIES)
