# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Samples of more than 8 bits to 8 bits.

Infrared cameras store 10, 12 or 14 bits in the lower bits of 16, and the image does not say how
many: the white level is learned from the samples. It changes in steps of whole sensor bit depths,
so that the brightness stays constant while a lamp passes through the image.
"""

import math

import cv2
import numpy as np

MIN_BITS = 8  # of integers; a black image stays black instead of becoming noise
ROBUST_SHARE = 0.999  # quantile of the samples; above are defects and reflections
LOOKED_AT = 5000  # approximate number of samples used per image
# Consecutive images below half the white level after which it is lowered, so that one corrupt
# image does not darken the rest of the stream. Ten seconds at 30 Hz.
PATIENCE = 300


class GreyRange:
    """White level of the images of one camera.

    :param white: sample mapped to 255; ``None`` or 0 to learn it continuously.

    :ivar white: current value; 0 before the first image.
    """

    def __init__(self, white: float | None = None):
        self.white = white or 0.0
        self._learns = not white
        self._below = 0  # consecutive images
        self._highest_below = 0.0  # highest white level among them

    def to_uint8(self, samples: np.ndarray) -> np.ndarray:
        """Samples as ``uint8`` of the same shape; 8-bit samples are returned unchanged.

        :param samples: integers from 0, or floats with a white level of 1 or another power of 2;
            negative and non-finite samples become 0.
        """
        if samples.dtype == np.uint8:
            return samples
        is_whole = samples.dtype.kind in 'iu'
        if samples.dtype != np.uint16:
            samples = _positive(samples)
        if self._learns:
            self._learn(_white_of(samples, is_whole))
        # cv2 accepts at most 4 dimensions, and returns (H, W, 1) as (H, W).
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
    # An odd step covers all colours of a Bayer pattern.
    step = int(math.sqrt(samples.size / LOOKED_AT)) | 1
    some = samples[::step, ::step].ravel()
    highest = int(ROBUST_SHARE * (some.size - 1))
    robust = float(np.partition(some, highest)[highest])
    if is_whole:
        return 2.0 ** max(MIN_BITS, int(robust).bit_length()) - 1.0
    return 2.0 ** max(0, math.ceil(math.log2(robust))) if robust > 0.0 else 1.0
