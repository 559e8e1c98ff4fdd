# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The regressors to compare, as scikit-learn pipelines.

Each predicts the nine entries of ``R_opt``. Data-dependent preprocessing (scaling, principal
components) is part of the pipeline, so that it is fitted on training faces only.

The most important hyperparameters are also chosen on training faces only, from ``SETTINGS``.
"""

from collections.abc import Callable
from pathlib import Path

import joblib
from sklearn.base import BaseEstimator, clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from headpose_ros.errors import one_line
from headpose_ros.regression.model_file import JOBLIB_SUFFIX
from training.errors import TrainingError
from training.mean_regressor import MeanRegressor

SEED = 0

# Suffix to the name of a regressor trained with augmentation.
WITH_AUGMENTATION = ' + augmentation'

# Principal components kept of long feature vectors; more make no difference.
COMPONENTS = 100

# The squared norm of a feature vector grows with its length, so kernels widen with it.
_GAMMA_TIMES_LENGTH = 0.28
_SVR_GAMMA_TIMES_LENGTH = 1.4


def _linear(length: int) -> Pipeline:
    return make_pipeline(LinearRegression())


def _ridge(length: int) -> Pipeline:
    return make_pipeline(Ridge(alpha=1e-2))


def _lasso(length: int) -> Pipeline:
    return make_pipeline(_components(length), Lasso(alpha=1e-5, max_iter=10000))


def _elastic_net(length: int) -> Pipeline:
    return make_pipeline(_components(length), ElasticNet(alpha=1e-5, max_iter=10000))


def _pls(length: int) -> Pipeline:
    # Centring removes up to three dimensions.
    return make_pipeline(PLSRegression(n_components=min(40, length - 3), scale=False))


def _svr(length: int) -> Pipeline:
    svr = SVR(gamma=_SVR_GAMMA_TIMES_LENGTH / length, C=30.0, epsilon=0.03)
    return make_pipeline(_components(length), MultiOutputRegressor(svr))


def _kernel_ridge(length: int) -> Pipeline:
    ridge = KernelRidge(kernel='rbf', gamma=_GAMMA_TIMES_LENGTH / length, alpha=1e-4)
    return make_pipeline(_components(length), ridge)


def _fourier_ridge(length: int) -> Pipeline:
    """Kernel ridge by random Fourier features (Rahimi and Recht, NIPS 2007).

    As accurate as kernel ridge, and its file contains no training face.
    """
    gamma = _GAMMA_TIMES_LENGTH / length
    sampler = RBFSampler(gamma=gamma, n_components=1000, random_state=SEED)
    return make_pipeline(_components(length), sampler, Ridge(alpha=3e-5, solver='cholesky'))


def _fourier_mlp(length: int) -> Pipeline:
    """Mean of kernel ridge by random Fourier features and three small networks."""
    fourier = make_pipeline(
        RBFSampler(gamma=_GAMMA_TIMES_LENGTH / length, n_components=1500, random_state=SEED),
        Ridge(alpha=1e-4, solver='cholesky'),
    )
    networks = [
        make_pipeline(
            StandardScaler(),
            MLPRegressor(
                hidden_layer_sizes=(96, 96),
                activation='tanh',
                alpha=0.03,
                batch_size=256,
                max_iter=20,
                random_state=SEED + i,
            ),
        )
        for i in range(3)
    ]
    return make_pipeline(
        _components(length), MeanRegressor([fourier, *networks], [0.5, *[0.5 / 3] * 3])
    )


def _extra_trees(length: int) -> Pipeline:
    trees = ExtraTreesRegressor(n_estimators=100, min_samples_leaf=2, random_state=SEED)
    return make_pipeline(_components(length), trees)


def _gradient_boosting(length: int) -> Pipeline:
    boosting = HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=300, max_leaf_nodes=8, random_state=SEED
    )
    return make_pipeline(_components(length), MultiOutputRegressor(boosting))


def _mlp(length: int) -> Pipeline:
    mlp = MLPRegressor(
        hidden_layer_sizes=(128, 128),
        activation='tanh',
        alpha=0.1,
        max_iter=500,
        random_state=SEED,
    )
    return make_pipeline(_components(length), mlp)


def _components(length: int) -> PCA:
    return PCA(min(COMPONENTS, length), svd_solver='covariance_eigh')


# Regressor name to function of the feature length, returning the parameter grid for scikit-learn's
# grid search. The others have nothing to choose.
SETTINGS: dict[str, Callable[[int], dict[str, list]]] = {
    'ridge': lambda length: {'ridge__alpha': [1e-3, 1e-2, 1e-1]},
    'lasso': lambda length: {'lasso__alpha': [1e-5, 1e-4]},
    'elastic_net': lambda length: {'elasticnet__alpha': [1e-5, 1e-4]},
    'pls': lambda length: {
        'plsregression__n_components': sorted({min(n, length - 3) for n in (20, 40)})
    },
    'svr': lambda length: {'multioutputregressor__estimator__C': [10.0, 30.0]},
    'kernel_ridge': lambda length: {
        'kernelridge__gamma': [_GAMMA_TIMES_LENGTH / length, 1.4 / length],
        'kernelridge__alpha': [1e-4, 1e-3],
    },
    'fourier_ridge': lambda length: {
        'rbfsampler__gamma': [_GAMMA_TIMES_LENGTH / length, 1.4 / length],
        'ridge__alpha': [1e-5, 1e-4, 1e-3],
    },
    'extra_trees': lambda length: {'extratreesregressor__min_samples_leaf': [2, 4]},
    'mlp': lambda length: {'mlpregressor__alpha': [1e-2, 1e-1]},
}

# Name to function of the feature length, returning an unfitted pipeline.
REGRESSORS: dict[str, Callable[[int], Pipeline]] = {
    'linear': _linear,
    'ridge': _ridge,
    'lasso': _lasso,
    'elastic_net': _elastic_net,
    'pls': _pls,
    'svr': _svr,
    'kernel_ridge': _kernel_ridge,
    'fourier_ridge': _fourier_ridge,
    'fourier_mlp': _fourier_mlp,
    'extra_trees': _extra_trees,
    'gradient_boosting': _gradient_boosting,
    'mlp': _mlp,
}


def is_file(regressor: str) -> bool:
    """Whether a regressor is given by the path of a file rather than a name."""
    return regressor.endswith(JOBLIB_SUFFIX)


def read_regressor(path: Path) -> BaseEstimator:
    """Unfitted clone of the regressor in a joblib file; executes code.

    :param path: any scikit-learn regressor, fitted or not, or the output of ``fit``.
    :raises TrainingError: it contains neither.
    """
    try:
        content = joblib.load(path)
        regressor = content.get('pipeline') if isinstance(content, dict) else content
        if not hasattr(regressor, 'predict'):
            raise TypeError(f'it contains {type(regressor).__name__!r}')
        return clone(regressor)
    except Exception as error:  # unpickling runs foreign code and may raise anything
        raise TrainingError(
            f'{path}: not a scikit-learn regressor written by joblib.dump ({one_line(error)})'
        ) from error
