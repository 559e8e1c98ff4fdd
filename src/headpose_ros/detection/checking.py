# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A close look at a place where a face may be: whether there is one, and which way up."""

import math
from dataclasses import replace

import cv2
import numpy as np

from headpose_ros.detection.base import CandidateDetector, Face, LandmarkNetwork
from headpose_ros.detection.region import MARGIN, Region

# Pixels of a view of a proposed face, which the detector sees 128 of, and the side of what is
# shown in it, in sizes of the face's box.
_VIEW_SIZE = 192
_VIEW_SIDE = 2.0

# Share of the view's side within which the face is around its middle; what is further out is
# somebody else.
_CENTRAL = 0.25

_QUARTERS = tuple(quarter * math.pi / 2.0 for quarter in range(4))

# Scores of detector and landmark network from which an upright face needs no second opinion: 85 %
# of the faces of AFLW2000-3D reach them, and 1 of 1848 that are turned by a quarter or more.
_SURE_CANDIDATE, _SURE_FACE = 0.85, 0.9

# What the score of the landmark network adds to that of the detector, which tells better which way
# up a face is, and what is added to an upright one. Chosen on AFLW2000-3D, upright and turned.
_FACE_SHARE, _UPRIGHT = 0.25, 0.05

# The same for faces of fewer pixels, of which both tell little.
_SMALL_FACE, _SMALL_UPRIGHT = 64.0, 0.3


class FaceChecker:
    """Looks closely at one place, with a face detector for near faces and the landmark network.

    A face upside down is found by most detectors and fitted by the landmark network as if it were
    upright, and both are surer of it the right way up. So a view of the place is turned by
    quarters and the one is taken of which they are surest.

    :param near: the face detector; not closed with this one.
    :param network: not closed with this one.
    """

    def __init__(self, near: CandidateDetector, network: LandmarkNetwork):
        self._near = near
        self._network = network

    def find(self, bgr: np.ndarray, region: Region) -> Face | None:
        """The face in a proposed region, whichever way up it is; ``None`` where there is none.

        Its score can be low, as of faces seen from the side.
        """
        place = replace(region, clockwise=0.0)
        upright = _SMALL_UPRIGHT if region.box.width < _SMALL_FACE else _UPRIGHT
        best, best_sum = None, 0.0
        for quarter in _QUARTERS:
            found = self._look(bgr, place.turned(quarter))
            if found is None:
                continue
            face, candidate_score = found
            total = candidate_score + _FACE_SHARE * face.score + upright * (quarter == 0.0)
            if total > best_sum:
                best, best_sum = face, total
            if candidate_score >= _SURE_CANDIDATE and face.score >= _SURE_FACE:
                break
        return best

    def find_again(self, bgr: np.ndarray, region: Region) -> Face | None:
        """The face that was in a region in the image before, as upright as it was there."""
        found = self._look(bgr, region)
        return found[0] if found else None

    def _look(self, bgr: np.ndarray, region: Region) -> tuple[Face, float] | None:
        shown = region.grown(_VIEW_SIDE / MARGIN)
        rgb = cv2.cvtColor(shown.view(bgr, _VIEW_SIZE), cv2.COLOR_BGR2RGB)
        middle, reach = _VIEW_SIZE / 2.0, _CENTRAL * _VIEW_SIZE
        candidates = [
            each for each in self._near.find(rgb)
            if max(abs(each.region.x - middle), abs(each.region.y - middle)) < reach
        ]
        if not candidates:
            return None
        candidate = max(candidates, key=lambda each: each.score)
        face = self._network.fit(bgr, shown.region_to_image(candidate.region, _VIEW_SIZE))
        if face is None:
            return None
        # Once more: the landmarks tell better than a box where to look.
        face = self._network.fit(bgr, Region.around_landmarks(face.landmarks))
        return None if face is None else (face, candidate.score)
