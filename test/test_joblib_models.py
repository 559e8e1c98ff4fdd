# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Joblib files as models: any regressor of scikit-learn runs, and what is not known is said."""

import pickle
import re
import warnings

import joblib
import numpy as np
import pytest
from made_up import FEATURES, describe, fitted, make_uncertainty, random_faces, write_model
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from headpose_ros.errors import ModelError
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.model_file import load_model, read_description
from headpose_ros.rotation import nearest_rotation
from training.model_writer import save_pipeline

RUNS_CODE = 'loading a joblib file executes any code in it'


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'my.joblib'


def load(path, detector='face_mesh'):
    """A model, and the sentences that it was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        model = load_model(path, detector)
    # What other packages warn of stays theirs; ours is told of the one who loads.
    ours = [each for each in caught if each.category is UserWarning]
    assert {each.filename for each in ours} == {__file__}
    return model, [str(each.message) for each in ours]


def refusal(path):
    with pytest.warns(UserWarning, match=RUNS_CODE), pytest.raises(ModelError) as caught:
        load_model(path, 'face_mesh')
    told = str(caught.value)
    assert told.startswith(f'{path}: ') and '\n' not in told
    return told


def save(path, pipeline, detector='face_mesh'):
    save_pipeline(path, pipeline, make_uncertainty(), describe(detector))
    return path


@pytest.mark.parametrize(
    'regressor',
    [
        ExtraTreesRegressor(3, n_jobs=2),
        make_pipeline(StandardScaler(), PCA(5), ExtraTreesRegressor(3)),
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=3)),
        MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=3), n_jobs=2),
        MultiOutputRegressor(SVR()),
        KNeighborsRegressor(3),
    ],
    ids=lambda regressor: type(regressor).__name__,
)
def test_any_regressor_runs(path, regressor):
    faces = random_faces(5)
    features = extract_features(faces, FEATURES).astype(np.float32).astype(np.float64)
    bare = fitted(regressor).steps[0][1]  # as somebody fits it
    outputs = bare.predict(features)
    expected = nearest_rotation(outputs.reshape(-1, 3, 3))
    joblib.dump(bare, path)
    model, (runs_code, unsure) = load(path)
    assert runs_code.startswith(f'{path}: {RUNS_CODE}; use only files from trusted sources')
    assert re.fullmatch(
        rf'{path}: scikit-learn takes \S+ ms per face; its errors are unknown, so a standard '
        'deviation of 10 degrees is reported for each angle', unsure
    )
    rotations, std = model.predict_with_std(faces)
    np.testing.assert_allclose(rotations, expected, atol=1e-9)
    np.testing.assert_allclose(std, np.radians(np.full((5, 3), 10.0)))
    assert model.description.detector == 'face_mesh'
    assert model.description.features == FEATURES
    # The same as fit writes it: here its errors are known.
    model, (_, took) = load(save(path, bare))
    assert re.fullmatch(rf'{path}: scikit-learn takes \S+ ms per face', took)
    rotations, std = model.predict_with_std(faces)
    np.testing.assert_allclose(rotations, expected, atol=1e-9)
    assert len(np.unique(std)) == std.size


def test_the_pipeline_of_a_model_predicts_what_the_model_does(path, tmp_path):
    pipeline, faces = fitted(PCA(5), Ridge()), random_faces(5)
    model, _ = load(save(path, pipeline))
    plain = load_model(write_model(tmp_path / 'm.npz', pipeline), 'face_mesh')
    assert model.description == plain.description == describe()
    for one, other in zip(
        model.predict_with_std(faces), plain.predict_with_std(faces), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', FEATURE_SETS)
def test_the_feature_set_is_told_by_its_length(path, name):
    features = extract_features(random_faces(30), name)
    joblib.dump(Ridge().fit(features, np.zeros((30, 9))), path)
    model, _ = load(path, 'face_landmarker')
    assert model.description.features == name
    assert model.description.detector == 'face_landmarker'
    with pytest.warns(UserWarning, match=RUNS_CODE):
        description = read_description(path)
    assert (description.features, description.detector) == (name, 'unknown')
    assert description.regressor == 'Ridge()'


def test_one_job_is_enough_for_a_face(path):
    forest = fitted(ExtraTreesRegressor(3, n_jobs=2))
    joblib.dump(forest, path)
    model, _ = load(path)
    (kept,) = [cell.cell_contents for cell in model.predict_outputs.__closure__]
    assert kept.steps[0][1].n_jobs == 1


def write_older(path, version=b'1.0.2'):
    """The file as another release of scikit-learn would have written it."""
    from sklearn import __version__

    here = __version__.encode()
    data = pickle.dumps(fitted(StandardScaler(), Ridge()), protocol=2)
    old = b'X' + len(here).to_bytes(4, 'little') + here
    assert old in data
    path.write_bytes(data.replace(old, b'X' + len(version).to_bytes(4, 'little') + version))


def test_another_scikit_learn_is_told_in_one_sentence(path):
    write_older(path)
    _, told = load(path)
    assert len(told) == 3 and told[1].startswith(f'{path}: fitted with scikit-learn 1.0.2, but ')
    assert told[1].endswith('fit it again, or install scikit-learn==1.0.2')


class Raises(BaseEstimator):
    """Fails as a regressor of another release does: deep inside, on several lines."""

    n_features_in_ = 12

    def predict(self, features):
        raise AttributeError('deep\nin it')


class Evil:
    def __reduce__(self):
        return exec, ('raise KeyError("on several\\nlines")',)


def dump(value):
    return lambda path: joblib.dump(value, path)


def dump_changed(**changes):
    def spoil(path):
        content = joblib.load(save(path, fitted(Ridge())))
        joblib.dump(content | changes, path)
    return spoil


def write_half(path):
    data = save(path, fitted(Ridge())).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def fitted_to(shape):
    return Ridge().fit(np.zeros(shape), np.zeros((shape[0], 9)))


SPOILT = {
    'truncated': (write_half, 'cannot be loaded by joblib'),
    'text': (lambda path: path.write_text('hello'), 'cannot be loaded by joblib'),
    'code': (dump(Evil()), 'cannot be loaded by joblib'),
    'no module': (lambda path: path.write_bytes(b'cnowhere\nName\n.'), "module named 'nowhere'"),
    'list': (dump([1, 2]), "contains 'list'; expected the output of python -m training fit"),
    'not fitted': (dump(Ridge()), "contains 'Ridge'; expected"),
    'other features': (dump(fitted_to((5, 7))), "'Ridge' for 7 features; expected"),
    'a scaler': (dump(StandardScaler().fit(np.zeros((5, 12)))), "'StandardScaler' for 12"),
    'nine': (dump(Ridge().fit(np.zeros((5, 12)), np.zeros((5, 3)))), 'outputs (3,) per face'),
    'one': (dump(Ridge().fit(np.zeros((5, 12)), np.zeros(5))), 'outputs () per face'),
    'raises': (dump(Raises()), 'cannot predict from 12 features (deep in it)'),
    'format 4': (dump({'format': 'headpose_ros model 4'}), "format 'headpose_ros model 4'"),
    'no format': (dump({}), 'format None'),
    'no description': (dump_changed(description=None), 'incomplete'),
    'no pipeline': (dump_changed(pipeline=None), 'cannot predict from 12 features'),
    'no uncertainty': (dump_changed(uncertainty=None), 'missing or invalid'),
    'detector': (
        lambda path: save(path, fitted(Ridge()), 'face_landmarker'),
        "'face_landmarker', but 'face_mesh' is running",
    ),
}


@pytest.mark.parametrize('name', SPOILT)
def test_what_is_no_model_is_refused_in_one_sentence(path, name):
    spoil, told = SPOILT[name]
    spoil(path)
    assert told in refusal(path)


def test_a_model_of_the_former_format_says_what_to_do(path):
    joblib.dump({'format': 'headpose_ros model 4'}, path)
    told = refusal(path)
    assert 'train the model again with python -m training fit' in told
    assert 'omit it to use the built-in model' in told


def test_only_what_is_called_joblib_is_run(path, tmp_path):
    joblib.dump(fitted(Ridge()), path)
    other = path.rename(tmp_path / 'my.pkl')
    with pytest.raises(ModelError, match=r'my.pkl: not a model file \(.npz\)'):
        load_model(other, 'face_mesh')
