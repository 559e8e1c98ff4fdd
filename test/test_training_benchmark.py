# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The baselines of the benchmark read the axes right, and the command measures all of them."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from made_up import landmark_file

from headpose_ros.detection.factory import create_detector
from headpose_ros.rotation import rotation_from_rpy, rpy_from_rotation
from training import biwi as biwi_layout
from training.augmentation import PLAIN
from training.baselines import network_process, solve_pnp, svr_recipe, transformation_matrix
from training.baselines.networks import NETWORKS, tddfa_v2, whenet
from training.benchmark import OWN_NAMES
from training.benchmark_table import CAMERA, SIGHT
from training.crossval import Protocol
from training.datasets import read_dataset
from training.errors import TrainingError
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks
from training.metrics import LOOKING_DOWN, camera_figures, geodesic_at, pose_figures
from training.rotation import rotation_from_label
from training.samples import Dataset, Sample

ROOT = Path(__file__).resolve().parents[1]
SHAPE = (480, 640)  # of the rendered head, pixels
IMAGES = 50  # of AFLW2000-3D

TURNS = [(axis, degrees) for axis in range(3) for degrees in (-20.0, 20.0)]


@pytest.fixture(scope='module')
def baselines_python():
    value = os.environ.get('HEADPOSE_BASELINES_PYTHON')
    if not value:
        pytest.skip(
            f'needs the networks of the baselines: set HEADPOSE_BASELINES_PYTHON to the path of '
            f'{network_process.INSTALL}'
        )
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
    baseline = transformation_matrix.TransformationMatrix(bundle)

    def estimate(rotation):
        ((_, estimated),) = baseline.detect(rendered_head.render(rotation))
        return estimated

    check_turn(estimate, axis, degrees, 9.0)
    baseline.close()


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


@pytest.mark.parametrize('name', NETWORKS)
def test_networks_have_the_axes_of_the_labels(face_mesh, few, baselines_python, name):
    dataset = read_dataset(few)
    data = extract_landmarks(dataset, 'face_mesh', [PLAIN], 1)
    timed = np.flatnonzero(data.found)[:2]
    rotations, seconds = network_process.estimate(
        baselines_python, name, dataset, data.landmarks, timed
    )
    found = np.isfinite(rotations).all(axis=(1, 2))
    assert found.tolist() == data.found.tolist()
    assert pose_figures(rotations[found], data.labels[found])['MAE'] < 6.0
    assert 0.0 < seconds < 60.0


@pytest.mark.slow
@pytest.mark.parametrize('python', ['/nowhere/python', sys.executable])
def test_a_python_without_the_networks_is_an_error(python):
    with pytest.raises(TrainingError, match='use a Python .* with pip install'):
        network_process.check(Path(python))


@pytest.mark.parametrize('name', NETWORKS)
def test_boxes_are_those_in_the_file_of_a_crop(monkeypatch, name):
    asked = {}

    def answer(python, network, faces):
        asked.update(faces, network=network)
        return np.tile(np.eye(3), (len(faces['images']), 1, 1)), np.array([0.5, 2.0, 0.6])

    monkeypatch.setattr(network_process, '_run', answer)
    samples = [
        Sample(str(i), '', Path(f'/of/{i}.png'), np.zeros(3), np.zeros((2, 2)), None, (10 * i, 7))
        for i in range(3)
    ]
    landmarks = np.full((3, 468, 3), np.nan)
    landmarks[1:] = 50.0
    landmarks[1:, 10] = (50.0, 30.0, 0.0)  # the forehead
    landmarks[1:, 234], landmarks[1:, 152] = (40.0, 50.0, 0.0), (50.0, 64.0, 0.0)
    rotations, seconds = network_process.estimate(
        Path('python'), name, Dataset('d', '', samples, 0), landmarks, np.array([2])
    )
    assert (asked['network'], asked['timed'], seconds) == (name, 1, 0.6)
    assert asked['images'] == ['/of/2.png', '/of/1.png']
    top, height = (30.0, 34.0) if name == whenet.WHENet.NAME else (50.0, 14.0)
    assert asked['boxes'] == [[20.0, top - 7.0, 10.0, height], [30.0, top - 7.0, 10.0, height]]
    assert np.isfinite(rotations).all(axis=(1, 2)).tolist() == [False, True, True]


