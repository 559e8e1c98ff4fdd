# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The model file: what runs is what was trained, and anything else is refused."""

import shutil

import joblib
import numpy as np
import pytest
from made_up import FEATURES, LENGTH, describe, fitted, make_uncertainty, random_faces
from scipy.spatial.transform import Rotation
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headpose_ros.errors import ModelError, UnsupportedRegressorError
from headpose_ros.landmarks import face_sizes
from headpose_ros.regression.features import extract_features
from headpose_ros.regression.model_file import find_model, load_model
from headpose_ros.regression.numpy_regressor import as_numpy
from training.mean_regressor import MeanRegressor
from training.model_writer import save_model

# Of the files here, all made by these tests.
pytestmark = pytest.mark.filterwarnings('ignore:.*a joblib file can run any code')


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'model.joblib'
    save_model(path, fitted(Ridge()), make_uncertainty(), describe())
    return path


def change(path, part, **changes):
    """Change the description or the uncertainty in a model file."""
    content = joblib.load(path)
    content[part].update(changes)
    joblib.dump(content, path)


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
        np.testing.assert_allclose(as_numpy(pipeline)(new), pipeline.predict(new), atol=1e-9)


def test_a_regressor_without_a_plain_form_is_refused(tmp_path):
    wanted = 'ExtraTreesRegressor has no plain numpy form'
    with pytest.raises(UnsupportedRegressorError, match=wanted):
        save_model(
            tmp_path / 'm.joblib', fitted(ExtraTreesRegressor(3)), make_uncertainty(), describe()
        )
    with pytest.raises(UnsupportedRegressorError, match='ExtraTreesRegressor'):
        as_numpy(fitted(MeanRegressor([Ridge(), ExtraTreesRegressor(3)], [1.0, 1.0])))
    with pytest.raises(UnsupportedRegressorError, match='poly'):
        as_numpy(fitted(KernelRidge(kernel='poly')))


def test_a_file_gives_back_description_and_rotations(path):
    model = load_model(path, 'face_mesh')
    assert model.description == describe()
    rotations = model.predict(random_faces(7))
    assert rotations.shape == (7, 3, 3)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0)
    np.testing.assert_allclose(rotations @ rotations.swapaxes(1, 2), [np.eye(3)] * 7, atol=1e-9)


def test_a_file_gives_back_standard_deviations(path):
    model, faces = load_model(path, 'face_mesh'), random_faces(7)
    rotations, std = model.predict_with_std(faces)
    np.testing.assert_array_equal(rotations, model.predict(faces))
    features = extract_features(faces, FEATURES)
    outputs = fitted(Ridge()).predict(features)
    sizes = face_sizes(faces)
    expected = make_uncertainty().standard_deviations(features, outputs, rotations, sizes)
    assert std.shape == (7, 3)
    np.testing.assert_allclose(std, expected)
    # Of normalised landmarks the sizes are told.
    others = np.geomspace(4.0, 18.0, 7)
    expected = make_uncertainty().standard_deviations(features, outputs, rotations, others)
    same, std_of_others = model.predict_with_std(faces, others)
    np.testing.assert_array_equal(same, rotations)
    np.testing.assert_allclose(std_of_others, expected)
    assert (std != std_of_others).all()
    assert len(np.unique(std)) == std.size
    np.testing.assert_allclose(model.predict_with_std(faces[3:4])[1], std[3:4])


@pytest.mark.parametrize('quarters', [1, 2, 3])
def test_a_turned_face_is_read_as_the_upright_one_and_turned_back(path, quarters):
    model, faces = load_model(path, 'face_mesh'), random_faces(5)
    upright, upright_std = model.predict_with_std(faces)
    turn = Rotation.from_euler('z', 90 * quarters, degrees=True).as_matrix()
    turned = faces @ turn.T
    rotations, std = model.predict_with_std(turned)
    np.testing.assert_allclose(rotations, turn @ upright, atol=1e-4)
    np.testing.assert_array_equal(model.predict(turned), rotations)
    # On its side pitch and yaw change places: roll, yaw, pitch.
    order = [0, 1, 2] if quarters == 2 else [0, 2, 1]
    np.testing.assert_allclose(std, upright_std[:, order], rtol=1e-3)
    # Each face of several is turned on its own.
    both, std_of_both = model.predict_with_std(np.concatenate([faces, turned]))
    np.testing.assert_allclose(both, np.concatenate([upright, rotations]), atol=1e-5)
    np.testing.assert_allclose(std_of_both, np.concatenate([upright_std, std]), rtol=1e-3)


def test_single_precision_only_where_it_predicts_the_same(tmp_path):
    network = MLPRegressor(hidden_layer_sizes=4, max_iter=30, random_state=0)
    # Six landmarks in two dimensions, freed of place and size: three components do not vary.
    shaky = fitted(PCA(), StandardScaler(), network)
    features = extract_features(random_faces(7), FEATURES)
    for pipeline, tolerance in ((shaky, 1e-9), (fitted(Ridge()), 1e-4)):
        save_model(tmp_path / 'm.joblib', pipeline, make_uncertainty(), describe())
        predict = load_model(tmp_path / 'm.joblib', 'face_mesh').predict_outputs
        assert predict(features).dtype == (np.float32 if tolerance > 1e-6 else np.float64)
        np.testing.assert_allclose(predict(features), pipeline.predict(features), atol=tolerance)


