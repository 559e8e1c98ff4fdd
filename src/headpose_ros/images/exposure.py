# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether there can be anything to see in an image."""

import numpy as np

# Of 255, between nearly the darkest and nearly the brightest pixels. FaceMesh finds a face down to
# about 12 (test_exposure.py).
MIN_CONTRAST = 16
DARK, BRIGHT = 32, 223  # of 255: where they all are below, or above
SHARES = (1, 99)  # percent of the pixels that are darker
STEP = 16  # every so many pixels are looked at


def exposure_problem(bgr: np.ndarray) -> str:
    """Why an image shows no face, whatever is before the camera, and what to do; else empty.

    :param bgr: ``uint8`` (H, W, 3).
    """
    low, high = np.percentile(bgr[::STEP, ::STEP], SHARES)
    if high - low >= MIN_CONTRAST:
        return ''
    span = f'nearly all pixels are from {low:.0f} to {high:.0f} of 255'
    if high < DARK:
        return (
            f'the image is too dark to show a face, {span}: give more light or a longer exposure'
        )
    if low > BRIGHT:
        return (
            f'the image is too bright to show a face, {span}: give less light or a shorter '
            'exposure'
        )
    return f'the image is too flat to show a face, {span}: look at the lens and the exposure'
