# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The peers of the benchmark read the axes right, and the command measures all of them."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from made_up import landmark_file

from headpose_ros.detection.factory import create_detector
from headpose_ros.rotation import rotation_from_rpy, rpy_from_rotation
from training.benchmark import OWN_NAMES
from training.copies import PLAIN
from training.crossval import Protocol
from training.datasets import read_dataset
from training.errors import TrainingError
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks
from training.metrics import pose_figures
from training.peers import solve_pnp, svr_recipe, transformation_matrix, whenet
from training.rotation import rotation_from_label

ROOT = Path(__file__).resolve().parents[1]
SHAPE = (480, 640)  # of the rendered head, pixels
IMAGES = 50  # of AFLW2000-3D

TURNS = [(axis, degrees) for axis in range(3) for degrees in (-20.0, 20.0)]


@pytest.fixture(scope='module')
def whenet_python():
    value = os.environ.get('HEADPOSE_WHENET_PYTHON')
    if not value:
        pytest.skip(f'needs WHENet: set HEADPOSE_WHENET_PYTHON to the path of {whenet.INSTALL}')
    return Path(value)


@pytest.fixture(scope='module')
def few(aflw2000, tmp_path_factory):
    """Folder of a few images of AFLW2000-3D, from all of it."""
    folder = tmp_path_factory.mktemp('few')
    images = sorted(aflw2000.rglob('*.jpg'))
    for image in images[:: len(images) // IMAGES][:IMAGES]:
        for file in (image, image.with_suffix('.mat')):
            (folder / file.name).symlink_to(file.resolve())
    return folder


def turned(axis, degrees):
    rpy = np.zeros(3)
    rpy[axis] = np.radians(degrees)
    return rotation_from_rpy(rpy)


def check_turn(estimate, axis, degrees, tolerance):
    """The estimate follows a turn of the rendered head, beside what it has at rest."""
    before = rpy_from_rotation(estimate(np.eye(3)))
    after = rpy_from_rotation(estimate(turned(axis, degrees)))
    moved = np.degrees(after - before)
    expected = np.zeros(3)
    expected[axis] = degrees
    np.testing.assert_allclose(moved, expected, atol=tolerance)
    assert np.abs(np.degrees(before)).max() < 16.0


@pytest.mark.parametrize(('axis', 'degrees'), TURNS)
def test_transformation_matrix_has_the_axes_of_the_labels(bundle, rendered_head, axis, degrees):
    peer = transformation_matrix.TransformationMatrix(bundle)

    def estimate(rotation):
        ((_, estimated),) = peer.detect(rendered_head.render(rotation))
        return estimated

    check_turn(estimate, axis, degrees, 9.0)
    peer.close()


@pytest.mark.parametrize(('axis', 'degrees'), TURNS)
def test_solve_pnp_has_the_axes_of_the_labels(rendered_head, axis, degrees):
    def estimate(rotation):
        points = rendered_head.project(rendered_head.landmarks(rotation))
        landmarks = np.column_stack([points, np.zeros(len(points))])
        return solve_pnp.rotation_from_landmarks(landmarks, SHAPE)

    # The generic head is no likeness: it exaggerates looking up.
    check_turn(estimate, axis, degrees, 15.0)


@pytest.fixture(scope='module')
def made_up(rendered_head):
    """Faces of the rendered head, seen from far away, each fifth not found."""
    random = np.random.default_rng(0)
    labels = np.radians(random.uniform(-40.0, 40.0, (400, 3)))
    face = rendered_head.landmarks(np.eye(3)) - (0.0, 0.0, 0.6)
    sizes = random.uniform(500.0, 2000.0, (400, 1, 1))  # pixels a metre
    places = random.uniform(-100.0, 100.0, (400, 1, 3))
    landmarks = face @ rotation_from_label(labels).swapaxes(1, 2) * sizes + places
    landmarks[::5] = np.nan
    names = np.array([f'{i:03}' for i in range(400)])
    return landmark_file(landmarks, labels, names, np.full(400, PLAIN))


@pytest.mark.parametrize('points', ['six', 'all'])
def test_svr_recipe_learns_a_made_up_head(made_up, points):
    rotations = svr_recipe.cross_validate(points, made_up, Protocol(4, 2), jobs=1)
    assert rotations.shape == (2, 400, 3, 3)
    found = np.isfinite(rotations).all(axis=(0, 2, 3))
    assert found.tolist() == made_up.found.tolist()
    for each in rotations:
        assert pose_figures(each[found], made_up.labels[found])['MAE'] < 3.0
    assert not np.array_equal(rotations[0, found], rotations[1, found])


def test_svr_recipe_is_not_shown_what_it_is_tested_on(made_up):
    # With labels that mean nothing, only a face that was seen before could be read.
    random = np.random.default_rng(1)
    labels = random.permutation(made_up.labels)
    content = vars(made_up) | {'labels': labels}
    shuffled = LandmarkFile(**{k: content[k] for k in LandmarkFile.__dataclass_fields__})
    (rotations,) = svr_recipe.cross_validate('all', shuffled, Protocol(4, 1), jobs=1)
    found = shuffled.found
    assert pose_figures(rotations[found], labels[found])['MAE'] > 15.0


def test_recipe_features_know_neither_place_nor_size(made_up):
    landmarks = made_up.landmarks[made_up.found]
    moved = landmarks * 1.7 + (30.0, -12.0, 5.0)
    for points in svr_recipe.NAMES:
        np.testing.assert_allclose(
            svr_recipe.recipe_features(landmarks, points),
            svr_recipe.recipe_features(moved, points),
            atol=1e-9,
        )


def test_whenet_has_the_axes_of_the_labels(face_mesh, few, whenet_python):
    dataset = read_dataset(few)
    data = extract_landmarks(dataset, 'face_mesh', [PLAIN], 1)
    timed = np.flatnonzero(data.found)[:2]
    rotations, seconds = whenet.estimate(whenet_python, dataset, data.landmarks, timed)
    found = np.isfinite(rotations).all(axis=(1, 2))
    assert found.tolist() == data.found.tolist()
    assert pose_figures(rotations[found], data.labels[found])['MAE'] < 6.0
    assert 0.0 < seconds < 60.0


@pytest.mark.slow
@pytest.mark.parametrize('python', ['/nowhere/python', sys.executable])
def test_a_python_without_whenet_is_an_error(python):
    with pytest.raises(TrainingError, match='want a Python .* with pip install'):
        whenet.check(Path(python))


def run(*arguments, cwd):
    paths = [str(ROOT), str(ROOT / 'src'), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, '-m', 'training', 'benchmark', *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
    )


@pytest.mark.slow
def test_the_command_measures_every_method(bundle, face_mesh, few, pointing04, tmp_path):
    person = tmp_path / 'Person01'
    person.mkdir()
    for file in sorted(pointing04.rglob('person01146*'))[::3]:
        for each in (file.with_suffix('.jpg'), file.with_suffix('.txt')):
            if not (person / each.name).exists():
                (person / each.name).symlink_to(each.resolve())
    arguments = ('--folds', 3, '--repeats', 1, '--jobs', 2, '--out', 'out')
    result = run(few, '--pointing04', person, *arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    report = (tmp_path / 'out' / 'benchmark.md').read_text()
    assert report.strip() in result.stdout
    assert 'give --whenet-python' in report
    assert '6DRepNet' in report
    assert cv2.imread(str(tmp_path / 'out' / 'benchmark.png')) is not None

    table = pd.read_csv(tmp_path / 'out' / 'benchmark.csv')
    methods = {*OWN_NAMES.values(), *svr_recipe.NAMES.values()}
    methods |= {transformation_matrix.NAME, solve_pnp.NAME}
    assert len(table) == 2 * 2 * len(methods)
    assert set(table['method']) == methods
    first = table[table['dataset'] == 'AFLW2000-3D'].set_index(['faces', 'method'])
    same, own = first.loc['same'], first.loc['own']
    assert same['scored'].nunique() == 1
    assert (own['scored'] == own['found']).all()
    assert (same['scored'] <= own['scored']).all()
    assert (own['found'] >= 0.75 * own['images']).all()
    for name in OWN_NAMES.values():
        assert same.loc[name, 'MAE'] < 7.0
    assert same.loc[transformation_matrix.NAME, 'MAE'] < 5.0
    assert same.loc[solve_pnp.NAME, 'median'] < 9.0
    assert (same['ms a face'] > 0.0).all()
    assert set(same.index[same['ms pose'].isna()]) == {transformation_matrix.NAME}
    second = table[table['dataset'] == "Pointing'04"]
    assert second.filter(like='pan MAE').notna().all(axis=None)


@pytest.mark.slow
def test_files_that_do_not_belong_are_refused(bundle, face_mesh, few, tmp_path):
    names = np.array(['another'])
    landmarks = np.zeros((1, 468, 3), np.float32)
    data = landmark_file(landmarks, np.zeros((1, 3)), names, np.array([PLAIN]))
    data.save(tmp_path / 'other.npz')
    for option, words in (
        ('--face-mesh-landmarks', 'landmarks of other images'),
        ('--face-landmarker-landmarks', 'landmarks of face_mesh; want those of face_landmarker'),
    ):
        result = run(few, option, 'other.npz', cwd=tmp_path)
        assert result.returncode == 1
        assert f'other.npz: {words}' in result.stderr


@pytest.mark.slow
def test_a_dataset_without_roll_is_refused(pointing04, tmp_path):
    result = run(pointing04, cwd=tmp_path)
    assert result.returncode == 1
    assert 'error: ' in result.stderr
    assert 'labels no roll' in result.stderr


def test_the_detector_and_the_peer_find_the_same_landmarks(bundle, rendered_head):
    image = rendered_head.render(np.eye(3))
    peer = transformation_matrix.TransformationMatrix(bundle)
    detector = create_detector('face_landmarker', 'image', 1, bundle)
    ((landmarks, _),), (face,) = peer.detect(image), detector.detect(image)
    # The peer has one look at the whole image, the detector a closer one.
    away = np.linalg.norm(landmarks - face.landmarks, axis=1)
    assert away.mean() < 0.02 * face.box.longer_side
    peer.close()
    detector.close()
