# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The common notebook method: 2D landmarks and one support vector regressor per angle.

Landmarks are relative to the tip of the nose and divided by the distance from chin to forehead.
Three RBF SVRs learn pitch, yaw and roll from the original images, without augmentation.
"""

import numpy as np
from sklearn.multioutput import MultiOutputRegressor
from sklearn.svm import SVR

from headpose_ros.landmarks import SIX_POINTS
from headpose_ros.regression.features import ALL_POINTS
from training.crossval import Protocol, splits
from training.landmark_file import LandmarkFile
from training.parallel import one_thread, run_parallel
from training.rotation import rotation_from_label

NAMES = {'six': 'SVR recipe, six points', 'all': 'SVR recipe, 468 points'}

_POINTS = {'six': SIX_POINTS, 'all': ALL_POINTS}
_NOSE, _FOREHEAD, _CHIN = 1, 10, 152

# Result of a grid search as in the published notebooks: C of 1, 10 and 100, epsilon of 0 to 0.08
# rad. No scaler: after the division the coordinates have the same scale, and scikit-learn adapts
# the kernel width to their variance. A scaler increases MAE by 0.2 degrees.
_C = 10.0
_EPSILON = 0.02  # radians


def recipe_features(landmarks: np.ndarray, points: str) -> np.ndarray:
    """Features (n, length) of landmarks (n, 468, 3); points is a key of ``NAMES``."""
    flat = np.asarray(landmarks, float)[..., :2]
    size = np.linalg.norm(flat[:, _CHIN] - flat[:, _FOREHEAD], axis=1)
    flat = (flat - flat[:, [_NOSE]]) / size[:, None, None]
    return flat[:, _POINTS[points]].reshape(len(flat), -1)


class SvrRecipe:
    """The fitted method.

    :param points: a key of ``NAMES``.
    :param landmarks: (n, 468, 3) pixels for training.
    :param labels: (n, 3) radians, pitch, yaw, roll.
    """

    def __init__(self, points: str, landmarks: np.ndarray, labels: np.ndarray):
        self._points = points
        self._regressor = MultiOutputRegressor(SVR(C=_C, epsilon=_EPSILON))
        self._regressor.fit(recipe_features(landmarks, points), labels)

    def predict(self, landmarks: np.ndarray) -> np.ndarray:
        """``R_opt`` (n, 3, 3) of landmarks (n, 468, 3)."""
        return rotation_from_label(
            self._regressor.predict(recipe_features(landmarks, self._points))
        )


def fit(points: str, data: LandmarkFile) -> SvrRecipe:
    """Fit to all original images with a face."""
    chosen = data.plain & data.found
    return SvrRecipe(points, data.landmarks[chosen], data.labels[chosen])


def cross_validate(
    points: str, data: LandmarkFile, protocol: Protocol, jobs: int = -1
) -> np.ndarray:
    """Cross-validated predictions, on the folds of ``training.crossval``.

    :return: (repeats, n, 3, 3) ``R_opt`` of the n original images; NaN if no face was found.
    """
    plain = data.select(data.plain)
    folds = [
        (repeat, np.isin(plain.groups, tested) & plain.found)
        for repeat, tested in splits(data, protocol)
    ]
    tasks = [(points, plain, tested) for _, tested in folds]
    outcomes = run_parallel(_predict_fold, tasks, jobs, NAMES[points], 'fold')
    rotations = np.full((protocol.repeats, len(plain.names), 3, 3), np.nan)
    for (repeat, tested), predicted in zip(folds, outcomes, strict=True):
        rotations[repeat, tested] = predicted
    return rotations


def _predict_fold(points: str, plain: LandmarkFile, tested: np.ndarray) -> np.ndarray:
    if not tested.any():
        return np.empty((0, 3, 3))
    with one_thread():
        fitted = fit(points, plain.select(~tested))
        return fitted.predict(plain.landmarks[tested])
