"""A fitted scikit-learn pipeline as plain numpy, so that a prediction costs microseconds.

scikit-learn checks and copies its input in every step of every ``predict``, which is fine for a
thousand faces and slow for one. The steps themselves are a few lines of numpy each, in single
precision, which takes half the time: most of it is weights on their way from memory.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[np.ndarray], np.ndarray]


class UnsupportedRegressor(ValueError):
    """The pipeline holds a step that has no plain numpy form here."""


def as_numpy(regressor) -> Step:
    """Prediction of a fitted regressor without scikit-learn.

    :param regressor: a fitted ``sklearn.pipeline.Pipeline`` of the classes in ``_CONVERTERS``, or
        one of them alone.
    :return: a function of features (n, length) that gives what ``regressor.predict`` gives, in
        single precision.
    :raises UnsupportedRegressor: a step is of another class.
    """
    predict = _converter(regressor)(regressor)
    return lambda features: predict(np.asarray(features, np.float32))


def check_convertible(pipeline) -> None:
    """Raise ``UnsupportedRegressor`` when a pipeline, fitted or not, has no plain numpy form."""
    for _, step in pipeline.steps:
        _converter(step)


def _converter(regressor) -> Callable[[Any], Step]:
    kind = type(regressor).__name__
    if kind not in _CONVERTERS:
        raise UnsupportedRegressor(
            f'{kind} has no plain numpy form; known: {", ".join(sorted(_CONVERTERS))}'
        )
    return _CONVERTERS[kind]


def _pipeline(pipeline) -> Step:
    steps = [_converter(step)(step) for _, step in pipeline.steps]

    def predict(features: np.ndarray) -> np.ndarray:
        for step in steps:
            features = step(features)
        return features

    return predict


def _mean(mean) -> Step:
    members = [_converter(regressor)(regressor) for regressor in mean.regressors_]
    shares = [float(weight / sum(mean.weights)) for weight in mean.weights]

    def predict(features: np.ndarray) -> np.ndarray:
        return sum(
            share * member(features) for share, member in zip(shares, members, strict=True)
        )

    return predict


def _single(numbers) -> np.ndarray:
    """Numbers in the precision and order in which a row is multiplied by them fastest."""
    numbers = np.asarray(numbers, np.float32)
    is_tall = numbers.ndim == 2 and len(numbers) > numbers.shape[1]
    return np.asarray(numbers, order='F' if is_tall else 'C')


def _affine(weights: np.ndarray, offset: np.ndarray) -> Step:
    weights, offset = _single(weights), _single(offset)
    return lambda x: x @ weights + offset


def _scaler(scaler) -> Step:
    mean = _single(scaler.mean_ if scaler.with_mean else 0.0)
    factor = _single(1.0 / scaler.scale_ if scaler.with_std else 1.0)
    return lambda x: (x - mean) * factor


def _pca(pca) -> Step:
    weights = pca.components_.T
    if pca.whiten:
        weights = weights / np.sqrt(pca.explained_variance_)
    return _affine(weights, -pca.mean_ @ weights)


def _linear(regressor) -> Step:
    return _affine(regressor.coef_.T, regressor.intercept_)


def _pls(pls) -> Step:
    weights = pls.coef_.T
    return _affine(weights, pls.intercept_ - pls._x_mean @ weights)


def _fourier(sampler) -> Step:
    project = _affine(sampler.random_weights_, sampler.random_offset_)
    amplitude = float(np.sqrt(2.0 / sampler.n_components))
    return lambda x: amplitude * np.cos(project(x))


def _kernel_ridge(regressor) -> Step:
    if regressor.kernel != 'rbf':
        raise UnsupportedRegressor(f'KernelRidge has kernel {regressor.kernel!r}; want "rbf"')
    support = _single(regressor.X_fit_.T)
    support_norm = np.square(support).sum(axis=0)
    gamma = float(regressor.gamma if regressor.gamma is not None else 1.0 / len(support))
    dual = _single(regressor.dual_coef_)

    def predict(x: np.ndarray) -> np.ndarray:
        distance = np.square(x).sum(axis=1)[:, None] - 2.0 * (x @ support) + support_norm
        return np.exp(-gamma * distance) @ dual

    return predict


def _mlp(regressor) -> Step:
    activation = {
        'identity': lambda x: x,
        'tanh': np.tanh,
        'relu': lambda x: np.maximum(x, 0.0),
        'logistic': lambda x: 1.0 / (1.0 + np.exp(-x)),
    }[regressor.activation]
    *hidden, last = map(_affine, regressor.coefs_, regressor.intercepts_)

    def predict(x: np.ndarray) -> np.ndarray:
        for layer in hidden:
            x = activation(layer(x))
        return last(x)

    return predict


_CONVERTERS: dict[str, Callable[[Any], Step]] = {
    'Pipeline': _pipeline,
    'MeanRegressor': _mean,
    'StandardScaler': _scaler,
    'PCA': _pca,
    'LinearRegression': _linear,
    'Ridge': _linear,
    'Lasso': _linear,
    'ElasticNet': _linear,
    'PLSRegression': _pls,
    'RBFSampler': _fourier,
    'KernelRidge': _kernel_ridge,
    'MLPRegressor': _mlp,
}
