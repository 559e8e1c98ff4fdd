# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Video files, read by PyAV.

OpenCV tells neither why a file cannot be opened, nor that damage was covered up, nor whether a
number of frames was counted or guessed, and what it does with a rotation depends on its version.
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

RATE_FRAMES = 30  # from whose times a rate is measured that the file does not tell
# Seconds, and share of the whole, that may be missing from the end of a file which does not say
# how many bytes it has: a duration is often rounded up.
MISSING_SECONDS = 1.0
MISSING_SHARE = 0.05
PIXEL_SHAPES = (0.25, 4.0)  # width to height of a pixel, as far as it is believed
MIN_STRETCH = 0.01  # share of the width or height that matters
Log = tuple[int, str, str]  # level, part of FFmpeg, text
NO_INDEX = 'moov atom not found'  # of FFmpeg
GREY_FORMATS = ('gray16le', 'gray16be', 'grayf32le', 'grayf32be')  # of whatever depth


class VideoSource:
    """A video file, as it is to be shown: rotated and stretched as the container says.

    :raises SourceError: it cannot be read.

    :ivar rate: Hz.
    :ivar size: width and height, pixels.
    :ivar seconds: that it lasts; 0.0 where the file does not tell.
    :ivar count: frames; 0 where the file does not tell.
    :ivar is_counted: whether that number is known; otherwise it is from the time and the rate.
    :ivar problem: what is wrong with the file as a whole, known after all frames were read, or
        before where it is too short; empty where nothing is.
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
            raise SourceError(f'{path}: none of its frames can be decoded; copy it again')
        self.size = first.shape[1], first.shape[0]

    def frames(self) -> Iterator[np.ndarray | None]:
        """Images from the beginning; ``None`` for what cannot be decoded."""
        for _, image in self.timed_frames():
            yield image

    def timed_frames(self) -> Iterator[tuple[float, np.ndarray | None]]:
        """The same with the seconds from the beginning to each."""
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
        with _errors_told() as told:
            try:
                # What is before a colon in a name would be a protocol without this one.
                container = av.open(f'file:{self._path}')
            except av.error.FFmpegError as error:
                if is_known and any(NO_INDEX in text for _, _, text in told):
                    raise SourceError(
                        f'{self._path} has no index (the moov box of MP4 and MOV, written last): '
                        'its recording was cut off or its copy is incomplete; copy it again, or '
                        'repair it with untrunc and a good file of the same camera'
                    ) from error
                raise SourceError(
                    f'{self._path}: not a video that FFmpeg can read ({error.strerror}); convert '
                    'it to MP4'
                ) from error
        with container:
            if container.format.name == 'tty' or not container.streams.video:
                held = ', '.join(sorted({stream.type for stream in container.streams}))
                raise SourceError(
                    f'{self._path} holds no video, only {held or "nothing"}; name the file with '
                    'the images'
                )
            yield container, container.streams.video[0]

    def _cut(self) -> str:
        promised, size = promised_bytes(self._path), self._path.stat().st_size
        if promised <= size:
            return ''
        return (
            f'{self._path} is cut short: {size} of its {promised} bytes are there; copy it again'
        )

    def _damage(self, told: list[str], missing: float) -> str:
        if told:
            return f'{self._path} is damaged ({told[0]}); copy it again'
        # A file that is as long as it says is whole, whatever its header has for a duration.
        is_whole = promised_bytes(self._path) and not has_empty_end(self._path)
        if is_whole or missing <= max(MISSING_SECONDS, MISSING_SHARE * self.seconds):
            return ''
        return (
            f'{self._path} is cut short: it ends {missing:.1f} s before the {self.seconds:.1f} s '
            'that it promises; copy it again'
        )


def _packets(container: Any, stream: Any, damage: list[str]) -> Iterator[tuple[Any, list[Any]]]:
    """All packets, with the frames of the stream that come with them; ``None`` for a broken one.

    Of all streams: where another one lasts longer, it tells how far the file goes.

    :param damage: gets what the container's part of FFmpeg complains about.
    """
    packets = container.demux()
    while True:
        frames = []
        with _errors_told() as told:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:  # there is no more to get
                damage.append(one_line(error))
                return
            if packet.stream.index == stream.index:
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    frames = [None]
        damage += [text.strip() for _, part, text in told if part == container.format.name]
        yield packet, frames


def _shown(frame: Any, pixel_shape: Any, grey_range: GreyRange) -> np.ndarray:
    """Pixels of a frame as they are to be seen."""
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
    """An image by a display matrix of FFmpeg, (9,): in rows of 3, whose x and y go to new ones."""
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
    """Seconds at which the last stream ends as the header has it; 0.0 where it does not tell."""
    # Matroska counts its duration from 0, the others from their beginning.
    start = 0 if 'matroska' in container.format.name else container.start_time or 0
    end = (start + container.duration) / av.time_base if container.duration else 0.0
    # What a file without its end still says.
    return max(end, float(stream.frames / stream.average_rate) if stream.average_rate else 0.0)


@contextmanager
def _errors_told() -> Iterator[list[Log]]:
    """What FFmpeg calls an error meanwhile, which it would write to the terminal or nowhere."""
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture(local=False) as logs:  # of decoding threads too
            yield logs
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skips)
