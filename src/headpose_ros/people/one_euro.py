# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""One Euro filter on rotations.

Casiez, Roussel, Vogel: "1 EUR Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012. Applied to rotation vectors between rotations, so that it takes the
shortest path and is free of angle wraps and quaternion signs.
"""

import math

import numpy as np

from headpose_ros.rotation import rotation_from_vector, vector_from_rotation

# Defaults. On the rendered head at 30 Hz (test/test_one_euro.py) they remove at least two thirds
# of the jitter of a still head and add 20 to 30 ms of lag at 60 degrees/s.
MIN_CUTOFF = 0.5  # Hz
BETA = 8.0  # Hz per rad/s

# Hz, cutoff of the low-pass on the speed, as in the paper.
SPEED_CUTOFF = 1.0


class RotationSmoother:
    """Low-pass filter whose cutoff frequency rises with the speed of the head.

    Both settings may be changed between updates; the state is kept.

    :ivar min_cutoff: cutoff frequency at rest, Hz; lower is smoother, 0 disables smoothing.
    :ivar beta: increase of the cutoff with speed, Hz per rad/s; higher means less lag.
    """

    def __init__(self, min_cutoff: float = MIN_CUTOFF, beta: float = BETA):
        self.min_cutoff = min_cutoff
        self.beta = beta
        self._state: np.ndarray | None = None
        self._raw: np.ndarray | None = None
        self._velocity = np.zeros(3)

    def update(self, rotation: np.ndarray, seconds: float) -> np.ndarray:
        """Smoothed rotation.

        :param rotation: (3, 3) as measured.
        :param seconds: time since the previous measurement. If not positive, the filter restarts
            and the rotation is returned as measured.
        :return: (3, 3).
        """
        if self._state is None or self._raw is None or seconds <= 0.0 or self.min_cutoff <= 0.0:
            self._state = self._raw = rotation
            self._velocity = np.zeros(3)
            return rotation
        velocity = vector_from_rotation(self._raw.T @ rotation) / seconds
        self._velocity += _gain(SPEED_CUTOFF, seconds) * (velocity - self._velocity)
        cutoff = self.min_cutoff + self.beta * math.hypot(*self._velocity)
        step = vector_from_rotation(self._state.T @ rotation) * _gain(cutoff, seconds)
        self._state = self._state @ rotation_from_vector(step)
        self._raw = rotation
        return self._state


def _gain(cutoff: float, seconds: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * seconds))
