# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Face tracking in a video, with periodic searches for new faces."""

from typing import NamedTuple

import numpy as np

from headpose_ros.detection.base import Face, LandmarkNetwork, Searcher
from headpose_ros.detection.checking import FaceChecker
from headpose_ros.detection.look_turns import LookTurns
from headpose_ros.detection.region import Region
from headpose_ros.detection.search import SAME_FACE, Look, each_once, looks, propose
from headpose_ros.landmarks import Box, has_shape

# Seconds between two frames: maximum counted, and assumed while stamps do not advance.
_MAX_GAP, _ONE_FRAME = 0.2, 1.0 / 30.0

# Proposals checked per frame; others are checked when proposed again.
_MAX_CHECKS = 2

# Seconds before a rejected proposal is checked again: initial and maximum. Doubled with each
# rejection, or every search would end at the same pattern on the wall.
_FIRST_REST, _LONGEST_REST = 0.3, 1.2


class _Rejected(NamedTuple):
    """A rejected proposal.

    :ivar box: in pixels.
    :ivar until: clock in seconds from which it may be checked again.
    :ivar rest: seconds, interval before that.
    """

    box: Box
    until: float
    rest: float


class FollowingDetector:
    """Tracks each face from its previous landmarks, and searches for others.

    :param searchers: face detectors, close-range first, long-range last.
    :param network: fits landmarks to tracked faces.
    :param max_faces: no searches while this many are tracked.
    :param search_rate: see ``LookTurns``.
    :param min_tracking_confidence: a tracked face scoring below is detected again.
    """

    def __init__(
        self,
        searchers: tuple[Searcher, ...],
        network: LandmarkNetwork,
        max_faces: int,
        search_rate: float,
        min_tracking_confidence: float,
    ):
        self._searchers = searchers
        self._network = network
        self._checker = FaceChecker(searchers[0].detector, network, in_video=True)
        self._max_faces = max_faces
        self._search_rate = search_rate
        self._min_tracking_confidence = min_tracking_confidence
        self._faces: list[Face] = []
        self._shape: tuple[int, ...] = ()
        self._seconds: float | None = None
        self._clock = 0.0  # elapsed seconds, also while stamps do not advance
        self._rejected: list[_Rejected] = []

    def detect(self, bgr: np.ndarray, seconds: float = 0.0) -> list[Face]:
        """Faces in the next frame, longest tracked first."""
        if bgr.shape[:2] != self._shape:
            self._shape = bgr.shape[:2]
            self._faces, self._rejected, self._seconds = [], [], None
            parts = looks(*bgr.shape[:2], self._searchers[-1].smallest_tile)
            self._turns = LookTurns(*parts, self._search_rate)
        passed = self._passed(seconds)
        faces = []
        for face in self._faces:
            region = Region.around_landmarks(face.landmarks)
            now = self._network.fit(bgr, region)
            if now is None or now.score < self._min_tracking_confidence:
                now = self._checker.find_again(bgr, region)
            if now is not None and has_shape(now.landmarks):
                faces.append(now)
            else:
                self._turns.lost(face.box)
        once = each_once(faces)
        for face in faces:
            if all(face is not kept for kept in once):  # its track slipped onto another face
                self._turns.lost(face.box)
        if len(once) < self._max_faces:
            look = self._turns.next(bgr, passed, [face.box for face in once])
            if look is not None:
                once = each_once([*once, *self._find(bgr, look, once)])
        self._faces = once[: self._max_faces]
        return self._faces

    def _passed(self, seconds: float) -> float:
        """Seconds since the previous frame."""
        before, self._seconds = self._seconds, seconds
        if before is None:
            return 0.0
        since = seconds - before
        passed = min(since, _MAX_GAP) if since > 0.0 else _ONE_FRAME
        self._clock += passed
        return passed

    def _find(self, bgr: np.ndarray, look: Look, known: list[Face]) -> list[Face]:
        # Faces in tiles are small. In the whole image they may be too close for the last one.
        searchers = self._searchers if look.is_whole else self._searchers[-1:]
        candidates = [c for each in searchers for c in look.candidates(bgr, each)]
        # Kept for twice the interval, so that it can be doubled.
        self._rejected = [
            each for each in self._rejected if self._clock < each.until + each.rest
        ]
        resting = [each.box for each in self._rejected if self._clock < each.until]
        new = propose(candidates, [face.box for face in known])
        checked = propose(new, resting)[:_MAX_CHECKS]
        found = []
        for candidate in checked:
            face = self._checker.find(bgr, candidate)
            if face is not None and has_shape(face.landmarks):
                found.append(face)
            else:
                self._reject(candidate.region.box)
        if len(checked) == _MAX_CHECKS:
            self._turns.unfinished(look)
        elif len(found) < len(new):
            self._turns.not_settled(look)
        return found

    def _reject(self, box: Box) -> None:
        before = [each for each in self._rejected if each.box.overlap(box) >= SAME_FACE]
        longest = max((each.rest for each in before), default=_FIRST_REST / 2.0)
        rest = min(2.0 * longest, _LONGEST_REST)
        self._rejected = [each for each in self._rejected if each not in before]
        self._rejected.append(_Rejected(box, self._clock + rest, rest))

    def close(self) -> None:
        """Release the networks."""
        for searcher in self._searchers:
            searcher.detector.close()
        self._network.close()
