# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The model file: what runs is what was trained, and anything else is refused."""

import io
import json
import pickle
import random
import shutil
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
from made_up import (
    FEATURES,
    LENGTH,
    describe,
    fitted,
    make_uncertainty,
    random_faces,
    write_model,
)
from scipy.spatial.transform import Rotation
from sklearn.decomposition import PCA
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headpose_ros.errors import ModelError
from headpose_ros.landmarks import face_sizes
from headpose_ros.regression.features import extract_features
from headpose_ros.regression.model_file import find_model, load_model, read_description
from training.mean_regressor import MeanRegressor


@pytest.fixture
def path(tmp_path):
    return write_model(tmp_path / 'model.npz', fitted(Ridge()))


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """The content of a model file with most of the operations that there are."""
    networks = [MLPRegressor(hidden_layer_sizes=4, max_iter=1, random_state=i) for i in (0, 1)]
    members = [make_pipeline(StandardScaler(), each) for each in networks]
    mean = MeanRegressor([*members, KernelRidge(kernel='rbf')], [1.0, 1.0, 2.0])
    pipeline = fitted(PCA(5), mean)
    return write_model(tmp_path_factory.mktemp('whole') / 'm.npz', pipeline).read_bytes()


def change(path, change_arrays=lambda arrays: None, change_json=lambda content: None):
    """Change what is in a model file."""
    with np.load(path) as stored:
        arrays = dict(stored)
    content = json.loads(str(arrays['json']))
    change_json(content)
    arrays['json'] = np.array(json.dumps(content))
    change_arrays(arrays)
    np.savez(path, **arrays)


def refusal(path):
    """The one sentence with which a file is refused."""
    with pytest.raises(ModelError) as caught:
        load_model(path, 'face_mesh')
    told = str(caught.value)
    assert told.startswith(f'{path}: ') and '\n' not in told
    return told


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


def test_a_model_file_needs_no_scikit_learn(path):
    code = (
        'import sys; from headpose_ros.regression.model_file import load_model; '
        f'load_model({str(path)!r}, "face_mesh"); load_model(None, "face_mesh"); '
        'print(*sys.modules)'
    )
    result = subprocess.run(
        [sys.executable, '-W', 'error', '-c', code], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    modules = {name.split('.')[0] for name in result.stdout.split()}
    assert 'numpy' in modules and not {'sklearn', 'scipy', 'joblib', 'training'} & modules


def test_a_description_alone_can_be_read(path):
    assert read_description(path) == describe()


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
        ({'features': 'all', 'feature_count': 936}, 'does not accept 936 features'),
        ({'figures': [1.0]}, "'figures' in its description has the wrong type"),
        ({'coverage': {'all': 68.0}}, "'coverage' in its description has the wrong type"),
        ({'surplus': 1}, 'incomplete'),
        ({'angle_convention': 'get_R'}, "angle convention is 'get_R'"),
    ],
    ids=str,
)
def test_what_does_not_match_is_refused_in_one_sentence(path, changes, told):
    change(path, change_json=lambda content: content['description'].update(changes))
    assert told in refusal(path)


def test_the_scikit_learn_that_trained_it_does_not_matter(path):
    versions = {'scikit-learn': '0.22.1'}
    change(path, change_json=lambda content: content['description'].update(versions=versions))
    load_model(path, 'face_mesh')


def in_json(*place, value):
    """Puts a value at a place in the description; ``KeyError`` takes it away."""
    def change_json(content):
        *within, last = place
        for each in within:
            content = content[each]
        if value is KeyError:
            del content[last]
        else:
            content[last] = value
    return lambda path: change(path, change_json=change_json)


def in_arrays(**arrays):
    """Puts arrays in the place of others; ``None`` takes one away."""
    def change_arrays(stored):
        for name, value in arrays.items():
            if value is None:
                del stored[name]
            else:
                stored[name] = value
    return lambda path: change(path, change_arrays)


def write_half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def write_array(path):
    with path.open('wb') as file:
        np.save(file, np.zeros(3))


def write_pickle_inside(path):
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('evil.npy', pickle.dumps({}))


