# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Face detection in unrelated images."""

import numpy as np

from headpose_ros.detection.base import Face, LandmarkNetwork, Searcher
from headpose_ros.detection.checking import FaceChecker
from headpose_ros.detection.search import Look, each_once, looks, propose
from headpose_ros.landmarks import has_shape


class StillDetector:
    """Searches each image completely: as a whole, in tiles and, if no face is found, rotated.

    :param searchers: face detectors, close-range first, long-range last.
    :param network: fits landmarks to their proposals.
    """

    def __init__(
        self,
        searchers: tuple[Searcher, ...],
        network: LandmarkNetwork,
        max_faces: int,
    ):
        self._searchers = searchers
        self._network = network
        self._checker = FaceChecker(searchers[0].detector, network)
        self._max_faces = max_faces

    def detect(self, bgr: np.ndarray, seconds: float = 0.0) -> list[Face]:
        """The largest faces in a ``uint8`` (H, W, 3) BGR image, at most ``max_faces``."""
        self._network.forget()
        whole, tiles = looks(*bgr.shape[:2], self._searchers[-1].smallest_tile)
        faces = self._find(bgr, (whole[0], *tiles)) or self._find(bgr, whole[1:])
        faces.sort(key=lambda face: face.box.area, reverse=True)
        return faces[: self._max_faces]

    def _find(self, bgr: np.ndarray, at: tuple[Look, ...]) -> list[Face]:
        candidates = [
            candidate
            for look in at
            # Faces in tiles are small. In the whole image they may be too close for the last one.
            for searcher in self._searchers[0 if look.is_whole else -1 :]
            for candidate in look.candidates(bgr, searcher)
        ]
        checked = (self._checker.find(bgr, each) for each in propose(candidates))
        faces = [face for face in checked if face is not None and has_shape(face.landmarks)]
        # At equal score the larger first: part of a face can look like a face.
        faces.sort(key=lambda face: (round(face.score, 1), face.box.area), reverse=True)
        return each_once(faces)

    def close(self) -> None:
        """Release the networks."""
        for searcher in self._searchers:
            searcher.detector.close()
        self._network.close()
