# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Detects images that are too dark, too bright or too flat to show a face."""

import numpy as np

# Of 255, between the percentiles below. FaceMesh detects faces down to about 12
# (test_exposure.py).
MIN_CONTRAST = 16
DARK, BRIGHT = 32, 223  # of 255
SHARES = (1, 99)  # percentiles
STEP = 16  # pixels, subsampling


def exposure_problem(bgr: np.ndarray) -> str:
    """Why the exposure of an image rules out a face, and what to do; else empty.

    :param bgr: ``uint8`` (H, W, 3).
    """
    low, high = np.percentile(bgr[::STEP, ::STEP], SHARES)
    if high - low >= MIN_CONTRAST:
        return ''
    span = f'pixel values {low:.0f} to {high:.0f} of 255'
    if high < DARK:
        return f'image too dark to show a face ({span}): add light or increase the exposure'
    if low > BRIGHT:
        return f'image too bright to show a face ({span}): reduce the light or the exposure'
    return f'image contrast too low to show a face ({span}): check lens and exposure'
