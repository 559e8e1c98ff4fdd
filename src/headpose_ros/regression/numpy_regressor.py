# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A fitted scikit-learn pipeline as plain numpy, so that a prediction costs microseconds.

scikit-learn checks and copies its input in every step of every ``predict``, which is fine for a
thousand faces and slow for one. The steps themselves are a few lines of numpy each.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from headpose_ros.errors import UnsupportedRegressorError

# A fitted estimator of scikit-learn, or what ``model_file`` reads of one.
# Its classes share no type, and the robot has none of them.
Fitted = Any

Step = Callable[[np.ndarray], np.ndarray]
_Converter = Callable[[Fitted, np.dtype], list[Step]]


def as_numpy(regressor: Fitted, dtype: type = np.float64) -> Step:
    """Prediction of a fitted regressor without scikit-learn.

    :param regressor: a ``sklearn.pipeline.Pipeline`` of the classes in ``_CONVERTERS``, or one of
        them alone.
    :param dtype: precision; ``np.float32`` takes half the time, most of which is weights on their
        way from memory.
    :return: a function of features (n, length) that gives what ``regressor.predict`` gives.
    :raises UnsupportedRegressorError: a step is of another class.
    """
    precision: np.dtype = np.dtype(dtype)
    steps = _convert(regressor, precision)
    return lambda features: _run(steps, np.asarray(features, precision))


def feature_count(regressor: Fitted) -> int:
    """Length of the feature vectors that a fitted regressor takes."""
    while hasattr(regressor, 'steps'):
        _, regressor = regressor.steps[0]
    return regressor.n_features_in_


def converter_of(regressor: Any) -> _Converter:
    """What turns a regressor, fitted or not, into plain numpy.

    :raises UnsupportedRegressorError: there is nothing for its class.
    """
    kind = type(regressor).__name__
    if kind not in _CONVERTERS:
        raise UnsupportedRegressorError(
            f'{kind} has no plain numpy form; known: {", ".join(sorted(_CONVERTERS))}'
        )
    return _CONVERTERS[kind]


def _convert(regressor: Fitted, dtype: np.dtype) -> list[Step]:
    return converter_of(regressor)(regressor, dtype)


def _run(steps: list[Step], x: np.ndarray) -> np.ndarray:
    for step in steps:
        x = step(x)
    return x


class _Affine:
    def __init__(self, weights: np.ndarray, offset: np.ndarray, dtype: np.dtype):
        self.weights, self.offset = _ready(weights, dtype), _ready(offset, dtype)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x @ self.weights + self.offset


class _Scaling:
    def __init__(self, mean: np.ndarray, factor: np.ndarray, dtype: np.dtype):
        self.mean, self.factor = _ready(mean, dtype), _ready(factor, dtype)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) * self.factor

    def before(self, affine: _Affine) -> _Affine:
        """The two in one."""
        weights = self.factor[:, None] * affine.weights
        return _Affine(weights, affine.offset - self.mean @ weights, weights.dtype)


def _pipeline(pipeline: Fitted, dtype: np.dtype) -> list[Step]:
    """Steps one after the other; a scaling becomes part of the weights after it."""
    kept: list[Step] = []
    for _, part in pipeline.steps:
        for step in _convert(part, dtype):
            last = kept[-1] if kept else None
            if isinstance(last, _Scaling) and isinstance(step, _Affine):
                kept[-1] = last.before(step)
            else:
                kept.append(step)
    return kept


def _mean(mean: Fitted, dtype: np.dtype) -> list[Step]:
    # Members whose steps are alike, which can run side by side.
    groups: dict[Any, list[list[Step]]] = defaultdict(list)
    for regressor, weight in zip(mean.regressors_, mean.weights, strict=True):
        *steps, last = _convert(regressor, dtype)
        steps += _shared(last, weight / sum(mean.weights))
        form = tuple(s.weights.shape if isinstance(s, _Affine) else s for s in steps)
        groups[form].append(steps)
    terms = [_side_by_side(group) if len(group) > 1 else group[0] for group in groups.values()]
    return [lambda features: reduce(add, (_run(term, features) for term in terms))]


