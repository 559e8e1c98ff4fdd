# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Depth images: messages to arrays, and matching by stamp.

Raw images are ``16UC1`` (or ``mono16``) in millimetres or ``32FC1`` in metres, as in REP-118.
``compressedDepth`` is the format of the image_transport plugin of that name: 12 bytes, the last 8
being the two ``float32`` of the quantisation of ``32FC1``, then 16 bits per pixel as PNG or RVL.
"""

from collections import deque
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.compressed import MAX_PIXELS, reason_of
from headpose_ros.images.raw import Layout, check_whole, read_samples
from headpose_ros.images.rvl import read_rvl
from headpose_ros.images.stamps import stamp_seconds

COMPRESSED_DEPTH = 'compressedDepth'  # topic name suffix

# Seconds, maximum difference of depth and colour stamps: unsynchronised streams of the same rate
# differ by at most half a frame, 17 ms at 30 Hz.
TOLERANCE = 0.02

# Depth images buffered for the colour image being processed or still to come.
KEPT = 4

# Maximum relative difference of the aspect ratios of two images of the same view.
SHAPE_TOLERANCE = 0.02

_LAYOUTS = {
    '16UC1': Layout(None, 1, 2), 'mono16': Layout(None, 1, 2), '32FC1': Layout(None, 1, 4)
}
_HEADER_BYTES = 12
_SHOWN = 48  # characters of a name quoted in an error
_WANTED = 'expected 16UC1 (millimetres) or 32FC1 (metres)'


def read_depth(message: Any) -> np.ndarray:
    """Depths of a raw message.

    :param message: a sensor_msgs/Image, of rclpy or rosbags.
    :return: ``uint16`` millimetres or ``float32`` metres (H, W); may share its memory.
    :raises UnreadableImageError: not a depth image, or truncated.
    """
    layout = _LAYOUTS.get(message.encoding)
    if layout is None:
        raise UnreadableImageError(
            f'encoding {message.encoding[:_SHOWN]!r} is not a depth image: {_WANTED}; check the '
            'depth topic'
        )
    check_whole(message, layout)
    return read_samples(message, layout)


def read_compressed_depth(message: Any) -> np.ndarray:
    """The same for a sensor_msgs/CompressedImage of the transport ``compressedDepth``.

    :raises UnreadableImageError: it contains no such image.
    """
    encoding, _, coding = (part.strip() for part in message.format.partition(';'))
    coding = coding.removeprefix(COMPRESSED_DEPTH).strip() or 'png'
    shown = repr(message.format[:_SHOWN])
    if encoding not in _LAYOUTS:
        raise UnreadableImageError(
            f'format {shown} is not a depth image: {_WANTED}, transport {COMPRESSED_DEPTH}'
        )
    data = bytes(message.data)
    body = data[_HEADER_BYTES:]
    if coding == 'png':
        pixels = _read_png(body)
    elif coding == 'rvl':
        pixels = read_rvl(body, MAX_PIXELS)
    else:
        raise UnreadableImageError(
            f'format {shown} is not supported: set the format of {COMPRESSED_DEPTH} to png or rvl'
        )
    if encoding != '32FC1':
        return pixels
    # 0 is no measurement.
    a, b = np.frombuffer(data, '<f4', 2, 4)
    with np.errstate(all='ignore'):
        return np.where(pixels > 0, a / (pixels - b), np.float32(np.nan)).astype(np.float32)


def _read_png(data: bytes) -> np.ndarray:
    try:
        with Image.open(BytesIO(data), formats=('PNG',)) as image:
            width, height = image.size
            if image.mode.startswith('I') and width * height <= MAX_PIXELS:
                return np.asarray(image).astype(np.uint16)
            reason = f'it has {width} x {height} pixels of mode {image.mode}'
    except Exception as error:  # of many classes
        reason = reason_of(error, f'it starts with {data[:8].hex(" ") or "nothing"}')
    raise UnreadableImageError(
        f'the {len(data)} bytes after the header of {COMPRESSED_DEPTH} are not a 16-bit PNG: '
        f'{reason}; check the transport between camera and node'
    )


def check_same_view(depth: np.ndarray, width: int, height: int) -> None:
    """Raise ``UnreadableImageError`` if depth and colour image cannot show the same view."""
    rows, columns = depth.shape
    if abs(columns * height - rows * width) > SHAPE_TOLERANCE * rows * width:
        raise UnreadableImageError(
            f'depth is {columns} x {rows} but the colour image {width} x {height}, which cannot '
            'be the same view: use depth registered (aligned) to the colour camera'
        )


class Match(NamedTuple):
    """Result of a ``DepthBuffer`` for a stamp."""

    depth: np.ndarray | None  # as returned by ``read_depth``
    lag: float  # seconds, stamp of the nearest depth minus the given one; NaN without any


def is_compressed_depth(topic: str) -> bool:
    """Whether a depth topic is of the transport ``compressedDepth``, by its name."""
    return topic.endswith(f'/{COMPRESSED_DEPTH}')


def depth_reader(topic: str) -> Callable[[Any], np.ndarray]:
    """The function that reads the messages of a depth topic."""
    return read_compressed_depth if is_compressed_depth(topic) else read_depth


class DepthBuffer:
    """The latest depth images, decoded on demand.

    :param read: decodes a message.
    :param kept: maximum number.
    """

    def __init__(self, read: Callable[[Any], np.ndarray], kept: int = KEPT):
        self._read = read
        self._kept: deque[tuple[float, Any]] = deque(maxlen=kept)
        self._last: tuple[Any, np.ndarray] | None = None

    @property
    def newest(self) -> float:
        """Latest stamp, seconds; minus infinity if empty."""
        return self._kept[-1][0] if self._kept else -np.inf

    def add(self, message: Any) -> None:
        """Add a message."""
        self._kept.append((stamp_seconds(message.header), message))

    def clear(self) -> None:
        """Remove all messages."""
        self._kept.clear()
        self._last = None

    def at(self, stamp: float) -> Match:
        """The depth image closest to a stamp in seconds, within ``TOLERANCE``.

        :raises UnreadableImageError: it cannot be read.
        """
        if not self._kept:
            return Match(None, np.nan)
        found, message = min(self._kept, key=lambda each: abs(each[0] - stamp))
        lag = found - stamp
        if abs(lag) > TOLERANCE:
            return Match(None, lag)
        # Two images of a faster colour camera may share one.
        if self._last is None or self._last[0] is not message:
            try:
                self._last = message, self._read(message)
            except UnreadableImageError:
                self._kept.remove((found, message))
                raise
        return Match(self._last[1], lag)
