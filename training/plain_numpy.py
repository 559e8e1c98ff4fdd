# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Converts a fitted scikit-learn pipeline to plain numpy steps for the robot.

Scalings are folded into the following weights, and ensemble members of the same shape are stacked.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from headpose_ros.regression.steps import (
    AddMembers,
    Affine,
    Cos,
    Gaussian,
    Logistic,
    Relu,
    Scale,
    Step,
    Steps,
    Sum,
    Tanh,
    run,
    shape_after,
)
from headpose_ros.regression.uncertainty import FeatureSpace
from training.errors import NoPlainFormError
from training.mean_regressor import MeanRegressor

Fitted = Any  # a fitted scikit-learn estimator; its classes share no useful type

# Synthetic faces for testing single precision, and maximum difference of the entries of a rotation
# matrix: 0.006 degrees.
_TRIES = 50
_SAME = 1e-4


def plain_steps(regressor: Fitted) -> Steps:
    """Convert a fitted regressor, in double precision.

    :param regressor: a pipeline of the classes in ``_CONVERTERS``, or one of them.
    :return: steps from features (n, length) to the output of ``regressor.predict``.
    :raises NoPlainFormError: a step is of another class.
    """
    return in_precision(_merged(_convert(regressor)), np.float64)


def choose_precision(steps: Steps, space: FeatureSpace) -> Steps:
    """Steps in the precision that a model file stores.

    Single takes half the time, most of which is weights on their way from memory. It is chosen
    unless it predicts something else, as where a network sees components that hardly vary, which
    is so with six landmarks.

    :param steps: of ``plain_steps``.
    :param space: where the features of the training faces lie.
    """
    chance = np.random.default_rng(0).normal(size=(_TRIES, len(space.deviations)))
    typical = space.mean + (chance * space.deviations) @ space.components
    single = in_precision(steps, np.float32)
    difference = np.abs(run(single, typical.astype(np.float32)) - run(steps, typical)).max()
    return single if difference <= _SAME else steps


def in_precision(steps: Steps, dtype: type) -> Steps:
    """The same steps with arrays of a precision, in the fastest memory order."""
    return tuple(_with_precision(step, np.dtype(dtype)) for step in steps)


def _with_precision(step: Step, dtype: np.dtype) -> Step:
    if isinstance(step, Sum):
        return Sum(tuple(in_precision(term, dtype.type) for term in step.terms))
    arrays = {field.name: getattr(step, field.name) for field in fields(step)}
    return replace(step, **{name: _ready(array, dtype) for name, array in arrays.items()})


