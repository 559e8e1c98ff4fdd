# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Video files, read by PyAV.

OpenCV does not report why a file cannot be opened, concealed damage, or whether a frame count is
exact or estimated, and its handling of rotation depends on the version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from headpose_ros.errors import SourceError, one_line
from headpose_ros.images.file_kind import kind_of
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.media.container import has_empty_end, promised_bytes
from headpose_ros.media.rates import DEFAULT_RATE, is_believed

RATE_FRAMES = 30  # frames from which a missing rate is measured
# Seconds, and share of the duration, tolerated as missing at the end of a file with unknown size:
# a duration is often rounded up.
MISSING_SECONDS = 1.0
MISSING_SHARE = 0.05
PIXEL_SHAPES = (0.25, 4.0)  # plausible pixel aspect ratios, width to height
MIN_STRETCH = 0.01  # relative deviation from square pixels that matters
Log = tuple[int, str, str]  # level, FFmpeg component, text
NO_INDEX = 'moov atom not found'  # FFmpeg's message
GREY_FORMATS = ('gray16le', 'gray16be', 'grayf32le', 'grayf32be')  # any bit depth


class VideoSource:
    """A video file, with rotation and pixel aspect ratio of the container applied.

    :raises SourceError: it cannot be read.

    :ivar rate: Hz.
    :ivar size: width and height, pixels.
    :ivar seconds: duration; 0.0 if unknown.
    :ivar count: frames; 0 if unknown.
    :ivar is_counted: whether the count is exact; otherwise from duration and rate.
    :ivar problem: problem with the file as a whole, known once all frames are read, or before if
        truncated; empty if none.
    """

    camera_matrix = None

    def __init__(self, path: Path):
        self._path = path
        try:
            self.problem = self._cut()
        except OSError as error:
            raise SourceError(f'{path} cannot be read: {error.strerror}') from error
        with self._open() as (container, stream):
            self.rate = _rate_of(container, stream)
            self.seconds = max(0.0, _promised_end(container, stream) - _start_of(stream))
            self.is_counted = bool(stream.frames) and 'mp4' in container.format.name
            self.count = stream.frames if self.is_counted else round(self.seconds * self.rate)
        first = next((bgr for bgr in self.frames() if bgr is not None), None)
        if first is None:
            raise SourceError(f'{path}: no frame can be decoded; copy it again')
        self.size = first.shape[1], first.shape[0]

    def frames(self) -> Iterator[np.ndarray | None]:
        """Images from the start; ``None`` for frames that cannot be decoded."""
        for _, image in self.timed_frames():
            yield image

    def timed_frames(self) -> Iterator[tuple[float, np.ndarray | None]]:
        """The same, each with its time in seconds from the start."""
        damage: list[str] = []
        with self._open() as (container, stream):
            start, seconds, end = _start_of(stream), -1.0 / self.rate, 0.0
            pixel_shape, grey_range = stream.sample_aspect_ratio, GreyRange()
            for packet, frames in _packets(container, stream, damage):
                if packet.pts is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                for frame in frames:
                    time = None if frame is None else frame.time
                    seconds = seconds + 1.0 / self.rate if time is None else time - start
                    is_broken = frame is None or frame.is_corrupt
                    yield seconds, None if is_broken else _shown(frame, pixel_shape, grey_range)
            missing = _promised_end(container, stream) - end
        self.problem = self._cut() or self._damage(damage, missing)

    @contextmanager
    def _open(self) -> Iterator[tuple[Any, Any]]:
        kind = kind_of(self._path)
        is_known = kind is not None and kind.command == 'video'
        if kind and not is_known:
            cure = f'use headpose {kind.command}' if kind.command else kind.cure
            raise SourceError(f'{self._path} is {kind.name}, not a video: {cure}')
        with _captured_errors() as errors:
            try:
                # Without this, text before a colon in a name would be a protocol.
                container = av.open(f'file:{self._path}')
            except av.error.FFmpegError as error:
                if is_known and any(NO_INDEX in text for _, _, text in errors):
                    raise SourceError(
                        f'{self._path} has no index (the moov box of MP4 and MOV, written last): '
                        'the recording was interrupted or the copy is incomplete; copy it again, '
                        'or repair it with untrunc and a good file of the same camera'
                    ) from error
                raise SourceError(
                    f'{self._path}: not a video that FFmpeg can read ({error.strerror}); convert '
                    'it to MP4'
                ) from error
        with container:
            if container.format.name == 'tty' or not container.streams.video:
                held = ', '.join(sorted({stream.type for stream in container.streams}))
                raise SourceError(
                    f'{self._path} contains no video, only {held or "nothing"}; specify another '
                    'file'
                )
            yield container, container.streams.video[0]

    def _cut(self) -> str:
        promised, size = promised_bytes(self._path), self._path.stat().st_size
        if promised <= size:
            return ''
        return (
            f'{self._path} is truncated: {size} of {promised} bytes; copy it again'
        )

    def _damage(self, errors: list[str], missing: float) -> str:
        if errors:
            return f'{self._path} is damaged ({errors[0]}); copy it again'
        # A file of the expected size is complete, whatever the duration in its header.
        is_whole = promised_bytes(self._path) and not has_empty_end(self._path)
        if is_whole or missing <= max(MISSING_SECONDS, MISSING_SHARE * self.seconds):
            return ''
        return (
            f'{self._path} is truncated: it ends {missing:.1f} s before its duration of '
            f'{self.seconds:.1f} s; copy it again'
        )


