# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Which part of a video's image is looked at next: one in which something has changed."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle
from typing import NamedTuple

import cv2
import numpy as np

from headpose_ros.detection.search import Look
from headpose_ros.landmarks import Box

# While there is nobody, turns are so many times as frequent, and every so many looks are at the
# whole image: people who are near come first.
_NOBODY = 5.0
_WHOLE_EVERY = 5

# A part has changed when in a cell of so many pixels a side, less than half a face, a colour has
# by so many levels of 255. The noise of a camera, averaged over a cell, stays below.
_CELL, _CHANGE = 8, 8

# What people who are followed do changes nothing, within so many sizes of their faces: their hair.
_HEAD = 2.0

# Turns after which a part is looked at again though nothing has changed, sooner where something
# was nearly a face.
_LATEST, _SOON = 60, 6


class _Seen(NamedTuple):
    """What a part was when it was looked at.

    :ivar latest: of the turn in which it is looked at again, whether it has changed or not.
    :ivar cells: (h, w, 3) ``uint8`` of the image, a pixel for each cell.
    :ivar known: boxes of the faces that were followed.
    """

    latest: int
    cells: np.ndarray
    known: tuple[Box, ...]


class LookTurns:
    """Rations the looks at a video of images of one size.

    A look takes longer than following a face. In a room where nothing moves they are few; where
    the camera moves, everything changes and each turn has one.

    :param whole: looks at the whole image, the upright one first.
    :param tiles: looks at its parts.
    :param rate: turns a second while somebody is followed; five times as many while nobody is.
    """

    def __init__(self, whole: Sequence[Look], tiles: Sequence[Look], rate: float):
        self._round = 3 * (len(whole) + len(tiles))
        self._all, self._changed = _in_order(whole, tiles), _in_order(whole, tiles)
        self._rate = rate
        self._due = 1.0
        self._turn = 0
        self._seen: dict[Look, _Seen] = {}

    def next(self, bgr: np.ndarray, passed: float, known: Sequence[Box]) -> Look | None:
        """The look at the next image, (H, W, 3), if there is to be one.

        :param passed: seconds since the image before.
        :param known: boxes of the faces that are followed in it.
        """
        self._due += passed * self._rate * (1.0 if known else _NOBODY)
        if self._due < 1.0:
            return None
        self._due = min(self._due - 1.0, 1.0)
        self._turn += 1
        height, width = (max(1, length // _CELL) for length in bgr.shape[:2])
        # Every other row is enough, and takes half as long.
        cells = cv2.resize(bgr[::2], (width, height), interpolation=cv2.INTER_AREA)
        now = _Seen(self._turn + _LATEST, cells, tuple(known))
        # Every other turn is for what was seen and has changed, before what was not seen yet.
        look = None
        if self._turn % 2 == 0:
            look = self._first(self._changed, now, lambda before: before is not None)
        if look is None:
            look = self._first(self._all, now, lambda before: True)
        if look is not None:
            self._seen[look] = now
        return look

    def _first(
        self, order: Iterator[Look], now: _Seen, wanted: Callable[[_Seen | None], bool]
    ) -> Look | None:
        for _ in range(self._round):
            look = next(order)
            before = self._seen.get(look)
            if now.known and look.quarters:  # only where there is nobody upright
                continue
            if wanted(before) and (before is None or self._is_due(look, before, now)):
                return look
        return None

    def _is_due(self, look: Look, before: _Seen, now: _Seen) -> bool:
        return self._turn >= before.latest or _has_changed(look, before, now)

    def not_settled(self, look: Look) -> None:
        """Something in this part, which was looked at last, was nearly a face: again soon."""
        self._seen[look] = self._seen[look]._replace(latest=self._turn + _SOON)

    def unfinished(self, look: Look) -> None:
        """There is more in this part, which was looked at last, than one look can check."""
        self._seen[look] = self._seen[look]._replace(latest=self._turn)

    def lost(self, face: Box) -> None:
        """Somebody is not followed any more: look where they were."""
        x, y = face.center
        for look, seen in self._seen.items():
            if look.shows(x, y):
                self._seen[look] = seen._replace(latest=self._turn)


def _has_changed(look: Look, before: _Seen, now: _Seen) -> bool:
    left, top = look.left // _CELL, look.top // _CELL
    right, bottom = (look.left + look.width) // _CELL + 1, (look.top + look.height) // _CELL + 1
    change = cv2.absdiff(now.cells[top:bottom, left:right], before.cells[top:bottom, left:right])
    for box in (*before.known, *now.known):
        (x, y), reach = box.center, 0.5 * _HEAD * box.longer_side
        columns, rows = (
            slice(*(max(0, int((at + d) // _CELL) - start) for d in (-reach, reach + _CELL)))
            for at, start in ((x, left), (y, top))
        )
        change[rows, columns] = 0
    return int(change.max(initial=0)) >= _CHANGE


def _in_order(whole: Sequence[Look], tiles: Sequence[Look]) -> Iterator[Look]:
    once = [whole[0]]
    for i, tile in enumerate(tiles):
        if i and i % (_WHOLE_EVERY - 1) == 0:
            once.append(whole[0])
        once.append(tile)
    return cycle(chain.from_iterable([*once, turned] for turned in whole[1:]))
