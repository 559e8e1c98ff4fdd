# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images to a video file."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

RATE_IMAGES = 10  # images from which the rate of a video is measured
# Steps of a rate, Hz, and so the slowest one. MPEG-4 counts time in whole parts of a second, 65535
# at the most, and so refuses 66.123 Hz.
RATE_STEP = 0.01
MAX_RATE = 250.0  # Hz, of a video whose stamps stand still or go back


class VideoWriter:
    """Writes images to a video.

    :param path: of the file, whose suffix says what it becomes; it is made with the first images.
    :param rate: Hz; ``None`` for that of the stamps of the first images.

    :ivar images: how many were added.
    """

    def __init__(self, path: Path, rate: float | None = None):
        self.path = path
        self._rate = rate
        self.images = 0
        self._waiting: list[tuple[np.ndarray, float]] = []
        self._writer: cv2.VideoWriter | None = None
        self._size: tuple[int, ...] = ()  # width and height, pixels

    def add(self, bgr: np.ndarray, stamp: float) -> None:
        """Add an image; one of another size than the first is made to fit.

        :param bgr: ``uint8`` (H, W, 3), which must not be drawn into after it.
        :param stamp: seconds.
        :raises OSError: the file cannot be written.
        """
        self.images += 1
        self._waiting.append((bgr, stamp))
        if self._writer is not None or len(self._waiting) == RATE_IMAGES:
            self._write()

    def close(self) -> None:
        """Finish the file, if there was any image.

        :raises OSError: the file cannot be written.
        """
        if self._waiting:
            self._write()
        if self._writer is not None:
            self._writer.release()

    def _write(self) -> None:
        images, stamps = zip(*self._waiting, strict=True)
        self._waiting.clear()
        if self._writer is None:
            self._size = images[0].shape[1::-1]
            rate = max(round((self._rate or _rate_of(stamps)) / RATE_STEP), 1) * RATE_STEP
            codec = cv2.VideoWriter_fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self.path), codec, rate, self._size)
        if not self._writer.isOpened():
            raise OSError(f'{self.path} cannot be written as a video; name a .mp4 or .avi file')
        for bgr in images:
            if bgr.shape[1::-1] != self._size:
                bgr = cv2.resize(bgr, self._size)
            self._writer.write(bgr)


def _rate_of(stamps: Sequence[float]) -> float:
    if len(stamps) < 2:
        return 1.0
    return 1.0 / max(float(np.median(np.diff(stamps))), 1.0 / MAX_RATE)
