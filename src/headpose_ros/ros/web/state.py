# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the node was last seen to publish."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from headpose_ros.ros.diagnostics.face_values import FaceValues, read_faces

HISTORY = 30.0  # seconds of angles that are kept
AWAY = 3.5  # seconds without diagnostics, which come once a second, after which a node is away
STILL = 2.0  # seconds after which an image is an old one


@dataclass(frozen=True)
class Angles:
    """One message of ``head_pose``.

    :ivar time: seconds of a steady clock at which it came.
    :ivar rpy: roll, pitch and yaw, degrees.
    """

    time: float
    rpy: tuple[float, float, float]


@dataclass(frozen=True)
class Status:
    """The last diagnostics.

    :ivar level: 0 for well, 1 for a warning, 2 for an error.
    :ivar values: figures by their names.
    """

    level: int
    message: str
    values: Mapping[str, str]

    @property
    def faces(self) -> list[FaceValues]:
        """People in the last image."""
        return read_faces(self.values)


class NodeState:
    """Keeps it for any number of pages, all in the thread of the pages.

    :param now: seconds of the steady clock that all its times are of.

    :ivar angles: of the last seconds, the newest last.
    :ivar image: the last one, JPEG; empty before the first.
    :ivar status: ``None`` before the first.
    """

    def __init__(self, now: float):
        self.angles: deque[Angles] = deque()
        self.image = b''
        self.status: Status | None = None
        self._status_time = now
        self._image_time = now
        self._came = asyncio.Event()

    def add_angles(self, angles: Angles) -> None:
        """Take a pose."""
        self.angles.append(angles)
        self.forget(angles.time)

    def add_image(self, jpeg: bytes, now: float) -> None:
        """Take an image, and give it to all who wait for the next."""
        self.image, self._image_time = jpeg, now
        self._came.set()
        self._came = asyncio.Event()

    def add_status(self, status: Status, now: float) -> None:
        """Take diagnostics."""
        self.status, self._status_time = status, now

    def forget(self, now: float) -> None:
        """Drop angles that are too old."""
        while self.angles and self.angles[0].time < now - HISTORY:
            self.angles.popleft()

    async def next_image(self) -> bytes:
        """The next image, JPEG."""
        await self._came.wait()
        return self.image

    def silence(self, now: float) -> float | None:
        """Seconds without a word of the node; ``None`` while it is there."""
        silence = now - self._status_time
        return silence if self.status is None or silence > AWAY else None

    def stillness(self, now: float) -> float | None:
        """Seconds since the last image, from when on it is an old one; ``None`` before that."""
        stillness = now - self._image_time
        return stillness if stillness > STILL else None
