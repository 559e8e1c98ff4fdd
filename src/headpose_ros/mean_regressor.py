# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The mean of several scikit-learn regressors."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.exceptions import ConvergenceWarning


class MeanRegressor(RegressorMixin, BaseEstimator):
    """Predicts the weighted mean of what others predict, of any number of targets.

    scikit-learn's own ``VotingRegressor`` takes one target.

    :param regressors: unfitted regressors; each is fitted to all of the data.
    :param weights: one a regressor, of any sum.
    """

    def __init__(self, regressors: list, weights: list[float]):
        self.regressors = regressors
        self.weights = weights

    def fit(self, X: np.ndarray, y: np.ndarray) -> 'MeanRegressor':
        """Fit all regressors to features (n, length) and targets (n, m)."""
        self.n_features_in_ = X.shape[1]
        with warnings.catch_warnings():
            # Networks that are averaged gain nothing from further epochs.
            warnings.simplefilter('ignore', ConvergenceWarning)
            self.regressors_ = [clone(regressor).fit(X, y) for regressor in self.regressors]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Targets (n, m) of features (n, length)."""
        predicted = [regressor.predict(X) for regressor in self.regressors_]
        return np.average(predicted, axis=0, weights=self.weights)