def test_3ddfa_v2_crops_a_square_that_is_black_outside_of_the_image():
    bgr = np.full((100, 200, 3), 80, np.uint8)
    inside = tddfa_v2.TddfaV2.crop(bgr, (80.0, 30.0, 20.0, 40.0))
    assert inside.shape == (120, 120, 3) and (inside == 80).all()
    # 57 pixels from (-18, -8) on, of which 18 and 8 are outside.
    corner = tddfa_v2.TddfaV2.crop(bgr, (0.0, 0.0, 20.0, 40.0))
    rows, columns = corner[..., 0].nonzero()
    assert (rows.min(), columns.min()) == pytest.approx((120 * 8 / 57, 120 * 18 / 57), abs=1.5)
    assert (rows.max(), columns.max()) == (119, 119)


def test_3ddfa_v2_is_read_in_the_optical_frame():
    labels = np.radians([[0.0, 0.0, 0.0], [25.0, 0.0, 0.0], [-10.0, 50.0, 20.0]])
    expected = rotation_from_label(labels)
    flip = np.diag([1.0, -1.0, -1.0])  # of optical frame and morphable face
    poses = np.zeros((3, 3, 4))
    poses[:, :, :3] = 4e-4 * flip @ expected @ flip
    poses[:, :, 3] = (60.0, 55.0, -70.0)  # where the face is
    rotations = tddfa_v2.rotations_from_poses(poses.reshape(3, 12))
    np.testing.assert_allclose(rotations, expected, atol=1e-9)


def test_whenet_has_the_angles_of_the_labels():
    degrees = np.array([[25.0, 0.0, 0.0], [-10.0, 50.0, 20.0], [5.0, 120.0, -30.0]])
    expected = rotation_from_label(np.radians(degrees))
    np.testing.assert_allclose(whenet.rotations_from_angles(degrees), expected, atol=1e-9)


def test_figures_in_a_camera_know_who_looks_down():
    labels = np.radians([[-50.0, 0.0, 0.0], [-30.0, 20.0, 0.0], [0.0, -20.0, 0.0], [40.0, 9, 0]])
    figures = camera_figures(rotation_from_label(labels * (0.8, 1.1, 1.0)), labels)
    assert figures['slope of pitch'] == pytest.approx(0.8)
    assert figures['slope of yaw'] == pytest.approx(1.1)
    down = camera_figures(rotation_from_label(labels[:1] * (0.8, 1.0, 1.0)), labels[:1])
    assert down[geodesic_at(LOOKING_DOWN)] == pytest.approx(10.0)
    up = camera_figures(rotation_from_label(labels[3:]), labels[3:])
    assert np.isnan(up[geodesic_at(LOOKING_DOWN)])


def run(*arguments, cwd):
    paths = [str(ROOT), str(ROOT / 'src'), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, '-m', 'training', 'benchmark', *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
    )


@pytest.fixture(scope='module')
def person(pointing04, tmp_path_factory):
    """Folder of a few images of Pointing'04."""
    folder = tmp_path_factory.mktemp('pointing04') / 'Person01'
    folder.mkdir()
    for file in sorted(pointing04.rglob('person01146*'))[::3]:
        for each in (file.with_suffix('.jpg'), file.with_suffix('.txt')):
            if not (folder / each.name).exists():
                (folder / each.name).symlink_to(each.resolve())
    return folder


