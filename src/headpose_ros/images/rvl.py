# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""RVL, lossless depth compression (Wilson, "Fast Lossless Depth Image Compression", 2017).

Pixels are coded as runs: number of zeros, number of non-zeros, and for each of the latter the
difference to the previous one (0 for the first). Numbers are coded with three bits per nibble,
lowest first, and a continuation bit; the sign is in the lowest bit. Eight nibbles, the first in
the highest bits, form a little-endian word. image_transport prepends width and height.
"""

import numpy as np

from headpose_ros.errors import UnreadableImageError

_SIZE_BYTES = 8
_MAX_NIBBLES = 11  # of a number of 32 bits


def read_rvl(data: bytes, max_pixels: int) -> np.ndarray:
    """Pixels of an RVL image with prepended size: ``uint16`` (H, W).

    :raises UnreadableImageError: not such an image, or more than ``max_pixels``.
    """
    if len(data) < _SIZE_BYTES:
        raise UnreadableImageError(f'RVL image truncated to {len(data)} bytes')
    width, height = (int(side) for side in np.frombuffer(data, '<u4', 2))
    count = width * height
    if not 0 < count <= max_pixels:
        raise UnreadableImageError(
            f'RVL image of {width} x {height} pixels; expected 1 to {max_pixels} pixels'
        )
    numbers = _numbers(data[_SIZE_BYTES:])
    is_pixel = np.zeros(count, bool)
    is_delta = np.zeros(len(numbers), bool)
    at = done = 0
    while done < count and at + 1 < len(numbers):
        zeros, nonzeros = int(numbers[at]), int(numbers[at + 1])
        start = done + zeros
        done, at = start + nonzeros, at + 2 + nonzeros
        is_pixel[start:done] = True
        is_delta[at - nonzeros : at] = True
    if done != count or at > len(numbers):
        raise UnreadableImageError(
            f'RVL image of {width} x {height} pixels is corrupt: check the transport between '
            'camera and node'
        )
    deltas = numbers[is_delta]
    pixels = np.zeros(count, np.uint16)
    pixels[is_pixel] = np.cumsum((deltas >> 1) ^ -(deltas & 1))
    return pixels.reshape(height, width)


def _numbers(data: bytes) -> np.ndarray:
    """All numbers (n,) of a stream, possibly with zeros padding the last word."""
    pairs = np.frombuffer(data, '<u4', len(data) // 4).astype('>u4').view(np.uint8)
    nibbles = np.empty(2 * len(pairs), np.uint8)
    nibbles[::2], nibbles[1::2] = pairs >> 4, pairs & 15
    ends = np.flatnonzero(nibbles < 8)
    if not len(ends):
        return ends
    lengths = np.diff(ends, prepend=-1)
    if lengths.max() > _MAX_NIBBLES:
        raise UnreadableImageError('RVL image is corrupt: a number is too large')
    numbers = nibbles[ends].astype(np.int64)
    for i in range(1, int(lengths.max())):  # from the last (highest) nibble of each to the first
        longer = np.flatnonzero(lengths > i)
        numbers[longer] = (numbers[longer] << 3) | (nibbles[ends[longer] - i] & 7)
    return numbers
