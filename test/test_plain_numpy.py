# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Plain numpy steps predict what the scikit-learn pipeline does that they were made of."""

import numpy as np
import pytest
from made_up import FEATURES, fitted, random_faces, write_model
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headpose_ros.regression.features import extract_features
from headpose_ros.regression.model_file import load_model
from headpose_ros.regression.steps import run
from training.errors import NoPlainFormError
from training.mean_regressor import MeanRegressor
from training.plain_numpy import plain_steps


@pytest.mark.parametrize(
    'regressor',
    [
        LinearRegression(), Ridge(), Lasso(0.01), ElasticNet(0.01), PLSRegression(3),
        KernelRidge(kernel='rbf', gamma=0.1), KernelRidge(kernel='rbf'),
        MLPRegressor(hidden_layer_sizes=(8, 7), activation='tanh', max_iter=30),
        MLPRegressor(hidden_layer_sizes=(5,), activation='relu', max_iter=30),
        MeanRegressor(
            [
                make_pipeline(RBFSampler(gamma=0.2, n_components=40, random_state=0), Ridge()),
                make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=4, max_iter=30)),
                KernelRidge(kernel='rbf'),
            ],
            [2.0, 1.0, 0.5],
        ),
    ],
    ids=lambda r: type(r).__name__,
)
@pytest.mark.filterwarnings('ignore::sklearn.exceptions.ConvergenceWarning')
def test_plain_numpy_predicts_what_scikit_learn_predicts(regressor):
    new = extract_features(random_faces(90)[60:], FEATURES)
    for before in ([], [StandardScaler()], [PCA(5)], [StandardScaler(), PCA(5, whiten=True)],
                   [PCA(5), RBFSampler(gamma=0.2, n_components=40, random_state=0)]):
        pipeline = fitted(*before, regressor)
        outputs = run(plain_steps(pipeline), new)
        np.testing.assert_allclose(outputs, pipeline.predict(new), atol=1e-9)


@pytest.mark.parametrize(
    ('regressor', 'told'),
    [
        (ExtraTreesRegressor(3), 'ExtraTreesRegressor has no plain numpy form; known: .*Ridge'),
        (MeanRegressor([Ridge(), ExtraTreesRegressor(3)], [1.0, 1.0]), 'ExtraTreesRegressor'),
        (KernelRidge(kernel='poly'), "kernel 'poly' has no plain numpy form"),
    ],
    ids=['trees', 'mean', 'kernel'],
)
def test_a_regressor_without_a_plain_form_is_named(regressor, told):
    with pytest.raises(NoPlainFormError, match=told):
        plain_steps(fitted(regressor))


def test_steps_that_are_left_out_are_left_out():
    new = extract_features(random_faces(3), FEATURES)
    pipeline = fitted('passthrough', Ridge())
    np.testing.assert_allclose(run(plain_steps(pipeline), new), pipeline.predict(new))


def test_single_precision_only_where_it_predicts_the_same(tmp_path):
    network = MLPRegressor(hidden_layer_sizes=4, max_iter=30, random_state=0)
    # Six landmarks in two dimensions, freed of place and size: three components do not vary.
    shaky = fitted(PCA(), StandardScaler(), network)
    features = extract_features(random_faces(7), FEATURES)
    for pipeline, tolerance in ((shaky, 1e-9), (fitted(Ridge()), 1e-4)):
        path = write_model(tmp_path / 'm.npz', pipeline)
        predict = load_model(path, 'face_mesh').predict_outputs
        seen = features.astype(np.float32) if tolerance > 1e-6 else features
        assert predict(seen).dtype == seen.dtype
        np.testing.assert_allclose(predict(seen), pipeline.predict(features), atol=tolerance)


def test_a_file_keeps_the_order_that_is_fastest(tmp_path):
    path = write_model(tmp_path / 'm.npz', fitted(PCA(10), PLSRegression(2)))
    (steps,) = load_model(path, 'face_mesh').predict_outputs.args
    for step in steps:
        rows, columns = step.weights.shape
        assert rows > columns and step.weights.flags.f_contiguous
    path = write_model(tmp_path / 'm.npz', fitted(RBFSampler(n_components=40), Ridge()))
    wide, _, tall = load_model(path, 'face_mesh').predict_outputs.args[0]
    assert wide.weights.flags.c_contiguous and tall.weights.flags.f_contiguous


def test_the_mean_of_regressors_is_theirs():
    x, new = np.random.default_rng(0).normal(size=(2, 50, 4))
    y = np.random.default_rng(1).normal(size=(50, 9))
    ridge, kernel = Ridge(), KernelRidge(kernel='rbf')
    mean = MeanRegressor([ridge, kernel], [3.0, 1.0]).fit(x, y)
    expected = 0.75 * Ridge().fit(x, y).predict(new)
    expected += 0.25 * KernelRidge(kernel='rbf').fit(x, y).predict(new)
    np.testing.assert_allclose(mean.predict(new), expected)
    assert mean.predict(new).shape == (50, 9)
    assert not hasattr(ridge, 'coef_')  # what was handed in stays as it was
