# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tracks faces from image to image, and smooths their poses."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import Box, distinct
from headpose_ros.people.one_euro import BETA, MIN_CUTOFF, RotationSmoother
from headpose_ros.people.track_ids import TrackIds

# Radians and frames: a face becomes a person after this many consecutive frames with the stds of
# roll, pitch and yaw below this limit. Larger stds, more frequent among false positives, need more
# frames; faces above the last limit never become a person.
BIRTH_STD = np.radians([8.0, 14.0, 17.0])
BIRTH_FRAMES = (1, 3, 8)

# Pixels; limits for smaller faces, whose stds are larger, are relaxed by this factor, except the
# first.
SMALL_FACE, SMALL_FACTOR = 32.0, 1.35

# Minimum number of frames while others are tracked, or after a less certain frame: keeps
# flickering detections from getting a track ID.
BESIDE_FRAMES = 3

# Faces scoring less count half: profiles do, and galaxies.
SURE_SCORE = 0.5

# Seconds without a face after which a track is dropped: the next face there may be anyone.
MAX_GAP = 0.5

# The same in frames, while stamps do not advance: half a second at 60 Hz, one second at 30 Hz.
MAX_MISSES = 30

# Overlap (intersection over union) from which two faces are one detected twice: when two people
# cross, both detector tracks slip onto the one in front. A person behind who is occluded this much
# cannot be detected.
SAME_FACE = 0.5

# A face does not match a person when the mean of (1 - overlap) and of the centre distance in face
# sizes reaches this: disjoint boxes, one size apart.
MAX_COST = 1.0

# Nor when its size differs by more than this factor: within MAX_GAP no one moves from 1.2 m to
# 0.6 m, but a person behind may appear in the same place.
MAX_GROWTH = 2.0

# Seconds, time constant of the low-pass on the image motion of a face: landmarks jitter by half a
# pixel, which would be 20 pixels/s between frames.
MOTION_TIME = 0.1

# Seconds for which the motion of an occluded person is extrapolated; afterwards the person is
# assumed to have stopped.
MOTION_HORIZON = 0.25


@dataclass(eq=False)
class _Person:
    box: Box  # of the face seen last
    seen: float  # seconds
    smoother: RotationSmoother
    track_id: str | None = None
    is_new: bool = True  # first sighting
    evidence: float = 0.0  # from 1 on it is a person
    misses: int = 0  # consecutive frames while stamps do not advance
    motion: tuple[float, float] = (0.0, 0.0)  # right and down, pixels per second

    def expected(self, stamp: float) -> Box:
        """Predicted box of the face at a stamp."""
        seconds = min(stamp - self.seen, MOTION_HORIZON)
        return self.box.moved(*(seconds * speed for speed in self.motion))

    def see(self, rotation: np.ndarray, box: Box, stamp: float) -> np.ndarray:
        """Update with a sighting; returns the smoothed rotation."""
        seconds = stamp - self.seen
        if seconds > 0.0:
            gain = seconds / (seconds + MOTION_TIME)
            (x, y), (old_x, old_y), (right, down) = box.center, self.box.center, self.motion
            self.motion = (
                right + gain * ((x - old_x) / seconds - right),
                down + gain * ((y - old_y) / seconds - down),
            )
        self.box, self.seen = box, stamp
        self.misses = 0
        return self.smoother.update(rotation, seconds)