WEIGHTS, OFFSET = 'step_0_weights', 'step_0_offset'
SPOILT = {
    'truncated': (write_half, 'truncated or damaged'),
    'empty': (lambda path: path.write_bytes(b''), 'not a model file'),
    'text': (lambda path: path.write_text('hello'), 'not a model file'),
    'one array': (write_array, 'not a model file'),
    'other arrays': (lambda path: np.savez(path, a=np.zeros(3)), 'it has no description'),
    'missing': (lambda path: path.unlink(), 'no such model file'),
    'folder': (lambda path: (path.unlink(), path.mkdir()), 'no such model file'),
    'pickle': (write_pickle_inside, "'evil.npy' in it is not a plain array"),
    'objects': (in_arrays(**{WEIGHTS: np.array([{}, None])}), "weights.npy' in it is not a plain"),
    'no json': (in_arrays(json=np.array('{"format": ')), 'it has invalid JSON as description'),
    'deep json': (in_arrays(json=np.array('[' * 100000)), 'it has invalid JSON as description'),
    'json of a list': (in_arrays(json=np.array('[1]')), "format 'list'"),
    'json of numbers': (in_arrays(json=np.zeros((2, 2))), 'it has invalid JSON as description'),
    'format': (in_json('format', value='headpose_ros model 6'), "format 'headpose_ros model 6'"),
    'no description': (in_json('description', value=None), 'incomplete'),
    'no steps': (in_json('steps', value=KeyError), 'no list of steps'),
    'empty steps': (in_json('steps', value=[]), 'no list of steps'),
    'unknown step': (in_json('steps', 0, 'operation', value='eval'), "unknown step 'eval'; known"),
    'list for a step': (in_json('steps', 0, value=[[]]), 'unknown step'),
    'list for a name': (in_json('steps', 0, 'operation', value=[]), 'unknown step'),
    'empty sum': (in_json('steps', 0, value={'operation': 'sum', 'terms': []}), 'terms of a sum'),
    'sum of nothing': (in_json('steps', 0, value={'operation': 'sum'}), 'terms of a sum'),
    'sum of a number': (in_json('steps', 0, value={'operation': 'sum', 'terms': 3}), 'features: '),
    'no members': (in_json('steps', 0, value={'operation': 'add_members'}), 'no members to add'),
    'no name': (in_json('steps', 0, 'weights', value=KeyError), 'weights of step'),
    'missing array': (in_arrays(**{WEIGHTS: None}), "weights of step 'affine' is missing"),
    'another name': (in_json('steps', 0, 'offset', value='none'), 'offset of step'),
    'nan': (in_arrays(**{WEIGHTS: np.full((LENGTH, 9), np.nan)}), 'not finite numbers'),
    'texts': (in_arrays(**{OFFSET: np.full(9, 'x')}), 'not finite numbers'),
    'whole numbers': (in_arrays(**{OFFSET: np.zeros(9, int)}), 'not finite numbers'),
    'other weights': (in_arrays(**{WEIGHTS: np.zeros((LENGTH - 1, 9))}), 'do not fit input (12,)'),
    'flat weights': (in_arrays(**{WEIGHTS: np.zeros(LENGTH)}), 'do not fit'),
    'stacked': (in_arrays(**{WEIGHTS: np.zeros((1, LENGTH, 9))}), 'do not fit'),
    'short offset': (in_arrays(**{OFFSET: np.zeros(1)}), 'do not fit'),
    'three numbers': (
        in_arrays(**{WEIGHTS: np.zeros((LENGTH, 3)), OFFSET: np.zeros(3)}),
        'it outputs (3,) per face; expected (9,)',
    ),
}


@pytest.mark.parametrize('name', SPOILT)
def test_what_is_no_model_is_refused_in_one_sentence(path, name):
    spoil, told = SPOILT[name]
    spoil(path)
    assert told in refusal(path)


@pytest.mark.parametrize(
    'arrays',
    [
        {'weights': None},
        {'mean': np.zeros(LENGTH - 1)},
        {'components': np.zeros(LENGTH)},
        {'deviations': np.zeros(3)},
        {'deviations': np.ones(2)},
        {'lowest': np.full(7, np.nan)},
        {'lowest': np.full(6, -3.0)},
        {'highest': np.full(7, -3.0)},
        {'weights': np.zeros((36, 2))},
        {'weights': np.full((36, 3), np.inf)},
        {'weights': np.full((36, 3), 'x')},
        # Fits in itself, but not to the regressor.
        {'mean': np.zeros(5), 'components': np.eye(3, 5)},
    ],
)
def test_a_broken_uncertainty_inside_a_whole_file_is_refused(path, arrays):
    in_arrays(**{f'uncertainty_{name}': array for name, array in arrays.items()})(path)
    assert 'missing or invalid; train the model again' in refusal(path)


def mutations(content):
    """Truncations of a file and bytes of it flipped, at places all over it."""
    places = random.Random(0)
    for size in places.sample(range(len(content)), 100):
        yield content[:size]
    headers = range(len(content) - 2500, len(content))  # the list of what is where, at the end
    for place in [*places.sample(range(len(content)), 100), *places.sample(headers, 400)]:
        flipped = bytearray(content)
        flipped[place] ^= places.choice([1, 2, 16, 32, 128, 255])
        yield bytes(flipped)


@pytest.mark.parametrize('origin', ['made up', 'of the package'])
def test_a_damaged_file_is_refused_or_works_as_before(whole, path, origin):
    if origin == 'of the package':
        whole = find_model('face_mesh').read_bytes()
    path.write_bytes(whole)
    faces, refused = random_faces(3), 0
    expected = load_model(path, 'face_mesh').predict_with_std(faces)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for content in mutations(whole):
            path.write_bytes(content)
            try:
                model = load_model(path, 'face_mesh')
            except ModelError as error:
                assert str(error).startswith(f'{path}: ') and '\n' not in str(error)
                refused += 1
                continue
            for one, other in zip(model.predict_with_std(faces), expected, strict=True):
                np.testing.assert_array_equal(one, other)
    assert refused > 250


def test_a_damaged_description_is_refused_or_one(whole, path):
    with np.load(io.BytesIO(whole)) as stored:
        arrays = dict(stored)
    text, places, refused = str(arrays['json']), random.Random(0), 0
    for _ in range(500):
        place = places.randrange(len(text))
        other = places.choice('"{}[],:0x-\\\x00é')
        arrays['json'] = np.array(text[:place] + other + text[place + places.randrange(3) :])
        np.savez(path, **arrays)
        try:
            load_model(path, 'face_mesh').predict_with_std(random_faces(1))
        except ModelError as error:
            assert str(error).startswith(f'{path}: ') and '\n' not in str(error)
            refused += 1
    assert refused > 200


def test_a_copy_elsewhere_loads_the_same(path, tmp_path):
    copy = shutil.copy(path, tmp_path / 'copy.npz')
    faces = random_faces(3)
    np.testing.assert_array_equal(
        load_model(copy, 'face_mesh').predict(faces), load_model(path, 'face_mesh').predict(faces)
    )
