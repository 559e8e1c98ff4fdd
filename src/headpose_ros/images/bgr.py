# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images of this package: ``uint8`` (H, W, 3) BGR arrays."""

import numpy as np


def check_bgr(image: np.ndarray) -> None:
    """Raise ``ValueError`` unless it is a non-empty ``uint8`` (H, W, 3) array."""
    wanted = 'expected a uint8 BGR image of shape (height, width, 3)'
    if not isinstance(image, np.ndarray):
        raise ValueError(f'got {type(image).__name__}; {wanted}')
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f'got {image.dtype} {image.shape}; {wanted}')