def _shared(step: Step, share: float) -> list[Step]:
    """A step whose result is multiplied by a share, which becomes part of its weights."""
    if isinstance(step, _Affine):
        return [_Affine(share * step.weights, share * step.offset, step.weights.dtype)]
    return [step, lambda x: share * x]


def _side_by_side(members: list[list[Step]]) -> list[Step]:
    """The sum of members of one form, their weights stacked: as few calls of numpy as for one."""
    stacked = []
    for first, *others in zip(*members, strict=True):
        if isinstance(first, _Affine):
            weights = np.array([step.weights for step in (first, *others)])
            offset = np.array([step.offset for step in (first, *others)])
            first = _Affine(weights, offset[:, None], weights.dtype)
        stacked.append(first)
    return [*stacked, lambda x: np.add.reduce(x, axis=0)]


def _ready(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Numbers in a precision, and in the order in which a row is multiplied by them fastest."""
    numbers = np.asarray(numbers, dtype)
    is_tall = numbers.ndim == 2 and len(numbers) > numbers.shape[1]
    return np.asarray(numbers, order='F' if is_tall else 'C')


def _scaler(scaler: Fitted, dtype: np.dtype) -> list[Step]:
    ones = np.ones(scaler.n_features_in_)
    mean = scaler.mean_ if scaler.with_mean else 0.0 * ones
    factor = 1.0 / scaler.scale_ if scaler.with_std else ones
    return [_Scaling(mean, factor, dtype)]


def _pca(pca: Fitted, dtype: np.dtype) -> list[Step]:
    weights = pca.components_.T
    if pca.whiten:
        weights = weights / np.sqrt(pca.explained_variance_)
    return [_Affine(weights, -pca.mean_ @ weights, dtype)]


def _linear(regressor: Fitted, dtype: np.dtype) -> list[Step]:
    return [_Affine(regressor.coef_.T, regressor.intercept_, dtype)]


def _pls(pls: Fitted, dtype: np.dtype) -> list[Step]:
    weights = pls.coef_.T
    return [_Affine(weights, pls.intercept_ - pls._x_mean @ weights, dtype)]


def _fourier(sampler: Fitted, dtype: np.dtype) -> list[Step]:
    project = _Affine(sampler.random_weights_, sampler.random_offset_, dtype)
    amplitude = float(np.sqrt(2.0 / sampler.n_components))
    return [lambda x: amplitude * np.cos(project(x))]


def _kernel_ridge(regressor: Fitted, dtype: np.dtype) -> list[Step]:
    if regressor.kernel != 'rbf':
        raise UnsupportedRegressorError(f'KernelRidge has kernel {regressor.kernel!r}; want "rbf"')
    support = _ready(regressor.X_fit_.T, dtype)
    support_norm = np.square(support).sum(axis=0)
    gamma = float(regressor.gamma if regressor.gamma is not None else 1.0 / len(support))
    dual = _ready(regressor.dual_coef_, dtype)

    def predict(x: np.ndarray) -> np.ndarray:
        distance = np.square(x).sum(axis=1)[:, None] - 2.0 * (x @ support) + support_norm
        return np.exp(-gamma * distance) @ dual

    return [predict]


# The same objects for every network, by which those are known that can run side by side.
_ACTIVATIONS: dict[str, Step] = {
    'identity': lambda x: x,
    'tanh': np.tanh,
    'relu': lambda x: np.maximum(x, 0.0),
    'logistic': lambda x: 1.0 / (1.0 + np.exp(-x)),
}


def _mlp(regressor: Fitted, dtype: np.dtype) -> list[Step]:
    activation = _ACTIVATIONS[regressor.activation]
    *hidden, last = [
        _Affine(weights, offset, dtype)
        for weights, offset in zip(regressor.coefs_, regressor.intercepts_, strict=True)
    ]
    return [*(step for layer in hidden for step in (layer, activation)), last]


_CONVERTERS: dict[str, _Converter] = {
    'Pipeline': _pipeline,
    'MeanRegressor': _mean,
    'StandardScaler': _scaler,
    'PCA': _pca,
    **dict.fromkeys(('LinearRegression', 'Ridge', 'Lasso', 'ElasticNet'), _linear),
    'PLSRegression': _pls,
    'RBFSampler': _fourier,
    'KernelRidge': _kernel_ridge,
    'MLPRegressor': _mlp,
}
