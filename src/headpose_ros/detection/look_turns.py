# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Schedules which part of a video image is searched next: one that has changed."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from headpose_ros.detection.search import Look
from headpose_ros.landmarks import Box

# Factor on the turn rate while no face is tracked; and every how many searches the whole image is
# searched: people close by come first.
_NO_FACE = 5.0
_WHOLE_EVERY = 5

# A part has changed when any colour of a cell of this many pixels a side (less than half a face)
# differs by this many of 255 levels. Camera noise averaged over a cell stays below.
_CELL, _CHANGE = 8, 8

# Changes within this many face sizes of a tracked face are ignored: hair.
_HEAD = 2.0

# Share of the searched parts up to which few have changed; when the camera moves it is more.
_FEW = 0.4

# Turns after which an unchanged part is searched again, and sooner after a near miss.
_LATEST, _SOON = 60, 6

# Turns, every other of which searches where a track was lost, and the factor on the turn rate
# meanwhile.
_SEEK, _SEEK_RATE = 8, 3.0


class _Seen(NamedTuple):
    """State of a part when it was searched.

    :ivar cells: (h, w, 3) ``uint8`` of the image, one pixel per cell.
    :ivar known: boxes of the tracked faces.
    :ivar turn: turn number.
    :ivar latest: turn in which it is searched again even if unchanged.
    :ivar rest: turns until then, after a near miss.
    """

    cells: np.ndarray
    known: tuple[Box, ...]
    turn: int
    latest: int
    rest: int = _SOON


class LookTurns:
    """Schedules searches in a video with images of one size.

    A search takes longer than tracking a face. Static scenes need few; with a moving camera
    everything changes and every turn has one.

    :param whole: searches of the whole image, upright first.
    :param tiles: searches of its tiles.
    :param rate: turns per second while a face is tracked; five times as many while none is.
    """

    def __init__(self, whole: Sequence[Look], tiles: Sequence[Look], rate: float):
        self._order = deque(_in_order(whole, tiles))
        self._rate = rate
        self._due = 1.0
        self._turn = 0
        self._seen: dict[Look, _Seen] = {}
        self._sought: list[tuple[float, float, int]] = []  # x, y and the last turn

    def next(self, bgr: np.ndarray, passed: float, known: Sequence[Box]) -> Look | None:
        """The search in the next image, (H, W, 3), if one is due.

        :param passed: seconds since the previous image.
        :param known: boxes of the faces tracked in it.
        """
        more = _NO_FACE if not known else _SEEK_RATE if self._sought else 1.0
        self._due += passed * self._rate * more
        if self._due < 1.0:
            return None
        self._due = min(self._due - 1.0, 1.0)
        self._turn += 1
        height, width = (max(1, length // _CELL) for length in bgr.shape[:2])
        # Every other row is enough and halves the time.
        cells = cv2.resize(bgr[::2], (width, height), interpolation=cv2.INTER_AREA)
        now = _Seen(cells, tuple(known), self._turn, self._turn + _LATEST)
        look, has_changed = self._choose(now)
        if look is not None:
            before = self._seen.get(look)
            rest = _SOON if before is None or has_changed else before.rest
            self._seen[look] = now._replace(rest=rest)
        return look

    def _choose(self, now: _Seen) -> tuple[Look | None, bool]:
        """The next search, and whether that part has changed."""
        # Rotated ones only while no face is tracked.
        order = [look for look in self._order if not (look.quarters and now.known)]
        changed = {
            look for look, seen in self._seen.items()
            if look in order and _has_changed(look, seen, now)
        }
        self._sought = [each for each in self._sought if self._turn <= each[2]]
        # Every other turn prefers parts searched before to those not searched yet.
        look = self._look_again(order, changed) if self._turn % 2 == 0 else None
        if look is None:
            look = self._look_in_turn(order, changed)
        return look, look in changed

    def _look_again(self, order: list[Look], changed: set[Look]) -> Look | None:
        """Where a track was lost, least recently searched first; else, if few, a changed part."""
        near = [
            look for look in order if any(look.shows(x, y) for x, y, _ in self._sought)
        ]
        if near:
            return min(near, key=lambda each: self._seen[each].turn if each in self._seen else 0)
        if len(changed) <= _FEW * len(self._seen.keys() & set(order)):
            return next((look for look in order if look in changed), None)
        return None

    def _look_in_turn(self, order: list[Look], changed: set[Look]) -> Look | None:
        for look in order:
            seen = self._seen.get(look)
            if seen is None or look in changed or self._turn >= seen.latest:
                self._order.rotate(-1 - self._order.index(look))
                return look
        return None

    def not_settled(self, look: Look) -> None:
        """Near miss in this part, which was searched last: search it again soon.

        The interval doubles each time if nothing has changed.
        """
        seen = self._seen[look]
        rest = min(2 * seen.rest, _LATEST)
        self._seen[look] = seen._replace(latest=self._turn + seen.rest, rest=rest)

    def unfinished(self, look: Look) -> None:
        """This part, which was searched last, has more proposals than one search can check."""
        self._seen[look] = self._seen[look]._replace(latest=self._turn)

    def lost(self, face: Box) -> None:
        """A track was lost: search there."""
        self._sought.append((*face.center, self._turn + _SEEK))


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


def _in_order(whole: Sequence[Look], tiles: Sequence[Look]) -> list[Look]:
    once = [whole[0]]
    for i, tile in enumerate(tiles):
        if i and i % (_WHOLE_EVERY - 1) == 0:
            once.append(whole[0])
        once.append(tile)
    return [look for turned in whole[1:] for look in (*once, turned)]
