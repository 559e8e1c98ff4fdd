# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How sure a prediction is: a standard deviation for each angle, from what gives errors away.

The clues are the predicted pose itself, how far the regressor's nine numbers are from a rotation,
how unlike the faces of the training the landmarks are, and how small the face is. The logarithm
of the standard deviation is a quadratic function of them, fitted to errors of cross-validation
(``training.uncertainty``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np

from headpose_ros.rotation import rpy_from_rotation

POSE_CLUES = 3  # the first clues; the others are logarithms of what should be small

# Radians. No angle is surer than this, or less sure than not known at all.
MIN_STD, MAX_STD = np.radians(0.3), np.pi

# Radians, given for each angle by a model of which no error was measured: a guess.
UNKNOWN_STD = np.radians(10.0)

_TINY = 1e-6  # keeps logarithms finite, and is above what rounding leaves of nothing

# Pixels. Larger faces are read no better: a landmark network sees 192 of them.
_LARGE_FACE = 192.0

_CLUES = 7
FIRST, SECOND = np.triu_indices(_CLUES + 1)  # pairs of a constant and the clues


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Where the features of the training faces lie."""

    mean: np.ndarray  # (length,), of the features
    components: np.ndarray  # (k, length), their principal components
    deviations: np.ndarray  # (k,), the standard deviations along these

    def distances(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far features (n, length) lie aside of the components and out along them, (n,)."""
        centred = features - self.mean
        along = centred @ self.components.T
        aside = np.sqrt(np.maximum(_squares(centred) - _squares(along), 0.0))
        return aside, np.sqrt(_squares(along / self.deviations) / len(self.deviations))


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What turns features and outputs of a regressor into standard deviations.

    :raises ValueError: numbers that cannot be used.
    """

    space: FeatureSpace  # of the features
    lowest: np.ndarray  # (7,), the lower end of each clue in the training
    highest: np.ndarray  # (7,), the upper end
    # (36, 3), from quadratic terms to log standard deviations of roll, pitch and yaw in radians.
    weights: np.ndarray

    def __post_init__(self) -> None:
        space = self.space
        count, length = space.components.shape
        arrays = [space.mean, space.deviations, self.lowest, self.highest, self.weights]
        wanted = [(length,), (count,), (_CLUES,), (_CLUES,), (len(FIRST), 3)]
        if [x.shape for x in arrays] != wanted:
            raise ValueError(f'arrays of shapes {[x.shape for x in arrays]}; want {wanted}')
        if not all(np.isfinite(x).all() for x in (*arrays, space.components)):
            raise ValueError('numbers that are not finite; want finite ones')
        if (space.deviations <= 0.0).any() or (self.highest <= self.lowest).any():
            raise ValueError('a direction or a clue without any extent; leave it out')

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> 'Uncertainty':
        """What ``arrays`` gave of another, as of a model file.

        :raises KeyError: an array is missing.
        :raises ValueError: arrays that cannot be used.
        """
        space = FeatureSpace(**{field.name: arrays[field.name] for field in fields(FeatureSpace)})
        return cls(space, arrays['lowest'], arrays['highest'], arrays['weights'])

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by the names of their fields."""
        named = asdict(self)
        return named.pop('space') | named

    def standard_deviations(
        self,
        features: np.ndarray,
        outputs: np.ndarray,
        rotations: np.ndarray,
        sizes: np.ndarray,
    ) -> np.ndarray:
        """Standard deviations of roll, pitch and yaw, (n, 3) radians.

        Beyond the ends of a clue in the training the deviation grows in proportion to what the
        clue is the logarithm of.

        :param features: (n, length), what the regressor saw.
        :param outputs: (n, 9), what it gave.
        :param rotations: (n, 3, 3), the nearest rotations of that.
        :param sizes: (n,) pixels, of ``headpose_ros.landmarks.face_sizes``.
        """
        clues = find_clues(self.space, features, outputs, rotations, sizes)
        beyond = np.maximum(clues - self.highest, 0.0)[:, POSE_CLUES:].sum(axis=1)
        logarithms = quadratic_terms(clues, self.lowest, self.highest) @ self.weights
        deviations = np.exp(logarithms + beyond[:, None])
        return np.minimum(np.maximum(deviations, MIN_STD), MAX_STD)


class UnknownUncertainty:
    """Stands for an ``Uncertainty`` where no error was measured."""

    def standard_deviations(self, features: np.ndarray, *_: np.ndarray) -> np.ndarray:
        """The same for all: (n, 3) radians of ``UNKNOWN_STD``."""
        return np.full((len(features), 3), UNKNOWN_STD)


def find_clues(
    space: FeatureSpace,
    features: np.ndarray,
    outputs: np.ndarray,
    rotations: np.ndarray,
    sizes: np.ndarray,
) -> np.ndarray:
    """Clues (n, 7): pitch, amounts of yaw and roll in radians, and four logarithms.

    The parameters are those of ``Uncertainty.standard_deviations``.
    """
    roll, pitch, yaw = rpy_from_rotation(rotations).T
    off = np.sqrt(_squares(outputs - rotations.reshape(-1, 9)))
    aside, out = space.distances(features)
    small = 1.0 / np.minimum(np.maximum(sizes, 1.0), _LARGE_FACE)
    clues = np.array([pitch, np.abs(yaw), np.abs(roll), off, aside, out, small]).T
    clues[:, POSE_CLUES:] = np.log(clues[:, POSE_CLUES:] + _TINY)
    return clues


def quadratic_terms(clues: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Constant, linear and quadratic terms (n, 36) of clues (n, 7), within their ends.

    :param lowest: (7,) lower ends, which become -1.
    :param highest: (7,) upper ends, which become 1.
    """
    within = np.minimum(np.maximum(clues, lowest), highest)
    with_one = np.ones((len(clues), 1 + _CLUES))
    with_one[:, 1:] = 2.0 * (within - lowest) / (highest - lowest) - 1.0
    return with_one[:, FIRST] * with_one[:, SECOND]


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.einsum('ij,ij->i', rows, rows)
