# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Second pass on a face proposal: whether it is a face, and its in-plane orientation."""

import math
from dataclasses import replace

import cv2
import numpy as np

from headpose_ros.detection.base import Candidate, CandidateDetector, Face, LandmarkNetwork
from headpose_ros.detection.region import MARGIN, Region

# Pixels, size of the crop around a proposed face (the detector scales it to 128), and its extent
# in sizes of the face box.
_VIEW_SIZE = 192
_VIEW_SIDE = 2.0

# Share of the crop's side within which the face must be from its centre; others are other faces.
_CENTRAL = 0.25

_QUARTERS = tuple(quarter * math.pi / 2.0 for quarter in range(4))

# Detector score from which other orientations are not tried: reached by 85 % of the faces of
# AFLW2000-3D when upright, and by hardly any rotated by a quarter turn or more.
_SURE = 0.85

# Minimum scores in a video: of a face on its side or upside down, and of a proposal in which the
# second pass detects nothing. Most false positives in videos without people appear not upright;
# 95 % of the faces of AFLW2000-3D rotated by quarter turns reach it.
_SURELY_TURNED, _SURELY_PROPOSED = 0.7, 0.7

# Score bonus for upright faces, and for upright faces smaller than this many pixels, whose scores
# say little. Tuned on AFLW2000-3D, upright and rotated.
_UPRIGHT, _SMALL_UPRIGHT, _SMALL_FACE = 0.05, 0.3, 64.0


class FaceChecker:
    """Verifies a face proposal with a close-range face detector and the landmark network.

    Most detectors find a face upside down, and the landmark network fits it as if upright, but
    detectors score it higher when upright. The crop is therefore rotated by quarter turns and the
    orientation with the highest score is used.

    :param near: close-range face detector; remains owned by the caller.
    :param network: remains owned by the caller.
    :param in_video: whether uncertain faces will be seen again: faces that are not upright need a
        high score, and confident proposals are fitted upright even if the second pass detects
        nothing.
    """

    def __init__(
        self, near: CandidateDetector, network: LandmarkNetwork, *, in_video: bool = False
    ):
        self._near = near
        self._network = network
        self._in_video = in_video

    def find(self, bgr: np.ndarray, proposed: Candidate) -> Face | None:
        """The proposed face in any in-plane orientation; ``None`` if there is none.

        Its score can be low, as for profiles.
        """
        place = replace(proposed.region, clockwise=0.0)
        upright = _SMALL_UPRIGHT if place.box.width < _SMALL_FACE else _UPRIGHT
        best, best_score = None, 0.0
        for quarter in _QUARTERS:
            candidate = self._propose(bgr, place.turned(quarter))
            if candidate is None:
                continue
            if quarter and self._in_video and candidate.score < _SURELY_TURNED:
                continue
            score = candidate.score + upright * (quarter == 0.0)
            if score > best_score:
                best, best_score = candidate, score
            if candidate.score >= _SURE:
                break
        if best is None and self._in_video and proposed.score >= _SURELY_PROPOSED:
            best = proposed._replace(region=place)
        return None if best is None else self._fit(bgr, best)

    def find_again(self, bgr: np.ndarray, region: Region) -> Face | None:
        """The face that was in a region in the previous image, in the same orientation."""
        candidate = self._propose(bgr, region)
        return None if candidate is None else self._fit(bgr, candidate)

    def _propose(self, bgr: np.ndarray, region: Region) -> Candidate | None:
        """The highest-scoring detection in the centre of the crop of a region."""
        shown = region.grown(_VIEW_SIDE / MARGIN)
        rgb = cv2.cvtColor(shown.view(bgr, _VIEW_SIZE), cv2.COLOR_BGR2RGB)
        middle, reach = _VIEW_SIZE / 2.0, _CENTRAL * _VIEW_SIZE
        candidates = [
            Candidate(shown.region_to_image(each.region, _VIEW_SIZE), each.score)
            for each in self._near.find(rgb)
            if max(abs(each.region.x - middle), abs(each.region.y - middle)) < reach
        ]
        return max(candidates, key=lambda each: each.score, default=None)

    def _fit(self, bgr: np.ndarray, candidate: Candidate) -> Face | None:
        face = self._network.fit(bgr, candidate.region)
        if face is None:
            return None
        # Again: the landmarks give a better region than a box.
        return self._network.fit(bgr, Region.around_landmarks(face.landmarks))