def _packets(container: Any, stream: Any, damage: list[str]) -> Iterator[tuple[Any, list[Any]]]:
    """All packets with their decoded frames of the stream; ``None`` for an undecodable frame.

    Includes packets of other streams, which may be longer and so show where the file ends.

    :param damage: receives FFmpeg's errors about the container.
    """
    packets = container.demux()
    while True:
        frames = []
        with _captured_errors() as errors:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:  # no more packets
                damage.append(one_line(error))
                return
            if packet.stream.index == stream.index:
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    frames = [None]
        damage += [text.strip() for _, part, text in errors if part == container.format.name]
        yield packet, frames


def _shown(frame: Any, pixel_shape: Any, grey_range: GreyRange) -> np.ndarray:
    """Pixels of a frame as displayed."""
    if frame.format.name in GREY_FORMATS:
        bgr = cv2.cvtColor(grey_range.to_uint8(frame.to_ndarray()), cv2.COLOR_GRAY2BGR)
    else:
        bgr = frame.to_ndarray(format='bgr24')
    shape = float(pixel_shape or 1.0)
    if PIXEL_SHAPES[0] <= shape <= PIXEL_SHAPES[1] and abs(shape - 1.0) > MIN_STRETCH:
        bgr = cv2.resize(bgr, None, fx=max(shape, 1.0), fy=max(1.0 / shape, 1.0))
    matrix = frame.side_data.get('DISPLAYMATRIX')
    return bgr if matrix is None else _rotated(bgr, np.frombuffer(bytes(matrix), np.int32))


def _rotated(bgr: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Apply an FFmpeg display matrix, (9,) row-major, to an image."""
    (a, b), (c, d) = matrix[0:2].tolist(), matrix[3:5].tolist()
    if abs(a) < abs(b):  # x becomes y
        bgr, a, d = bgr.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(bgr[::-1 if d < 0 else 1, ::-1 if a < 0 else 1])


def _rate_of(container: Any, stream: Any) -> float:
    rate = float(stream.average_rate or stream.guessed_rate or 0.0)
    if is_believed(rate):
        return rate
    packets = islice(container.demux(stream), RATE_FRAMES)
    times = sorted(float(p.pts * p.time_base) for p in packets if p.pts is not None)
    steps = np.diff(times)
    measured = 1.0 / max(float(np.median(steps)), 1e-6) if len(steps) else 0.0
    return measured if is_believed(measured) else DEFAULT_RATE


def _start_of(stream: Any) -> float:
    return float((stream.start_time or 0) * stream.time_base)


def _promised_end(container: Any, stream: Any) -> float:
    """End of the last stream according to the header, seconds; 0.0 if unknown."""
    # In Matroska the duration is from 0, otherwise from the start time.
    start = 0 if 'matroska' in container.format.name else container.start_time or 0
    end = (start + container.duration) / av.time_base if container.duration else 0.0
    # Known even if the end of the file is missing.
    return max(end, float(stream.frames / stream.average_rate) if stream.average_rate else 0.0)


@contextmanager
def _captured_errors() -> Iterator[list[Log]]:
    """Capture FFmpeg's error messages instead of printing or losing them."""
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture(local=False) as logs:  # includes decoding threads
            yield logs
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skips)