@pytest.fixture(scope='module')
def crops(biwi, tmp_path_factory):
    """Folder of a few images of BIWI, from all of it."""
    folder = tmp_path_factory.mktemp('biwi')
    table = pd.read_csv(biwi / biwi_layout.LABELS, dtype=str)
    table[:: len(table) // IMAGES].to_csv(folder / biwi_layout.LABELS, index=False)
    for sequence in set(table['sequence']):
        (folder / sequence).symlink_to(biwi / sequence)
    return folder


@pytest.mark.slow
def test_the_command_measures_every_method(bundle, face_mesh, few, person, crops, tmp_path):
    data = extract_landmarks(read_dataset(crops), 'face_mesh', [PLAIN], 2)
    data.save(tmp_path / 'crops.npz')
    datasets = (few, '--pointing04', person, '--biwi', crops, '--landmarks', 'crops.npz')
    arguments = ('--folds', 3, '--repeats', 1, '--jobs', 2, '--out', 'out')
    result = run(*datasets, *arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    report = (tmp_path / 'out' / 'benchmark.md').read_text()
    assert report.strip() in result.stdout
    assert 'set --baselines-python' in report
    assert '6DRepNet' in report
    assert cv2.imread(str(tmp_path / 'out' / 'benchmark.png')) is not None

    table = pd.read_csv(tmp_path / 'out' / 'benchmark.csv')
    methods = {*OWN_NAMES.values(), *svr_recipe.NAMES.values()}
    methods |= {transformation_matrix.NAME, solve_pnp.NAME}
    assert len(table) == 4 * 2 * len(methods)
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
    third = table[(table['dataset'] == biwi_layout.NAME) & (table['faces'] == 'own')]
    assert third.filter(like='slope of').notna().all(axis=None)
    turned, as_they_come = (
        third[third['axes'] == axes].set_index('method') for axes in (CAMERA, SIGHT)
    )
    for name in OWN_NAMES.values():
        assert turned.loc[name, 'geodesic'] < as_they_come.loc[name, 'geodesic'] - 0.5
    for name in (transformation_matrix.NAME, solve_pnp.NAME):  # which suppose a camera
        assert turned.loc[name, 'geodesic'] == as_they_come.loc[name, 'geodesic']
    assert (turned.loc[list(OWN_NAMES.values()), 'MAE'] < 4.0).all()
    assert 'Without the line of sight' in report


@pytest.mark.slow
@pytest.mark.parametrize(
    ('dataset', 'words'),
    [
        ('AFLW2000-3D', 'its images differ'),
        ('BIWI', 'landmarks of BIWI; expected those of AFLW2000-3D'),
    ],
)
def test_files_that_do_not_belong_are_refused(bundle, face_mesh, few, tmp_path, dataset, words):
    names = np.array(['another'])
    landmarks = np.zeros((1, 468, 3), np.float32)
    data = landmark_file(landmarks, np.zeros((1, 3)), names, np.array([PLAIN]))
    replace(data, dataset=dataset).save(tmp_path / 'other.npz')
    result = run(few, '--landmarks', 'other.npz', cwd=tmp_path)
    assert result.returncode == 1
    assert f'other.npz: {words}' in result.stderr


@pytest.mark.slow
def test_a_dataset_without_roll_is_refused(pointing04, tmp_path):
    result = run(pointing04, cwd=tmp_path)
    assert result.returncode == 1
    assert 'error: ' in result.stderr
    assert 'has no roll labels' in result.stderr


def test_the_detector_and_the_peer_find_the_same_landmarks(bundle, rendered_head):
    image = rendered_head.render(np.eye(3))
    baseline = transformation_matrix.TransformationMatrix(bundle)
    detector = create_detector('face_landmarker', 'image', 1, bundle)
    ((landmarks, _),), (face,) = baseline.detect(image), detector.detect(image)
    # The baseline has one look at the whole image, the detector a closer one.
    away = np.linalg.norm(landmarks - face.landmarks, axis=1)
    assert away.mean() < 0.02 * face.box.longer_side
    baseline.close()
    detector.close()
