"""One Euro filter on rotations.

Casiez, Roussel, Vogel: "1 EUR Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012. There it filters numbers; here the difference of two rotations is
their rotation vector, so that the filter follows the shortest way and knows no angle wraps.
"""

import math

import numpy as np
from scipy.spatial.transform import Rotation

# Cutoff of the low-pass on the speed, in Hz: the value of the paper.
SPEED_CUTOFF = 1.0


class RotationSmoother:
    """Low-pass that is strict while a head holds still and lets go when it moves.

    :param min_cutoff: cutoff frequency at rest in Hz; lower is calmer.
    :param beta: how much the cutoff rises with the speed, in Hz per rad/s; higher lags less.
    """

    def __init__(self, min_cutoff: float, beta: float):
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._state: Rotation | None = None
        self._raw: Rotation | None = None
        self._velocity = np.zeros(3)

    def update(self, rotation: np.ndarray, seconds: float) -> np.ndarray:
        """Smoothed rotation.

        :param rotation: (3, 3) as measured.
        :param seconds: time since the measurement before, above 0; unused for the first.
        :return: (3, 3).
        """
        measured = Rotation.from_matrix(rotation)
        if self._state is None or self._raw is None:
            self._state = self._raw = measured
            return rotation
        velocity = (self._raw.inv() * measured).as_rotvec() / seconds
        self._velocity += _gain(SPEED_CUTOFF, seconds) * (velocity - self._velocity)
        cutoff = self._min_cutoff + self._beta * float(np.linalg.norm(self._velocity))
        step = (self._state.inv() * measured).as_rotvec() * _gain(cutoff, seconds)
        self._state = self._state * Rotation.from_rotvec(step)
        self._raw = measured
        return self._state.as_matrix()


def _gain(cutoff: float, seconds: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * seconds))