class FaceTracker:
    """Assigns track IDs to people in an image stream and smooths the rotation of each head.

    Faces are matched to the predicted boxes of known people by overlap and distance, with the best
    overall assignment. A new face gets a track ID in its third consecutive frame, later if its
    pose is uncertain, at once if it is very certain and no one is tracked.

    :param min_cutoff: of ``RotationSmoother``, Hz; 0 disables smoothing.
    :param beta: of ``RotationSmoother``, Hz per rad/s.
    :param ids: track ID generator; by default its own.
    """

    def __init__(
        self, min_cutoff: float = MIN_CUTOFF, beta: float = BETA, ids: TrackIds | None = None
    ):
        self._smoothing = (min_cutoff, beta)
        self._people: list[_Person] = []
        self._ids = ids or TrackIds()
        self._stamp: float | None = None

    @property
    def tracked_ids(self) -> frozenset[str]:
        """Track IDs of everyone tracked, visible in the last image or not."""
        return frozenset(p.track_id for p in self._people if p.track_id is not None)

    def set_smoothing(self, min_cutoff: float, beta: float) -> None:
        """Change the settings of ``RotationSmoother``, for existing tracks too."""
        self._smoothing = (min_cutoff, beta)
        for person in self._people:
            person.smoother.min_cutoff, person.smoother.beta = self._smoothing

    def reset(self) -> None:
        """Drop all tracks; track IDs are not reused."""
        self._people.clear()
        self._stamp = None

    def update(
        self, heads: list[HeadPose], stamp: float, neutral: np.ndarray | None = None
    ) -> list[HeadPose]:
        """Track the heads of the next image.

        :param heads: of one image.
        :param stamp: image stamp, seconds. Tracking restarts if it goes back; smoothing is
            disabled while it does not advance.
        :param neutral: (3, 3) ``HeadPose.neutral`` for all.
        :return: in the same order, heads with ``track_id`` set and ``rotation`` smoothed; without
            faces not confirmed yet and duplicates.
        :raises ValueError: the stamp is not a finite number.
        """
        if not math.isfinite(stamp):
            raise ValueError(f'stamp is {stamp!r}; expected a finite number of seconds')
        if self._stamp is not None and stamp < self._stamp:
            self.reset()
        stands_still, self._stamp = stamp == self._stamp, stamp
        self._people = [p for p in self._people if stamp - p.seen <= MAX_GAP]
        at_once = not self.tracked_ids
        heads = _distinct(heads)
        boxes = [head.box for head in heads]
        matches = self._match(boxes, stamp)
        for person in set(self._people).difference(matches.values()):
            person.misses = person.misses + 1 if stands_still else 0
            if person.track_id is None or person.misses >= MAX_MISSES:
                self._people.remove(person)
        followed = []
        for i, head in enumerate(heads):
            if i not in matches:
                matches[i] = _Person(head.box, stamp, RotationSmoother(*self._smoothing))
                self._people.append(matches[i])
            person = matches[i]
            rotation = person.see(head.rotation, head.box, stamp)
            evidence = _evidence(head, at_once and person.is_new)
            person.is_new = False
            person.evidence = person.evidence + evidence if evidence else 0.0
            born = person.evidence >= 1.0 - 1e-9  # thirds and sixths do not add up to 1 exactly
            if person.track_id is None and born:
                person.track_id = next(self._ids)
            if person.track_id is not None:
                followed.append(head.known_as(person.track_id, rotation, neutral))
        return followed

    def _match(self, boxes: list[Box], stamp: float) -> dict[int, _Person]:
        """Known person of each matched face, by face index."""
        if not boxes or not self._people:
            return {}
        expected = [person.expected(stamp) for person in self._people]
        if len(boxes) == len(expected) == 1:
            return {0: self._people[0]} if _cost(boxes[0], expected[0]) < MAX_COST else {}
        cost = np.array([[_cost(face, other) for other in expected] for face in boxes])
        from scipy.optimize import linear_sum_assignment  # 12 MB, only for two or more people

        # All mismatches cost the same, so that they do not displace valid matches.
        rows, columns = linear_sum_assignment(np.minimum(cost, MAX_COST))
        return {
            int(row): self._people[column]
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < MAX_COST
        }


def _evidence(head: HeadPose, at_once: bool) -> float:
    """Evidence of one frame for a head being a person, 0 to 1; 0 is evidence against it."""
    is_small = head.box.longer_side < SMALL_FACE
    for i, (std, frames) in enumerate(zip(BIRTH_STD, BIRTH_FRAMES, strict=True)):
        if head.is_sure(std * SMALL_FACTOR if is_small and i else std):
            evidence = 1.0 / (frames if at_once else max(frames, BESIDE_FRAMES))
            return evidence if head.score >= SURE_SCORE else 0.5 * evidence
    return 0.0


def _distinct(heads: list[HeadPose]) -> list[HeadPose]:
    """Heads in order, without duplicates; the one with the smaller std is kept."""
    surest_first = sorted(heads, key=lambda head: head.std.max())
    kept = {surest_first[i] for i in distinct((head.box for head in surest_first), SAME_FACE)}
    return [head for head in heads if head in kept]


def _cost(a: Box, b: Box) -> float:
    smaller, larger = sorted((box.width + box.height) / 2.0 for box in (a, b))
    if larger > MAX_GROWTH * smaller:
        return MAX_COST
    shift = math.dist(a.center, b.center) / ((smaller + larger) / 2.0)
    return (1.0 - a.overlap(b) + shift) / 2.0