def _ready(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    # Fastest order for multiplying a row by tall weights; kept by the file.
    numbers = np.asarray(numbers, dtype)
    is_tall = numbers.ndim == 2 and len(numbers) > numbers.shape[1]
    return np.asarray(numbers, order='F' if is_tall else 'C')


def _merged(steps: list[Step]) -> Steps:
    """Fold each scaling into the weights after it, or else before it."""
    forwards: list[Step] = []
    for step in steps:
        last = forwards[-1] if forwards else None
        if isinstance(last, Scale) and isinstance(step, Affine):
            weights = last.factor[:, None] * step.weights
            forwards[-1] = Affine(weights, step.offset - last.mean @ weights)
        else:
            forwards.append(step)
    kept: list[Step] = []
    for step in forwards:
        last = kept[-1] if kept else None
        if isinstance(last, Affine) and isinstance(step, Scale):
            offset = (last.offset - step.mean) * step.factor
            kept[-1] = Affine(last.weights * step.factor, offset)
        else:
            kept.append(step)
    return tuple(kept)


def _convert(regressor: Fitted) -> list[Step]:
    kind = type(regressor)
    if kind not in _CONVERTERS:
        known = ', '.join(sorted(each.__name__ for each in _CONVERTERS))
        raise NoPlainFormError(f'{kind.__name__} has no plain numpy form; known: {known}')
    return _CONVERTERS[kind](regressor)


def _pipeline(pipeline: Fitted) -> list[Step]:
    parts = [part for _, part in pipeline.steps if part not in (None, 'passthrough')]
    return [step for part in parts for step in _convert(part)]


def _mean(mean: Fitted) -> list[Step]:
    # Members with steps of the same form can be stacked.
    groups: dict[Any, list[Steps]] = defaultdict(list)
    for regressor, weight in zip(mean.regressors_, mean.weights, strict=True):
        steps = _convert(regressor)
        (outputs,) = shape_after(tuple(steps), (mean.n_features_in_,))
        share = Scale(np.zeros(outputs), np.full(outputs, weight / sum(mean.weights)))
        merged = _merged([*steps, share])
        groups[tuple(map(_form, merged))].append(merged)
    terms = [_side_by_side(group) if len(group) > 1 else group[0] for group in groups.values()]
    return [Sum(tuple(terms))]


def _form(step: Step) -> Any:
    """Key that is equal for two steps that can be stacked."""
    if isinstance(step, Affine):
        return step.weights.shape
    return step if fields(step) else type(step)


def _side_by_side(members: list[Steps]) -> Steps:
    """Sum of members of one form with stacked weights: as many numpy calls as for one."""
    stacked: list[Step] = []
    for first, *others in zip(*members, strict=True):
        if isinstance(first, Affine):
            weights = np.array([step.weights for step in (first, *others)])
            offset = np.array([step.offset for step in (first, *others)])
            first = Affine(weights, offset[:, None])
        stacked.append(first)
    return (*stacked, AddMembers())


def _scaler(scaler: Fitted) -> list[Step]:
    ones = np.ones(scaler.n_features_in_)
    mean = scaler.mean_ if scaler.with_mean else 0.0 * ones
    factor = 1.0 / scaler.scale_ if scaler.with_std else ones
    return [Scale(mean, factor)]


def _pca(pca: Fitted) -> list[Step]:
    weights = pca.components_.T
    if pca.whiten:
        weights = weights / np.sqrt(pca.explained_variance_)
    return [Affine(weights, -pca.mean_ @ weights)]


def _linear(regressor: Fitted) -> list[Step]:
    weights = regressor.coef_.T
    return [Affine(weights, np.broadcast_to(regressor.intercept_, weights.shape[-1:]))]


def _pls(pls: Fitted) -> list[Step]:
    weights = pls.coef_.T
    return [Affine(weights, pls.intercept_ - pls._x_mean @ weights)]


def _fourier(sampler: Fitted) -> list[Step]:
    amplitude = np.asarray(np.sqrt(2.0 / sampler.n_components))
    return [Affine(sampler.random_weights_, sampler.random_offset_), Cos(amplitude)]


def _kernel_ridge(regressor: Fitted) -> list[Step]:
    if regressor.kernel != 'rbf':
        raise NoPlainFormError(
            f'KernelRidge with kernel {regressor.kernel!r} has no plain numpy form; known: "rbf"'
        )
    points, dual = regressor.X_fit_, regressor.dual_coef_
    gamma = np.asarray(regressor.gamma if regressor.gamma is not None else 1 / points.shape[1])
    kernel = Gaussian(2.0 * gamma * points.T, -gamma * np.square(points).sum(axis=1), gamma)
    return [kernel, Affine(dual, np.zeros(dual.shape[1]))]


_ACTIVATIONS: dict[str, list[Step]] = {
    'identity': [],
    'tanh': [Tanh()],
    'relu': [Relu()],
    'logistic': [Logistic()],
}


def _mlp(regressor: Fitted) -> list[Step]:
    activation = _ACTIVATIONS[regressor.activation]
    *hidden, last = map(Affine, regressor.coefs_, regressor.intercepts_)
    return [*(step for layer in hidden for step in (layer, *activation)), last]


_CONVERTERS: dict[type, Callable[[Fitted], list[Step]]] = {
    Pipeline: _pipeline,
    MeanRegressor: _mean,
    StandardScaler: _scaler,
    PCA: _pca,
    **dict.fromkeys((LinearRegression, Ridge, Lasso, ElasticNet), _linear),
    PLSRegression: _pls,
    RBFSampler: _fourier,
    KernelRidge: _kernel_ridge,
    MLPRegressor: _mlp,
}
