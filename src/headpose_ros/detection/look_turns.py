# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Which part of a video's image is looked at next: one in which something has changed."""

from collections import deque
from collections.abc import Sequence
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

# Share of the parts that were seen which is little: more have changed where the camera moves.
_FEW = 0.4

# Turns after which a part is looked at again though nothing has changed, sooner where something
# was nearly a face.
_LATEST, _SOON = 60, 6

# Turns for which somebody who was lost is looked for at that place, in every other, and how much
# more frequent turns are then.
_SEEK, _SEEK_RATE = 8, 3.0


class _Seen(NamedTuple):
    """What a part was when it was looked at.

    :ivar cells: (h, w, 3) ``uint8`` of the image, a pixel for each cell.
    :ivar known: boxes of the faces that were followed.
    :ivar turn: number of the turn.
    :ivar latest: that of the turn in which it is looked at again, whether it has changed or not.
    :ivar rest: turns until then, if something in it was nearly a face.
    """

    cells: np.ndarray
    known: tuple[Box, ...]
    turn: int
    latest: int
    rest: int = _SOON


class LookTurns:
    """Rations the looks at a video of images of one size.

    A look takes longer than following a face. In a room where nothing moves they are few; where
    the camera moves, everything changes and each turn has one.

    :param whole: looks at the whole image, the upright one first.
    :param tiles: looks at its parts.
    :param rate: turns a second while somebody is followed; five times as many while nobody is.
    """

    def __init__(self, whole: Sequence[Look], tiles: Sequence[Look], rate: float):
        self._order = deque(_in_order(whole, tiles))
        self._rate = rate
        self._due = 1.0
        self._turn = 0
        self._seen: dict[Look, _Seen] = {}
        self._sought: list[tuple[float, float, int]] = []  # x, y and the last turn

    def next(self, bgr: np.ndarray, passed: float, known: Sequence[Box]) -> Look | None:
        """The look at the next image, (H, W, 3), if there is to be one.

        :param passed: seconds since the image before.
        :param known: boxes of the faces that are followed in it.
        """
        more = _NOBODY if not known else _SEEK_RATE if self._sought else 1.0
        self._due += passed * self._rate * more
        if self._due < 1.0:
            return None
        self._due = min(self._due - 1.0, 1.0)
        self._turn += 1
        height, width = (max(1, length // _CELL) for length in bgr.shape[:2])
        # Every other row is enough, and takes half as long.
        cells = cv2.resize(bgr[::2], (width, height), interpolation=cv2.INTER_AREA)
        now = _Seen(cells, tuple(known), self._turn, self._turn + _LATEST)
        look, has_changed = self._choose(now)
        if look is not None:
            before = self._seen.get(look)
            rest = _SOON if before is None or has_changed else before.rest
            self._seen[look] = now._replace(rest=rest)
        return look

    def _choose(self, now: _Seen) -> tuple[Look | None, bool]:
        """The next look, and whether it has changed."""
        # Turned ones only where there is nobody upright.
        order = [look for look in self._order if not (look.quarters and now.known)]
        changed = {
            look for look, seen in self._seen.items()
            if look in order and _has_changed(look, seen, now)
        }
        self._sought = [each for each in self._sought if self._turn <= each[2]]
        # Every other turn is for what was seen, before what was not seen yet.
        look = self._look_again(order, changed) if self._turn % 2 == 0 else None
        if look is None:
            look = self._look_in_turn(order, changed)
        return look, look in changed

    def _look_again(self, order: list[Look], changed: set[Look]) -> Look | None:
        """Where somebody was lost, longest ago first; or where little has changed, there."""
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
        """Something in this part, which was looked at last, was nearly a face: again soon.

        Each time that it is so again, though nothing has changed, it takes twice as long.
        """
        seen = self._seen[look]
        rest = min(2 * seen.rest, _LATEST)
        self._seen[look] = seen._replace(latest=self._turn + seen.rest, rest=rest)

    def unfinished(self, look: Look) -> None:
        """There is more in this part, which was looked at last, than one look can check."""
        self._seen[look] = self._seen[look]._replace(latest=self._turn)

    def lost(self, face: Box) -> None:
        """Somebody is not followed any more: look where they were."""
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
