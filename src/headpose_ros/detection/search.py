# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tiled search for faces in large images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from headpose_ros.detection.base import Candidate, Face, Searcher
from headpose_ros.detection.region import Region
from headpose_ros.landmarks import Box, distinct

# Overlap of neighbouring tiles, share of their side, so that a face is complete in one of them.
_TILE_OVERLAP = 0.2

# An image up to this many times a tile is not tiled.
_NEARLY_ONE = 1.1

# Overlap (intersection over union) from which two boxes are proposals of the same face.
SAME_FACE = 0.3

# Overlap of two landmark boxes from which they are the same face, and the share of a face inside
# another's box from which it is part of it: a tile may show half of a close face.
_ONE_FACE, _PART = 0.5, 0.8


@dataclass(frozen=True)
class Look:
    """A part of an image in which faces are searched.

    :ivar left: pixels.
    :ivar top: pixels.
    :ivar width: pixels.
    :ivar height: pixels.
    :ivar quarters: clockwise quarter turns applied to the image before the search.
    :ivar is_whole: whether it is the whole image.
    """

    left: int
    top: int
    width: int
    height: int
    quarters: int = 0
    is_whole: bool = False

    def shows(self, x: float, y: float) -> bool:
        """Whether a point of the image, in pixels, is in this part."""
        return 0 <= x - self.left <= self.width and 0 <= y - self.top <= self.height

    def candidates(self, bgr: np.ndarray, searcher: Searcher) -> list[Candidate]:
        """Candidates in this part of an (H, W, 3) image, in pixels of the image."""
        part = bgr[self.top : self.top + self.height, self.left : self.left + self.width]
        scale = searcher.look_size / max(part.shape[:2])
        if scale < 1.0:  # the detector would subsample without filtering
            height, width = (max(1, round(scale * length)) for length in part.shape[:2])
            part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(np.rot90(part, -self.quarters), cv2.COLOR_BGR2RGB)
        rgb.flags.writeable = False
        return [
            Candidate(self._to_image(each.region, *rgb.shape[:2]), each.score)
            for each in searcher.detector.find(rgb)
        ]

    def _to_image(self, region: Region, height: int, width: int) -> Region:
        x, y = region.x, region.y
        for _ in range(self.quarters):
            x, y, height, width = y, width - x, width, height
        scale = self.width / width
        turn = region.clockwise - self.quarters * math.pi / 2.0
        return Region(self.left + scale * x, self.top + scale * y, scale * region.side, turn)


@lru_cache(maxsize=8)
def looks(
    height: int, width: int, smallest_tile: int
) -> tuple[tuple[Look, ...], tuple[Look, ...]]:
    """Searches for an image of this shape: the whole image, upright and rotated, and the tiles.

    :param smallest_tile: pixels, maximum tile side, see ``Searcher``.
    """
    whole = tuple(Look(0, 0, width, height, quarters, True) for quarters in range(4))
    steps = 1.0 - _TILE_OVERLAP
    rows, columns = (
        1 + max(0, math.ceil((length - smallest_tile) / (smallest_tile * steps)))
        for length in (height, width)
    )
    if max(height, width) <= _NEARLY_ONE * smallest_tile:
        return whole, ()
    # The smallest side with this number of tiles.
    side = math.ceil(max(height / (1 + (rows - 1) * steps), width / (1 + (columns - 1) * steps)))
    tiles = [
        Look(int(left), int(top), min(side, width), min(side, height))
        for top in np.linspace(0, max(height - side, 0), rows)
        for left in np.linspace(0, max(width - side, 0), columns)
    ]
    return whole, tuple(tiles)


def propose(candidates: Sequence[Candidate], known: Sequence[Box] = ()) -> list[Candidate]:
    """Proposals without duplicates and without those at known boxes, highest score first."""
    ordered = sorted(candidates, key=lambda each: each.score, reverse=True)
    boxes = [*known, *(each.region.box for each in ordered)]
    return [ordered[i - len(known)] for i in distinct(boxes, SAME_FACE) if i >= len(known)]


def each_once(faces: Sequence[Face]) -> list[Face]:
    """Faces without those that duplicate, contain or are part of an earlier one."""
    kept: list[Face] = []
    for face in faces:
        box = face.box
        if not any(is_one_face(box, other.box) for other in kept):
            kept.append(face)
    return kept


def is_one_face(a: Box, b: Box) -> bool:
    """Whether two landmark boxes are of the same face, or one is of a part of it."""
    return a.overlap(b) >= _ONE_FACE or a.common(b) >= _PART * min(a.area, b.area)
