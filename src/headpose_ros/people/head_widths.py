# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Head widths of tracked people, learned from a depth camera.

With depth the distance is measured, and the head width follows from it. The learned width replaces
the assumed one when depth is missing.
"""

import math
from collections import deque
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass

import numpy as np

from headpose_ros.camera.depth import MAX_DIFFERENCE, find_surface
from headpose_ros.head_pose import HeadPose
from headpose_ros.six_dof import WIDTH_SPREAD, KnownWidth, metres_per_width, sight_of, size_error

# Depth image by stamp in seconds, see ``headpose_ros.camera.depth``; ``None`` if there is none, or
# none yet.
DepthAt = Callable[[float], np.ndarray | None]

# Seconds of depth over which a width is averaged, weighted by the certainty of the pose.
MEMORY = 10.0
MAX_STEP = 0.2  # seconds, maximum weight of an image

# Relative standard deviation of a learned width, without that of the landmark size.
LEARNED_SPREAD = 0.02

# Standard deviations by which a surface may disagree with the learned width; and seconds after
# which the width is considered wrong, rather than the face occluded (surface nearer) or without
# depth before a background (surface farther).
ELSEWHERE = 2.0
COVERED_TIME, BACKGROUND_TIME = 2.0, 0.5

# Seconds, time constant of the transition between distance from width and from depth.
BLEND_TIME = 0.3

# Images waiting for late depth.
WAITING = 8


@dataclass(eq=False)
class _Person:
    log_width: float = 0.0  # mean of the measurements
    weight: float = 0.0  # of that mean; 0 for none
    learned: float = -math.inf  # seconds, stamp of the last measurement
    elsewhere_since: float | None = None  # seconds
    seen: float = -math.inf  # seconds, stamp of the last reported width
    last: float = 0.0  # logarithm of the last reported width
    was_measured: bool = False
    offset: float = 0.0  # reported minus known log width

    @property
    def spread(self) -> float:
        """Relative standard deviation of the width."""
        return LEARNED_SPREAD if self.weight else WIDTH_SPREAD

    def known(self, head_width: float) -> float:
        """Logarithm of the learned width; of the given one, metres, if none is learned."""
        return self.log_width if self.weight else math.log(head_width)

    def learn(self, log_width: float, error: float, stamp: float) -> bool:
        """Update with a measured width; returns whether it is accepted as that of the face."""
        nearer, spread = self.log_width - log_width, math.hypot(LEARNED_SPREAD, error)
        if self.weight and abs(nearer) > ELSEWHERE * spread:
            if self.elsewhere_since is None:
                self.elsewhere_since = stamp
            patience = COVERED_TIME if nearer > 0.0 else BACKGROUND_TIME
            if stamp - self.elsewhere_since < patience:
                return False
            self.weight = 0.0
        self.elsewhere_since = None
        step = min(max(stamp - self.learned, 0.0), MAX_STEP)
        weight = spread**-2
        self.weight = self.weight * math.exp(-step / MEMORY) + weight
        self.log_width += weight / self.weight * (log_width - self.log_width)
        self.learned = max(self.learned, stamp)
        return True

    def blend(self, log_width: float, error: float, is_measured: bool, stamp: float) -> KnownWidth:
        """The width to report, without steps when depth appears or disappears."""
        seconds = stamp - self.seen
        if is_measured != self.was_measured and seconds < MAX_STEP:
            self.offset = self.last - log_width
        # No blending while stamps do not advance.
        self.offset *= math.exp(-seconds / BLEND_TIME) if seconds > 0.0 else 0.0
        self.seen, self.was_measured, self.last = stamp, is_measured, log_width + self.offset
        return KnownWidth(math.exp(self.last), math.hypot(error, self.offset), is_measured)


def _nothing(stamp: float) -> None:
    return None


class HeadWidths:
    """Head widths of tracked people."""

    def __init__(self) -> None:
        self._people: dict[Hashable, _Person] = {}
        self._waiting: deque[tuple[float, list[HeadPose], tuple[int, int]]] = deque(maxlen=WAITING)

    def reset(self) -> None:
        """Forget all widths."""
        self._people.clear()
        self._waiting.clear()

    def update(
        self, heads: list[HeadPose], tracked_ids: Collection[Hashable], stamp: float,
        image_size: tuple[int, int], head_width: float,
        depth_at: DepthAt | None,
    ) -> dict[Hashable, KnownWidth]:
        """Widths by track ID, of the heads with a ``sight`` in the next image.

        Depth arriving after its image was processed still updates the widths.

        :param tracked_ids: of everyone tracked; others are forgotten.
        :param image_size: width and height, pixels.
        :param head_width: metres between the cheekbones, for people not measured yet.
        :param depth_at: ``None`` without a depth camera.
        """
        if depth_at is None:
            if not self._people:
                return {}
            depth_at = _nothing
        self._people = {i: each for i, each in self._people.items() if i in tracked_ids}
        heads = [head for head in heads if head.sight is not None]
        if not heads:
            self._waiting.clear()
            return {}
        for late in list(self._waiting):
            depth = depth_at(late[0])
            if depth is not None:
                self._waiting.remove(late)
                self._measure(depth, *late, head_width)
        depth = depth_at(stamp)
        if depth is None:
            self._waiting.append((stamp, heads, image_size))
            measured: dict[Hashable, tuple[float, float]] = {}
        else:
            measured = self._measure(depth, stamp, heads, image_size, head_width)
        widths: dict[Hashable, KnownWidth] = {}
        for head in heads:
            person = self._people.setdefault(head.track_id, _Person())
            default = person.known(head_width), math.hypot(person.spread, size_error(head))
            log_width, error = measured.get(head.track_id, default)
            is_measured = head.track_id in measured
            widths[head.track_id] = person.blend(log_width, error, is_measured, stamp)
        return widths

    def _measure(
        self, depth: np.ndarray, stamp: float, heads: list[HeadPose], image_size: tuple[int, int],
        head_width: float,
    ) -> dict[Hashable, tuple[float, float]]:
        """Logarithms of the widths of heads and their relative errors, by track ID."""
        measured: dict[Hashable, tuple[float, float]] = {}
        for head in heads:
            person = self._people.setdefault(head.track_id, _Person())
            width = math.exp(person.known(head_width))
            scale, error = metres_per_width(head), size_error(head)
            surface = find_surface(
                depth, head.landmarks, sight_of(head), image_size, scale * width,
                math.hypot(person.spread, error),
            )
            if surface is None:
                continue
            log_width = math.log(surface.scale / scale)
            if abs(log_width - math.log(head_width)) > MAX_DIFFERENCE:
                continue  # not a face
            if person.learn(log_width, error, stamp):
                measured[head.track_id] = log_width, surface.error
        return measured
