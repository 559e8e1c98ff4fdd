# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Uncertainty of a prediction: a standard deviation for each angle.

Predictors are the predicted pose, the distance of the regressor's nine outputs from a rotation,
the distance of the landmarks from the training faces, and the face size. The log standard
deviation is a quadratic function of them, fitted to cross-validation errors
(``training.uncertainty``).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np

from headpose_ros.rotation import rpy_from_rotation

POSE_CLUES = 3  # the first predictors are the pose; the others are logarithms

# Radians, limits of the standard deviations.
MIN_STD, MAX_STD = np.radians(0.3), np.pi

# Radians, reported for each angle by a model whose errors are unknown: a guess.
UNKNOWN_STD = np.radians(10.0)

_TINY = 1e-6  # keeps logarithms finite; above rounding errors of zero

# Pixels. Larger faces give no better poses: landmark networks scale them to 192.
_LARGE_FACE = 192.0

_PREDICTORS = 7
FIRST, SECOND = np.triu_indices(_PREDICTORS + 1)  # pairs of a constant and the predictors


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Distribution of the features of the training faces."""

    mean: np.ndarray  # (length,), of the features
    components: np.ndarray  # (k, length), principal components
    deviations: np.ndarray  # (k,), standard deviations along them

    def distances(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances (n,) of features (n, length): residual, and Mahalanobis in the components."""
        centred = features - self.mean
        along = centred @ self.components.T
        aside = np.sqrt(np.maximum(_squares(centred) - _squares(along), 0.0))
        return aside, np.sqrt(_squares(along / self.deviations) / len(self.deviations))


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Maps features and outputs of a regressor to standard deviations.

    :raises ValueError: invalid arrays.
    """

    space: FeatureSpace  # of the features
    lowest: np.ndarray  # (7,), minimum of each predictor in training
    highest: np.ndarray  # (7,), maximum
    # (36, 3), quadratic terms to log standard deviations of roll, pitch and yaw in radians.
    weights: np.ndarray

    def __post_init__(self) -> None:
        space = self.space
        count, length = space.components.shape
        arrays = [space.mean, space.deviations, self.lowest, self.highest, self.weights]
        wanted = [(length,), (count,), (_PREDICTORS,), (_PREDICTORS,), (len(FIRST), 3)]
        if [x.shape for x in arrays] != wanted:
            raise ValueError(f'arrays have shapes {[x.shape for x in arrays]}; expected {wanted}')
        if not all(np.isfinite(x).all() for x in (*arrays, space.components)):
            raise ValueError('arrays contain values that are not finite')
        if (space.deviations <= 0.0).any() or (self.highest <= self.lowest).any():
            raise ValueError('a component or predictor has no variance; remove it')

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> 'Uncertainty':
        """Inverse of ``arrays``, for model files.

        :raises KeyError: an array is missing.
        :raises ValueError: invalid arrays.
        """
        space = FeatureSpace(**{field.name: arrays[field.name] for field in fields(FeatureSpace)})
        return cls(space, arrays['lowest'], arrays['highest'], arrays['weights'])

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by field name."""
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

        Above the training maximum of a logarithmic predictor, the deviation grows in proportion to
        the quantity itself.

        :param features: (n, length), input of the regressor.
        :param outputs: (n, 9), its output.
        :param rotations: (n, 3, 3), rotations nearest to the output.
        :param sizes: (n,) pixels, of ``headpose_ros.landmarks.face_sizes``.
        """
        predictors = find_clues(self.space, features, outputs, rotations, sizes)
        beyond = np.maximum(predictors - self.highest, 0.0)[:, POSE_CLUES:].sum(axis=1)
        logarithms = quadratic_terms(predictors, self.lowest, self.highest) @ self.weights
        deviations = np.exp(logarithms + beyond[:, None])
        return np.minimum(np.maximum(deviations, MIN_STD), MAX_STD)


class UnknownUncertainty:
    """Replaces ``Uncertainty`` for models whose errors are unknown."""

    def standard_deviations(self, features: np.ndarray, *_: np.ndarray) -> np.ndarray:
        """``UNKNOWN_STD`` for all faces: (n, 3) radians."""
        return np.full((len(features), 3), UNKNOWN_STD)


def find_clues(
    space: FeatureSpace,
    features: np.ndarray,
    outputs: np.ndarray,
    rotations: np.ndarray,
    sizes: np.ndarray,
) -> np.ndarray:
    """Predictors (n, 7): pitch, absolute yaw and roll in radians, and four logarithms.

    The parameters are those of ``Uncertainty.standard_deviations``.
    """
    roll, pitch, yaw = rpy_from_rotation(rotations).T
    off = np.sqrt(_squares(outputs - rotations.reshape(-1, 9)))
    aside, out = space.distances(features)
    small = 1.0 / np.minimum(np.maximum(sizes, 1.0), _LARGE_FACE)
    predictors = np.array([pitch, np.abs(yaw), np.abs(roll), off, aside, out, small]).T
    predictors[:, POSE_CLUES:] = np.log(predictors[:, POSE_CLUES:] + _TINY)
    return predictors


def quadratic_terms(
    predictors: np.ndarray, lowest: np.ndarray, highest: np.ndarray
) -> np.ndarray:
    """Constant, linear and quadratic terms (n, 36) of predictors (n, 7), clipped to their range.

    :param lowest: (7,) minima, mapped to -1.
    :param highest: (7,) maxima, mapped to 1.
    """
    within = np.minimum(np.maximum(predictors, lowest), highest)
    with_one = np.ones((len(predictors), 1 + _PREDICTORS))
    with_one[:, 1:] = 2.0 * (within - lowest) / (highest - lowest) - 1.0
    return with_one[:, FIRST] * with_one[:, SECOND]


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.einsum('ij,ij->i', rows, rows)
