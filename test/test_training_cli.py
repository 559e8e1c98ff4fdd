# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m training`` from images to an evaluated model, and what it says when it cannot."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import joblib
import numpy as np
import pandas as pd
import pytest
from made_up import random_faces
from scipy.io import savemat
from skimage.data import astronaut
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from headpose_ros.assets.checksums import check_listed
from headpose_ros.regression.model_file import load_model
from training.augmentation import Augmentation
from training.landmark_file import LandmarkFile

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]

# Pitch, yaw and roll that stand for the photograph's: any will do, as long as
# augmentations follow.
LABEL = np.radians([-8.0, 12.0, 4.0])
FACE_CORNERS = np.array([[130.0, 90.0], [300.0, 310.0]])
IMAGES = 30


def run(*arguments, cwd):
    paths = [str(ROOT), str(ROOT / 'src'), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, '-m', 'training', *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
    )


def error_of(result):
    """The one line on stderr besides the progress bar."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert 'Traceback' not in result.stderr
    lines = [line for line in result.stderr.replace('\r', '\n').split('\n') if 'error' in line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith('error: ')
    return lines[0]


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    """A public-domain photograph, turned and mirrored, in the layout of AFLW2000-3D."""
    folder = tmp_path_factory.mktemp('AFLW2000')
    photograph = cv2.resize(astronaut()[:270, 90:360, ::-1], (450, 450))
    for i, clockwise in enumerate(np.linspace(-35.0, 35.0, IMAGES)):
        scale = 0.8 + 0.02 * (i % 5)
        augmentation = Augmentation(mirrored=i % 2 == 1, clockwise=clockwise, scale=scale)
        region = augmentation.points(FACE_CORNERS, photograph.shape)
        points = np.vstack([np.repeat(region, 34, axis=0).T, np.zeros((1, 68))])
        pose = np.concatenate([augmentation.label(LABEL), np.zeros(4)])[None]
        cv2.imwrite(str(folder / f'image{i:05}.jpg'), augmentation.image(photograph, region))
        savemat(folder / f'image{i:05}.mat', {'Pose_Para': pose, 'pt3d_68': points})
    return folder


@pytest.fixture(scope='module')
def work(dataset, tmp_path_factory):
    """A folder with the landmarks of the dataset, and what was printed about them."""
    folder = tmp_path_factory.mktemp('work')
    result = run('landmarks', dataset, '--jobs', 2, cwd=folder)
    assert result.returncode == 0, result.stderr
    (folder / 'printed').write_text(result.stdout)
    return folder


@pytest.fixture(scope='module')
def model(work):
    result = run('fit', 'landmarks.npz', '--folds', 3, '--repeats', 1, '--jobs', 2, cwd=work)
    assert result.returncode == 0, result.stderr
    (work / 'printed by fit').write_text(result.stdout)
    return work / 'models' / 'face_mesh.npz'


def test_landmarks_prints_the_share_of_faces_found(work):
    printed = (work / 'printed').read_text()
    assert f'{IMAGES} images' in printed
    (row,) = [line for line in printed.splitlines() if line.startswith('| all')]
    _, _, images, found, share, _ = (cell.strip() for cell in row.split('|'))
    assert int(images) == IMAGES
    assert int(found) >= 0.75 * IMAGES
    assert share == f'{int(found) / IMAGES:.1%}'


def test_compare_writes_tables_and_plots(work):
    result = run(
        *('compare', 'landmarks.npz', '--out', 'results', '--folds', 3, '--repeats', 1),
        *('--only', 'ridge + augmentation', '--only', 'svr + augmentation', '--jobs', 2),
        *('--features', 'six', '--features', 'all', '--others', 'landmarks.npz'),
        cwd=work,
    )
    assert result.returncode == 0, result.stderr
    table = pd.read_csv(work / 'results' / 'results.csv')
    assert len(table) == 4
    assert table['MAE'].is_monotonic_increasing
    assert set(table['predicted by']) == {'numpy', 'scikit-learn'}
    # Of the very faces that it was trained on.
    assert (table['AFLW2000-3D MAE'] < table['MAE']).all()
    report = (work / 'results' / 'results.md').read_text()
    assert '3-fold cross-validation' in report
    assert 'labelled faces' in report
    for plot in ('accuracy', 'cost', 'yaw'):
        assert cv2.imread(str(work / 'results' / f'{plot}.png')) is not None


def test_fit_writes_a_model_that_describes_itself(model):
    description = load_model(model, 'face_mesh').description
    assert description.figures['MAE'] < 4.0
    assert 'AFLW2000-3D' in description.training_data
    assert '3-fold' in description.protocol
    assert 'labelled faces' in description.protocol
    assert 'landmarks AFLW2000-3D' in description.command
    card = model.with_suffix('.md').read_text()
    commands = description.command.split(' && ')
    for part in (description.protocol, 'terms', 'executes code', *commands):
        assert part in card
    assert str(model.parents[2]) not in card + description.command
    check_listed(model, model.read_bytes())


def test_fit_tells_how_sure_the_model_is(work, model):
    loaded = load_model(model, 'face_mesh')
    coverage = loaded.description.coverage
    assert list(coverage) == ['< 30', '30-60', '>= 60', 'all']
    one, two = coverage['all']
    assert 50.0 < one < two <= 100.0
    card = model.with_suffix('.md').read_text()
    (row,) = re.findall(r'\| all +\| +(\d+\.\d) \| +(\d+\.\d) \|', card)
    assert (float(row[0]), float(row[1])) == pytest.approx((one, two), abs=0.05)
    printed = (work / 'printed by fit').read_text()
    assert 'within 2 std, %' in printed
    small = loaded.description.small_faces
    assert list(small) == ['16-22', '22-27', '27-35', '35-50', '50-72']
    for size, values in small.items():
        (row,) = re.findall(rf'\| {size} +' + 4 * r'\| +(\S+) ' + r'\|', card)
        assert list(map(float, row)) == pytest.approx(values, abs=0.05)
        assert f'| {size} ' in printed
    sure = loaded.description.sure_faces
    assert list(sure) == ['<= 20', '<= 60', '<= 180']
    *_, share, geodesic = sure['<= 180']  # of all
    assert share == 100.0 and 0.0 < geodesic < 10.0
    for limit in sure:
        assert f'| {limit} ' in card and f'| {limit} ' in printed
    faces = LandmarkFile.load(work / 'landmarks.npz')
    _, std = loaded.predict_with_std(faces.landmarks[faces.found])
    assert np.degrees(np.median(std)) < 4.0
    # Nothing like it was trained on.
    _, unsure = loaded.predict_with_std(np.random.default_rng(0).normal(200.0, 50.0, (5, 468, 3)))
    assert np.degrees(unsure.min()) > 40.0


def test_fit_is_repeatable(work, model):
    result = run('fit', 'landmarks.npz', '--folds', 3, '--repeats', 1, '--out', 'again', cwd=work)
    assert result.returncode == 0, result.stderr
    first, again = (load_model(m, 'face_mesh') for m in (model, work / 'again/face_mesh.npz'))
    assert first.description.figures == pytest.approx(again.description.figures, nan_ok=True)
    landmarks = np.random.default_rng(0).normal(200.0, 50.0, (3, 468, 3))
    for one, other in zip(
        first.predict_with_std(landmarks), again.predict_with_std(landmarks), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_compare_can_score_the_faces_of_another_file(work):
    faces = LandmarkFile.load(work / 'landmarks.npz')
    known = np.unique(faces.names[faces.found & faces.plain])
    faces.select(np.isin(faces.names, known[:10])).save(work / 'other.npz')
    arguments = ('--only', 'ridge + augmentation', '--features', 'six')
    arguments += ('--folds', 3, '--repeats', 1)
    options = (*arguments, '--faces', 'other.npz', '--out', 'scored', '--jobs', 1)
    result = run('compare', 'landmarks.npz', *options, cwd=work)
    assert result.returncode == 0, result.stderr
    assert 'Only the 10 faces' in (work / 'scored' / 'results.md').read_text()


def test_landmarks_can_be_those_of_the_images_alone(dataset, work):
    options = ('--no-augment', '--out', 'plain.npz', '--jobs', 2)
    result = run('landmarks', dataset, *options, cwd=work)
    assert result.returncode == 0, result.stderr
    plain, augmentations = (LandmarkFile.load(work / x) for x in ('plain.npz', 'landmarks.npz'))
    assert plain.plain.all()
    # Copies do not change what is found in the images.
    np.testing.assert_array_equal(plain.landmarks, augmentations.landmarks[augmentations.plain])


def test_evaluate_measures_a_model_on_a_folder(dataset, work, model):
    result = run('evaluate', dataset, '--model', model, '--jobs', 2, cwd=work)
    assert result.returncode == 0, result.stderr
    assert 'optimistic' in result.stdout
    (row,) = [line for line in result.stdout.splitlines() if line.startswith('| MAE  ')]
    assert float(row.split('|')[2]) < 4.0
    assert (work / 'evaluation' / 'report.md').read_text().strip() in result.stdout
    for picture in ('error_by_yaw', 'worst_images'):
        assert cv2.imread(str(work / 'evaluation' / f'{picture}.png')) is not None


def test_the_card_says_when_faces_are_in_the_file(work, model):
    arguments = ('--regressor', 'kernel_ridge', '--features', 'six', '--repeats', 1)
    result = run('fit', 'landmarks.npz', *arguments, '--out', 'kernel', cwd=work)
    assert result.returncode == 0, result.stderr
    assert 'contains features of every training face' in (work / 'kernel/face_mesh.md').read_text()
    assert 'contains no image, landmarks' in model.with_suffix('.md').read_text()


def test_evaluate_takes_a_landmark_file(work, model):
    arguments = ('evaluate', 'landmarks.npz', '--model', model, '--out', 'from_file')
    result = run(*arguments, cwd=work)
    assert result.returncode == 0, result.stderr
    assert (work / 'from_file' / 'error_by_yaw.png').is_file()


@pytest.mark.data
def test_evaluate_averages_two_models(dataset, work, model, bundle):
    maes = []
    for detector in (('--model', model), ('--model', model, '--detector', 'both')):
        options = ('--bundle', bundle) if 'both' in detector else ()
        out = ('--jobs', 2, '--out', 'averaged')
        result = run('evaluate', dataset, *detector, *options, *out, cwd=work)
        assert result.returncode == 0, result.stderr
        (row,) = [line for line in result.stdout.splitlines() if line.startswith('| MAE  ')]
        maes.append(float(row.split('|')[2]))
        averaged = 'Averaged with the built-in model of face_landmarker' in result.stdout
        assert averaged == ('both' in detector)
    assert maes[0] != maes[1]


def test_a_landmark_file_has_one_detector(work):
    result = run('evaluate', 'landmarks.npz', '--detector', 'both', cwd=work)
    assert 'landmarks.npz has the landmarks of one detector' in error_of(result)


@pytest.mark.parametrize('command', ['landmarks', 'compare', 'fit', 'evaluate'])
def test_help_says_what_is_read_and_written(command, tmp_path):
    result = run(command, '--help', cwd=tmp_path)
    assert result.returncode == 0
    assert 'Reads' in result.stdout
    assert 'write' in result.stdout


def test_a_missing_folder_is_an_error(tmp_path):
    message = error_of(run('landmarks', 'nowhere', cwd=tmp_path))
    assert 'nowhere: no such folder' in message


def test_an_empty_folder_is_an_error(tmp_path):
    assert 'no images readable by OpenCV' in error_of(run('landmarks', tmp_path, cwd=tmp_path))


def test_images_without_labels_are_an_error(dataset, tmp_path):
    shutil.copy(dataset / 'image00000.jpg', tmp_path)
    assert 'neither .mat labels' in error_of(run('landmarks', tmp_path, cwd=tmp_path))


@pytest.mark.parametrize(
    ('file', 'content', 'words'),
    [
        ('image00001.mat', b'not a mat file', 'not a readable .mat'),
        ('image00001.mat', None, 'missing next to its image'),
        ('image00001.jpg', b'not an image', 'not a readable image'),
    ],
)
def test_broken_files_are_named(dataset, tmp_path, file, content, words):
    for name in ('image00000.jpg', 'image00000.mat', 'image00001.jpg', 'image00001.mat'):
        shutil.copy(dataset / name, tmp_path)
    (tmp_path / file).unlink()
    if content:
        (tmp_path / file).write_bytes(content)
    message = error_of(run('landmarks', tmp_path, '--out', tmp_path / 'out.npz', cwd=tmp_path))
    assert file in message
    assert words in message


def test_a_mat_without_labels_is_an_error(dataset, tmp_path):
    shutil.copy(dataset / 'image00000.jpg', tmp_path)
    savemat(tmp_path / 'image00000.mat', {'something': np.zeros(3)})
    message = error_of(run('landmarks', tmp_path, cwd=tmp_path))
    assert 'image00000.mat' in message
    assert 'Pose_Para' in message


@pytest.mark.parametrize('command', ['compare', 'fit', 'evaluate'])
def test_a_broken_landmark_file_is_an_error(tmp_path, command):
    (tmp_path / 'landmarks.npz').write_bytes(b'broken')
    message = error_of(run(command, 'landmarks.npz', cwd=tmp_path))
    assert 'landmarks.npz: not a readable landmark file' in message


def test_too_few_images_are_an_error(work):
    result = run('compare', 'landmarks.npz', '--only', 'ridge', '--folds', 2, cwd=work)
    assert 'faces for training; expected' in error_of(result)


def test_a_broken_model_is_an_error(dataset, tmp_path):
    (tmp_path / 'model.npz').write_bytes(b'broken')
    message = error_of(run('evaluate', dataset, '--model', 'model.npz', cwd=tmp_path))
    assert 'model.npz: not a model file' in message


@pytest.mark.filterwarnings('ignore:.*joblib')
def test_fit_writes_the_pipeline_for_scikit_learn(work, model):
    pipeline = load_model(model.with_suffix('.joblib'), 'face_mesh')
    plain = load_model(model, 'face_mesh')
    told = [json.dumps(asdict(each.description)) for each in (pipeline, plain)]
    assert told[0] == told[1]  # as text, since some figures are NaN
    faces = LandmarkFile.load(work / 'landmarks.npz')
    for one, other in zip(
        *(each.predict_with_std(faces.landmarks[faces.found]) for each in (pipeline, plain)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-3)
    listed = (model.parent / 'SHA256SUMS').read_text().splitlines()
    assert [line.split()[1] for line in listed] == ['face_mesh.npz']
    assert 'models/face_mesh.npz, .joblib and .md' in (work / 'printed by fit').read_text()


@pytest.mark.filterwarnings('ignore:.*joblib')
@pytest.mark.parametrize('fitted', [False, True])
def test_fit_takes_any_regressor_of_scikit_learn(work, fitted):
    regressor = make_pipeline(PCA(5), MultiOutputRegressor(GradientBoostingRegressor()))
    regressor.set_params(multioutputregressor__estimator__n_estimators=5)
    if fitted:
        regressor.fit(np.random.default_rng(0).normal(size=(50, 12)), np.zeros((50, 9)))
    joblib.dump(regressor, work / 'my.joblib')
    options = ('--features', 'six', '--folds', 2, '--repeats', 1)
    result = run('fit', 'landmarks.npz', '--regressor', 'my.joblib', *options, '--out', 'mine',
                 cwd=work)
    assert result.returncode == 0, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if 'not written' in line]
    assert 'mine/face_mesh.npz not written: MultiOutputRegressor has no plain numpy form' in line
    assert {file.name for file in (work / 'mine').iterdir()} == {
        'face_mesh.joblib', 'face_mesh.md'
    }
    model = load_model(work / 'mine' / 'face_mesh.joblib', 'face_mesh')
    assert '--regressor my.joblib' in model.description.command
    assert len(np.unique(model.predict_with_std(random_faces(3))[1])) > 1
    card = (work / 'mine' / 'face_mesh.md').read_text()
    assert 'executes code' in card and 'face_mesh.npz' not in card and 'depends on its' in card


@pytest.mark.parametrize('name', ['extra_trees', 'svr'])
def test_fit_takes_regressors_without_a_plain_form(work, name):
    options = ('--features', 'six', '--folds', 2, '--repeats', 1, '--out', name)
    result = run('fit', 'landmarks.npz', '--regressor', name, *options, cwd=work)
    assert result.returncode == 0, result.stderr
    assert f'{name}/face_mesh.npz not written' in result.stdout
    assert not (work / name / 'face_mesh.npz').exists()
    assert (work / name / 'face_mesh.joblib').exists()
    card = (work / name / 'face_mesh.md').read_text()
    assert ('contains features of every training face' in card) == (name == 'svr')


def test_a_regressor_of_ones_own_with_a_plain_form_has_a_model(work):
    joblib.dump(make_pipeline(StandardScaler(), Ridge()), work / 'plain.joblib')
    options = ('--features', 'six', '--folds', 2, '--repeats', 1, '--out', 'plain')
    result = run('fit', 'landmarks.npz', '--regressor', 'plain.joblib', *options, cwd=work)
    assert result.returncode == 0, result.stderr
    assert load_model(work / 'plain' / 'face_mesh.npz', 'face_mesh').description.figures


@pytest.mark.parametrize(
    ('content', 'told'),
    [
        ([1, 2], "not a scikit-learn regressor written by joblib.dump (it contains 'list')"),
        (StandardScaler(), "it contains 'StandardScaler'"),
        (SVR(), 'SVR cannot be trained on 12 features and 9 targets'),
    ],
    ids=['list', 'scaler', 'one target'],
)
def test_a_file_that_is_no_regressor_is_an_error(work, tmp_path, content, told):
    joblib.dump(content, tmp_path / 'my.joblib')
    options = ('--regressor', tmp_path / 'my.joblib', '--features', 'six')
    assert told in error_of(run('fit', 'landmarks.npz', *options, '--out', 'none', cwd=work))
    assert not list((work / 'none').iterdir())


def test_a_regressor_that_is_not_there_is_an_error(work):
    result = run('fit', 'landmarks.npz', '--regressor', 'nowhere.joblib', cwd=work)
    assert result.returncode == 2
    assert 'nowhere.joblib: no such file' in ' '.join(result.stderr.split())
