# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Writes video files that remain playable if writing is interrupted.

MP4 and MOV are written in playable fragments and converted to an ordinary file when complete;
Matroska and AVI are playable up to where they end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

RATE_IMAGES = 10  # images from which the rate of a video is measured
# Hz, resolution and minimum of a rate. MPEG-4 divides a second into at most 65535 parts and so
# rejects 66.123 Hz.
RATE_STEP = 0.01
MAX_RATE = 250.0  # Hz, used if stamps do not advance or go back
TIME_BASE = Fraction(1, 1_000_000)  # seconds
FRAGMENT = 30  # images, maximum lost on a power failure

BEST_CODEC = 'libx264'  # H.264, which browsers play; builds of FFmpeg without GPL parts lack it
OTHER_CODEC = 'mpeg4'
FAST = {'preset': 'veryfast', 'tune': 'zerolatency'}  # no frame is delayed
GOOD = {'qmin': '2', 'qmax': '6'}  # at any bit rate
# Prompt flushing, by file suffix.
AT_ONCE = {'flush_packets': '1'}
FRAGMENTED = {'movflags': 'hybrid_fragmented+frag_keyframe+empty_moov', **AT_ONCE}
OPTIONS = {
    '.mp4': FRAGMENTED, '.mov': FRAGMENTED,
    '.mkv': {'cluster_time_limit': '1000', **AT_ONCE},  # ms
}


class VideoWriter:
    """Writes images to a video at the times of their stamps; for AVI at a constant rate.

    :param path: of the file; the suffix selects the container. Created with the first images.
    :param rate: Hz; ``None``: from the stamps of the first images.

    :ivar images: number of images added.
    """

    def __init__(self, path: Path, rate: float | None = None):
        self.path = path
        self._rate = rate
        self.images = 0
        self._waiting: list[tuple[np.ndarray, float]] = []
        self._container: Any = None
        self._stream: Any = None
        self._is_steady = False  # constant rate: time counted in images
        self._size: tuple[int, ...] = ()  # width and height, pixels
        self._first = 0.0  # stamp, seconds
        self._time = -1  # of the last image, in units of the time base
        self._is_broken = False

    def add(self, bgr: np.ndarray, stamp: float) -> None:
        """Add an image; resized if its size differs from the first.

        :param bgr: ``uint8`` (H, W, 3), must not be modified afterwards.
        :param stamp: seconds.
        :raises OSError: the file cannot be written.
        """
        self.images += 1
        self._waiting.append((bgr, stamp))
        if self._container is not None or len(self._waiting) == RATE_IMAGES:
            self._write()

    def close(self) -> None:
        """Finish the file, if any image was added.

        :raises OSError: the file cannot be written.
        """
        if self._waiting and not self._is_broken:
            self._write()
        # After an error, leave what was written.
        if self._container is not None and not self._is_broken:
            with self._errors_named():
                self._container.mux(self._stream.encode())
                self._container.close()

    def _write(self) -> None:
        with self._errors_named():
            if self._container is None:
                images, stamps = zip(*self._waiting, strict=True)
                self._first = stamps[0]
                self._open(images[0].shape[1::-1], self._rate or _rate_of(stamps))
            while self._waiting:  # still, where Ctrl-C comes: closing goes on from there
                self._container.mux(self._stream.encode(self._frame(*self._waiting[0])))
                del self._waiting[0]

    def _open(self, size: tuple[int, ...], rate: float) -> None:
        self._size = size
        # Not all players handle timestamps of H.264 in AVI.
        suffix = self.path.suffix.lower()
        has_best = BEST_CODEC in av.codecs_available and suffix != '.avi'
        self._is_steady = not has_best
        steady = Fraction(max(round(rate / RATE_STEP), 1), round(1.0 / RATE_STEP))
        options = OPTIONS.get(suffix, AT_ONCE)
        container: Any = av.open(f'file:{self.path}', 'w', options=options)
        stream = container.add_stream(BEST_CODEC if has_best else OTHER_CODEC, rate=steady)
        # Chroma is subsampled two by two, so sides are even.
        stream.width, stream.height = (side + side % 2 for side in size)
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = 1 / steady if self._is_steady else TIME_BASE
        stream.gop_size = FRAGMENT
        stream.options = FAST if has_best else GOOD
        self._stream, self._container = stream, container

    def _frame(self, bgr: np.ndarray, stamp: float) -> av.VideoFrame:
        if bgr.shape[1::-1] != self._size:
            bgr = cv2.resize(bgr, self._size)
        odd = [(0, side % 2) for side in bgr.shape[:2]]
        frame = av.VideoFrame.from_ndarray(np.pad(bgr, (*odd, (0, 0)), 'edge'), 'bgr24')
        frame.time_base = self._stream.codec_context.time_base
        if self._is_steady:
            self._time += 1
        else:
            earliest = self._time + round(1.0 / MAX_RATE / TIME_BASE) if self._time >= 0 else 0
            self._time = max(round((stamp - self._first) / TIME_BASE), earliest)
        frame.pts = self._time
        return frame

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, ValueError) as error:
            self._is_broken = True
            if isinstance(error, OSError):  # such as a full disk
                raise OSError(error.errno, error.strerror, str(self.path)) from error
            raise OSError(
                f'{self.path} cannot be written as a video; use a .mp4 or .avi file'
            ) from error


def _rate_of(stamps: Sequence[float]) -> float:
    if len(stamps) < 2:
        return 1.0
    return 1.0 / max(float(np.median(np.diff(stamps))), 1.0 / MAX_RATE)
