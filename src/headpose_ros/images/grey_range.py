# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Samples of more than 8 bits to 8 bits.

Infrared cameras put 10, 12 or 14 bits into the lower end of 16, and nothing in the image says how
many: what is white is learned from the samples. It moves in steps, the depths that sensors have,
so that a picture keeps its brightness while a lamp passes through it.
"""

import math

import cv2
import numpy as np

MIN_BITS = 8  # of integers; a black picture stays black instead of becoming noise
ROBUST_SHARE = 0.999  # of the samples; what is above are defects and reflections
LOOKED_AT = 5000  # samples of an image, about
# Of images in a row that stay below half of white, after which white comes down: one that was
# damaged does not darken the rest of the stream. Ten seconds at 30 Hz.
PATIENCE = 300


class GreyRange:
    """What is white in the images of one camera.

    :param white: sample that becomes 255; ``None`` or 0 to learn it, and go on
        learning.

    :ivar white: the same, as it is now; 0 before the first image.
    """

    def __init__(self, white: float | None = None):
        self.white = white or 0.0
        self._learns = not white
        self._below = 0  # images in a row
        self._highest_below = 0.0  # white that they would have had

    def to_uint8(self, samples: np.ndarray) -> np.ndarray:
        """Samples as ``uint8`` of the same shape; those that have 8 bits are given back.

        :param samples: integers from 0, or floats, whose white is 1 or else a power of 2; what is
            not finite or is negative becomes 0.
        """
        if samples.dtype == np.uint8:
            return samples
        is_whole = samples.dtype.kind in 'iu'
        if samples.dtype != np.uint16:
            samples = _positive(samples)
        if self._learns:
            self._learn(_white_of(samples, is_whole))
        # cv2 takes no more than 4 dimensions, and returns (H, W, 1) as (H, W).
        return cv2.convertScaleAbs(samples, alpha=255.0 / self.white).reshape(samples.shape)

    def _learn(self, white: float) -> None:
        if white >= self.white:
            self.white, self._below, self._highest_below = white, 0, 0.0
            return
        self._below += 1
        self._highest_below = max(self._highest_below, white)
        if self._below == PATIENCE:
            self.white, self._below, self._highest_below = self._highest_below, 0, 0.0


def _positive(samples: np.ndarray) -> np.ndarray:
    floats = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0)
    return np.maximum(floats, 0.0)


def _white_of(samples: np.ndarray, is_whole: bool) -> float:
    # An odd step, so that all colours of a Bayer pattern are among them.
    step = int(math.sqrt(samples.size / LOOKED_AT)) | 1
    some = samples[::step, ::step].ravel()
    highest = int(ROBUST_SHARE * (some.size - 1))
    robust = float(np.partition(some, highest)[highest])
    if is_whole:
        return 2.0 ** max(MIN_BITS, int(robust).bit_length()) - 1.0
    return 2.0 ** max(0, math.ceil(math.log2(robust))) if robust > 0.0 else 1.0
