# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Averages the rotations of two models for the same faces."""

import numpy as np

from headpose_ros.rotation import nearest_rotation

# Of the errors of the models of both detectors, in units of their standard deviations:
# cross-validated on AFLW2000-3D, 0.84, 0.85 and 0.80 for roll, pitch and yaw. They share the noise
# of the labels.
CORRELATION = 0.83


def average_rotations(
    rotations: tuple[np.ndarray, np.ndarray], stds: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean rotations weighted by inverse variance, and their standard deviations.

    :param rotations: (n, 3, 3) ``R_opt`` of each model.
    :param stds: (n, 3) radians, of roll, pitch and yaw.
    :return: (n, 3, 3) and (n, 3).
    """
    variances = [std.max(axis=1) ** 2 for std in stds]
    first = variances[1] / (variances[0] + variances[1])
    weights = first, 1.0 - first
    mean = sum(w[:, None, None] * r for w, r in zip(weights, rotations, strict=True))
    a, b = (w[:, None] * std for w, std in zip(weights, stds, strict=True))
    return nearest_rotation(mean), np.sqrt(a * a + b * b + 2.0 * CORRELATION * a * b)
