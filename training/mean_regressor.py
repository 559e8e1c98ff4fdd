# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The mean of several scikit-learn regressors."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.exceptions import ConvergenceWarning


class MeanRegressor(RegressorMixin, BaseEstimator):
    """Weighted mean of several regressors, for any number of targets.

    scikit-learn's ``VotingRegressor`` supports one target only.

    :param regressors: unfitted regressors; each is fitted to all data.
    :param weights: one per regressor, any sum.
    """

    def __init__(self, regressors: list, weights: list[float]):
        self.regressors = regressors
        self.weights = weights

    def fit(self, X: np.ndarray, y: np.ndarray) -> 'MeanRegressor':
        """Fit all regressors to features (n, length) and targets (n, m)."""
        self.n_features_in_ = X.shape[1]
        with warnings.catch_warnings():
            # Averaged networks do not benefit from more epochs.
            warnings.simplefilter('ignore', ConvergenceWarning)
            self.regressors_ = [clone(regressor).fit(X, y) for regressor in self.regressors]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Targets (n, m) of features (n, length)."""
        predicted = [regressor.predict(X) for regressor in self.regressors_]
        return np.average(predicted, axis=0, weights=self.weights)