@pytest.mark.parametrize('detector', ['face_mesh', 'face_landmarker'])
def test_the_model_of_the_package_describes_itself(detector):
    model = load_model(None, detector)
    description = model.description
    assert description.detector == detector
    assert 'AFLW2000' in description.training_data
    assert 'python -m training fit' in description.command
    assert {'python', 'scikit-learn', 'numpy', 'mediapipe'} <= set(description.versions)
    assert description.figures
    # Too small for the landmarks of all faces that it was trained on, which take 100 MB.
    assert find_model(detector).stat().st_size < 3e6
    card = find_model(detector).with_suffix('.md').read_text()
    assert description.protocol in card and description.command.split(' && ')[1] in card


@pytest.mark.parametrize(
    ('changes', 'told'),
    [
        ({'detector': 'face_landmarker'}, "'face_landmarker', but 'face_mesh' is running"),
        ({'landmark_count': 478}, 'landmark count is 478'),
        ({'features': 'seven'}, "feature set is 'seven'"),
        ({'feature_count': 11}, 'feature length is 11, but 12'),
        ({'features': 'all', 'feature_count': 936}, 'takes 12 features'),
        ({'angle_convention': 'get_R'}, "angle convention is 'get_R'"),
    ],
    ids=str,
)
def test_what_does_not_match_is_refused_in_one_sentence(path, changes, told):
    change(path, 'description', **changes)
    with pytest.raises(ModelError) as caught:
        load_model(path, 'face_mesh')
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_the_scikit_learn_that_trained_it_does_not_matter(path):
    change(path, 'description', versions={'scikit-learn': '0.22.1'})
    load_model(path, 'face_mesh')


def test_a_regressor_of_another_shape_is_refused(tmp_path):
    path = tmp_path / 'model.joblib'
    x, y = np.ones((10, 12)), np.ones((10, 3))
    save_model(path, make_pipeline(Ridge()).fit(x, y), make_uncertainty(), describe())
    with pytest.raises(ModelError, match='gives 3 numbers; want 12 and 9'):
        load_model(path, 'face_mesh')


def write_truncated(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def write_incomplete(path):
    joblib.dump({'format': joblib.load(path)['format'], 'description': {}}, path)


@pytest.mark.parametrize(
    ('spoil', 'told'),
    [
        (write_truncated, 'truncated'),
        (lambda path: path.write_bytes(b''), 'truncated'),
        (lambda path: path.write_text('hello'), 'not a model file'),
        (lambda path: joblib.dump([1, 2], path), "holds 'list'"),
        (lambda path: joblib.dump(fitted(Ridge()), path), "holds 'Pipeline'"),
        (lambda path: joblib.dump({'format': 'headpose_ros model 0'}, path), 'model 0'),
        (write_incomplete, 'not complete'),
        (lambda path: path.unlink(), 'no such model file'),
        (lambda path: (path.unlink(), path.mkdir()), 'no such model file'),
    ],
    ids=['truncated', 'empty', 'text', 'list', 'pipeline', 'format', 'incomplete', 'missing',
         'folder'],
)
def test_what_is_no_model_is_refused_in_one_sentence(path, spoil, told):
    spoil(path)
    with pytest.raises(ModelError, match=told) as caught:
        load_model(path, 'face_mesh')
    assert '\n' not in str(caught.value)


def test_a_broken_regressor_inside_a_whole_file_is_refused(path):
    content = joblib.load(path)
    content['pipeline'] = content['pipeline'][:100]
    joblib.dump(content, path)
    with pytest.raises(ModelError, match='the regressor in it cannot be loaded'):
        load_model(path, 'face_mesh')


def drop(content):
    del content['uncertainty']


def drop_weights(content):
    del content['uncertainty']['weights']


def put(name, value):
    """Makes the uncertainty's part of that name another."""
    def change_part(content):
        part = content['uncertainty']
        (part if name in part else part['space'])[name] = value
    return change_part


@pytest.mark.parametrize(
    'spoil',
    [
        drop,
        drop_weights,
        lambda content: content.update(uncertainty=None),
        lambda content: content.update(uncertainty=[1.0, 2.0]),
        put('space', None),
        put('space', {}),
        put('mean', np.zeros(LENGTH - 1)),
        put('components', np.zeros(LENGTH)),
        put('deviations', np.zeros(3)),
        put('deviations', np.ones(2)),
        put('lowest', np.full(6, np.nan)),
        put('highest', np.full(6, -3.0)),
        put('weights', np.zeros((28, 2))),
        put('weights', np.full((28, 3), np.inf)),
        put('weights', [[0.0] * 3] * 28),
        put('weights', np.full((28, 3), 'x')),
        put('surplus', 1),
        # Fits in itself, but not to the regressor.
        put('space', {'mean': np.zeros(5), 'components': np.eye(3, 5), 'deviations': np.ones(3)}),
    ],
)
def test_a_broken_uncertainty_inside_a_whole_file_is_refused(path, spoil):
    content = joblib.load(path)
    spoil(content)
    joblib.dump(content, path)
    with pytest.raises(ModelError, match='missing or broken; train the model again') as caught:
        load_model(path, 'face_mesh')
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


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


def test_a_copy_elsewhere_loads_the_same(path, tmp_path):
    copy = shutil.copy(path, tmp_path / 'copy.joblib')
    faces = random_faces(3)
    np.testing.assert_array_equal(
        load_model(copy, 'face_mesh').predict(faces), load_model(path, 'face_mesh').predict(faces)
    )
