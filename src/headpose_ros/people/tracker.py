# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Who is who from image to image, and a steady pose for each."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import Box, distinct
from headpose_ros.people.one_euro import BETA, MIN_CUTOFF, RotationSmoother
from headpose_ros.people.track_ids import TrackIds

# Radians and frames: a face counts as a person when it was seen in so many frames in a row, surer
# than that of roll, pitch and yaw; less sure ones, which things that look like a face are more
# often, in more frames. Nobody is who is less sure than the last.
BIRTH_STD = np.radians([8.0, 14.0, 17.0])
BIRTH_FRAMES = (1, 3, 8)

# Of faces of fewer pixels nobody can be so sure: they may be less sure by this factor, but for the
# first.
SMALL_FACE, SMALL_FACTOR = 32.0, 1.35

# It is not fewer than this beside somebody, and where something was less sure before: so what
# flickers gets no track ID.
BESIDE_FRAMES = 3

# A face that scores less counts half: profiles do, and galaxies.
SURE_SCORE = 0.5

# Seconds without a face after which a person is gone: it can be anybody who comes after that.
MAX_GAP = 0.5

# The same in frames, where the stamps stand still: half a second at 60 Hz, one at 30 Hz.
MAX_MISSES = 30

# Overlap of two faces from which they are one that was found twice: a detector that follows two
# people who pass one another slips onto the one in front with both. Of two people's faces, the
# one behind cannot be seen when it is covered so far.
SAME_FACE = 0.5

# A face is no sighting of a person when the mean of (1 - overlap) and of the distance of the
# centres, in face sizes, reaches this: boxes that do not touch, a whole size apart.
MAX_COST = 1.0

# Nor when it is larger or smaller by more than this factor: in MAX_GAP nobody comes from 1.2 m to
# 0.6 m, but somebody behind may show up where one was.
MAX_GROWTH = 2.0

# Seconds of the low-pass on the motion of a face in the image: landmarks jitter by half a pixel,
# which would be 20 pixels/s from one frame to the next.
MOTION_TIME = 0.1

# Seconds for which somebody unseen is expected to walk on; after that to have stopped behind
# whoever is in front, or nearly so.
MOTION_HORIZON = 0.25


@dataclass(eq=False)
class _Person:
    box: Box  # of the face seen last
    seen: float  # seconds
    smoother: RotationSmoother
    track_id: str | None = None
    is_new: bool = True  # not seen in an image before
    evidence: float = 0.0  # of its being one: from 1 it is
    misses: int = 0  # frames in a row while the stamps stood still
    motion: tuple[float, float] = (0.0, 0.0)  # to the right and down, pixels per second

    def expected(self, stamp: float) -> Box:
        """Box of the face at a stamp."""
        seconds = min(stamp - self.seen, MOTION_HORIZON)
        return self.box.moved(*(seconds * speed for speed in self.motion))

    def see(self, rotation: np.ndarray, box: Box, stamp: float) -> np.ndarray:
        """Take note of a sighting; the smoothed rotation."""
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
    """Gives people in a stream of images their track IDs, and smooths the rotation of each head.

    A face is somebody who was seen before when it is where that one is expected, by overlap and
    distance, in the assignment that fits best for all together. A new face becomes a person, with
    a track ID, in its third frame in a row, later if its pose is not sure, and at once if it is
    very sure while nobody is followed.

    :param min_cutoff: of ``RotationSmoother``, Hz; 0 turns smoothing off.
    :param beta: of ``RotationSmoother``, Hz per rad/s.
    :param ids: where track IDs come from; of its own without.
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
        """Track IDs of the people who are followed, seen in the last image or not."""
        return frozenset(p.track_id for p in self._people if p.track_id is not None)

    def set_smoothing(self, min_cutoff: float, beta: float) -> None:
        """Other settings of ``RotationSmoother`` from now on, for those already followed too."""
        self._smoothing = (min_cutoff, beta)
        for person in self._people:
            person.smoother.min_cutoff, person.smoother.beta = self._smoothing

    def reset(self) -> None:
        """Forget everybody; no track ID comes back."""
        self._people.clear()
        self._stamp = None

    def update(
        self, heads: list[HeadPose], stamp: float, neutral: np.ndarray | None = None
    ) -> list[HeadPose]:
        """The people among the heads of one image, in their order.

        :param heads: of one image.
        :param stamp: seconds, of the image. When it goes back, everybody is forgotten; while it
            stands still, people are followed and nothing is smoothed.
        :param neutral: (3, 3) of ``HeadPose.neutral``, for all.
        :return: heads with ``track_id`` set and ``rotation`` smoothed; faces that are not yet
            people, and those that were found twice, are left out.
        :raises ValueError: the stamp is not a finite number.
        """
        if not math.isfinite(stamp):
            raise ValueError(f'stamp is {stamp!r}; want a finite number of seconds')
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
        """Who each face is, by its index; without those who were not seen before."""
        if not boxes or not self._people:
            return {}
        expected = [person.expected(stamp) for person in self._people]
        if len(boxes) == len(expected) == 1:
            return {0: self._people[0]} if _cost(boxes[0], expected[0]) < MAX_COST else {}
        cost = np.array([[_cost(face, other) for other in expected] for face in boxes])
        from scipy.optimize import linear_sum_assignment  # 12 MB, for two people and more

        # What does not match costs the same for all, so that nobody is moved to make room for it.
        rows, columns = linear_sum_assignment(np.minimum(cost, MAX_COST))
        return {
            int(row): self._people[column]
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < MAX_COST
        }


def _evidence(head: HeadPose, at_once: bool) -> float:
    """What a frame says for a head's being a person, 0 to 1; 0 speaks against it."""
    is_small = head.box.longer_side < SMALL_FACE
    for i, (std, frames) in enumerate(zip(BIRTH_STD, BIRTH_FRAMES, strict=True)):
        if head.is_sure(std * SMALL_FACTOR if is_small and i else std):
            evidence = 1.0 / (frames if at_once else max(frames, BESIDE_FRAMES))
            return evidence if head.score >= SURE_SCORE else 0.5 * evidence
    return 0.0


def _distinct(heads: list[HeadPose]) -> list[HeadPose]:
    """Heads in their order, without the less sure ones of those that were found twice."""
    surest_first = sorted(heads, key=lambda head: head.std.max())
    kept = {surest_first[i] for i in distinct((head.box for head in surest_first), SAME_FACE)}
    return [head for head in heads if head in kept]


def _cost(a: Box, b: Box) -> float:
    smaller, larger = sorted((box.width + box.height) / 2.0 for box in (a, b))
    if larger > MAX_GROWTH * smaller:
        return MAX_COST
    shift = math.dist(a.center, b.center) / ((smaller + larger) / 2.0)
    return (1.0 - a.overlap(b) + shift) / 2.0
