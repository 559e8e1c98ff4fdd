# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A close look at a place where a face may be: whether there is one, and which way up."""

import math
from dataclasses import replace

import cv2
import numpy as np

from headpose_ros.detection.base import Candidate, CandidateDetector, Face, LandmarkNetwork
from headpose_ros.detection.region import MARGIN, Region

# Pixels of a view of a proposed face, which the detector sees 128 of, and the side of what is
# shown in it, in sizes of the face's box.
_VIEW_SIZE = 192
_VIEW_SIDE = 2.0

# Share of the view's side within which the face is around its middle; what is further out is
# somebody else.
_CENTRAL = 0.25

_QUARTERS = tuple(quarter * math.pi / 2.0 for quarter in range(4))

# Score of the detector from which an upright face needs no second opinion: 85 % of the faces of
# AFLW2000-3D reach it, and hardly any that is turned by a quarter or more.
_SURE = 0.85

# Scores in a video of a face on its side or upside down, and of a proposal of which the close look
# sees nothing. Most of what is taken for a face in videos of things alone seems not to be upright;
# of the faces of AFLW2000-3D, turned by quarters, 95 % score that much.
_SURELY_TURNED, _SURELY_PROPOSED = 0.7, 0.7

# What is added to the score of an upright face, and of one of fewer pixels, of which scores tell
# little. Chosen on AFLW2000-3D, upright and turned.
_UPRIGHT, _SMALL_UPRIGHT, _SMALL_FACE = 0.05, 0.3, 64.0


class FaceChecker:
    """Looks closely at one place, with a face detector for near faces and the landmark network.

    A face upside down is found by most detectors and fitted by the landmark network as if it were
    upright, but detectors are surer of it the right way up. So a view of the place is turned by
    quarters and the one is taken of which the detector is surest.

    :param near: the face detector; not closed with this one.
    :param network: not closed with this one.
    :param in_video: what is doubtful in one image will be seen again: a face that is not upright
        must be sure to be one, and a proposal that is sure is fitted, upright, even if the close
        look sees nothing.
    """

    def __init__(
        self, near: CandidateDetector, network: LandmarkNetwork, *, in_video: bool = False
    ):
        self._near = near
        self._network = network
        self._in_video = in_video

    def find(self, bgr: np.ndarray, proposed: Candidate) -> Face | None:
        """The face that is proposed, whichever way up it is; ``None`` where there is none.

        Its score can be low, as of faces seen from the side.
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
        """The face that was in a region in the image before, as upright as it was there."""
        candidate = self._propose(bgr, region)
        return None if candidate is None else self._fit(bgr, candidate)

    def _propose(self, bgr: np.ndarray, region: Region) -> Candidate | None:
        """What the detector is surest of in the middle of a view of a region."""
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
        # Once more: the landmarks tell better than a box where to look.
        return self._network.fit(bgr, Region.around_landmarks(face.landmarks))
