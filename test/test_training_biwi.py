# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""BIWI: the reader, its refusals, and what is measured in the axes of a calibrated camera."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
from made_up import landmark_file, random_faces
from scipy.spatial.transform import Rotation

from headpose_ros.head_pose import HeadPose
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.regression.model_file import load_model
from headpose_ros.six_dof import camera_pose
from training import cli
from training.augmentation import PLAIN
from training.biwi import CAMERA
from training.datasets import obstacle_to_training, read_dataset
from training.errors import TrainingError
from training.estimates import Estimates, estimate_faces
from training.evaluate import evaluate
from training.landmarks import extract_landmarks
from training.metrics import angle_slopes, label_masks, pose_figures
from training.rotation import label_from_rotation, rotation_from_label

HEADER = 'image,sequence,pitch,yaw,roll,crop_x,crop_y'
LINES = ('02/a.png,02,1.5,-20,3,300.5,200', '01/b.png,01,-30,45.25,-5,0,431.5')
CROP = (40, 48)  # pixels, width and height


def write_folder(folder, *lines):
    """Labels and two crops of one colour."""
    for name, level in (('01/b', 90), ('02/a', 200)):
        (folder / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f'{name}.png'), np.full((*CROP[::-1], 3), level, np.uint8))
    (folder / 'labels.csv').write_text('\n'.join(lines) + '\n')
    return folder


def test_crops_are_read_as_images_of_the_camera(tmp_path):
    dataset = read_dataset(write_folder(tmp_path, HEADER, *LINES))
    assert (dataset.name, dataset.left_out, dataset.has_roll) == ('BIWI', 0, True)
    assert 'IJCV 2013' in dataset.terms
    low, high = dataset.samples
    assert [(s.name, s.group) for s in dataset.samples] == [('01/b', '01'), ('02/a', '02')]
    assert np.degrees(low.label) == pytest.approx([-30.0, 45.25, -5.0])
    assert (low.camera.width, low.camera.height) == (640, 480)
    for sample, (left, top), level in ((low, (0, 432), 90), (high, (300, 200), 200)):
        image = sample.read_image()
        assert (image.shape, image.dtype) == ((480, 640, 3), np.uint8)
        ys, xs = image[..., 0].nonzero()
        assert (xs.min(), xs.max() + 1) == (left, left + CROP[0])
        assert (ys.min(), ys.max() + 1) == (top, top + CROP[1])
        assert set(image[image > 0]) == {level}
        # The region is in the middle of the crop, and smaller.
        middle = np.array([left, top]) + np.array(CROP) / 2.0
        assert sample.region.mean(axis=0) == pytest.approx(middle)
        assert np.ptp(sample.region, axis=0) == pytest.approx([30.0, 36.0])


@pytest.mark.parametrize(
    ('lines', 'words'),
    [
        ((HEADER.replace('yaw,', ''), LINES[0]), 'no column yaw; expected a header image, seq'),
        ((HEADER, LINES[0], LINES[1].replace('45.25', 'left')), "yaw of 01/b.png is 'left'"),
        ((HEADER, LINES[0].replace('300.5', '')), "crop_x of 02/a.png is ''; expected a number"),
        ((HEADER, LINES[0].replace('1.5', 'inf')), "pitch of 02/a.png is 'inf'"),
        ((HEADER, LINES[0].replace('a.png', 'c.png')), 'c.png: no such image'),
        ((HEADER, LINES[1].replace('431.5', '433')), r'b.png: 40 x 48 pixels at \(0, 433\)'),
        ((HEADER, LINES[0].replace('300.5', '-1')), r'a.png: 40 x 48 pixels at \(-1, 200\)'),
        ((HEADER,), 'no rows'),
        (('',), 'not a readable table'),
        ((HEADER, *LINES, 'a' + 9 * ','), 'not a readable table'),
    ],
)
def test_broken_labels_are_refused(tmp_path, lines, words):
    write_folder(tmp_path, *lines)
    with pytest.raises(TrainingError, match=words):
        read_dataset(tmp_path)


def test_broken_images_are_refused(tmp_path):
    write_folder(tmp_path, HEADER, *LINES)
    (tmp_path / '01/b.png').write_bytes(b'no image')
    with pytest.raises(TrainingError, match='b.png: not a readable image'):
        read_dataset(tmp_path)


def test_without_labels_it_is_no_dataset(tmp_path):
    write_folder(tmp_path, HEADER, *LINES)
    (tmp_path / 'labels.csv').unlink()
    with pytest.raises(TrainingError, match=r'nor a labels\.csv \(BIWI\)'):
        read_dataset(tmp_path)


def some_faces(count):
    """Landmarks (count, 468, 3) of faces as large as those of BIWI, all over the image."""
    places = np.random.default_rng(1).uniform((60, 60, 0), (520, 360, 0), (count, 1, 3))
    return 0.1 * random_faces(count) + places


def biwi_landmarks(count):
    """A landmark file as of BIWI, of two people who look in different directions."""
    names = np.array([f'{i % 2}/{i}' for i in range(count)])
    labels = np.radians(np.random.default_rng(2).uniform(-50.0, 50.0, (count, 3)))
    data = landmark_file(some_faces(count), labels, names, np.full(count, PLAIN))
    return replace(data, dataset='BIWI', groups=np.array([name[0] for name in names]))


@pytest.mark.parametrize('command', ['fit', 'compare'])
def test_it_is_not_trained_on(tmp_path, capsys, command):
    biwi_landmarks(4).save(tmp_path / 'biwi.npz')  # of fewer people than folds, too
    arguments = (command, str(tmp_path / 'biwi.npz'), '--out', str(tmp_path / 'out'))
    assert cli.main(list(arguments)) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: BIWI is for testing only') and error.count('\n') == 1
    assert not list((tmp_path / 'out').iterdir())


def test_what_can_be_trained_on():
    assert not obstacle_to_training('AFLW2000-3D', 'some terms', True)
    assert 'has no roll labels' in obstacle_to_training("Pointing'04", 'some terms', False)
    assert 'some terms' in obstacle_to_training('BIWI', 'some terms', True)


def test_estimates_are_those_of_the_estimator_in_the_axes_of_the_camera():
    model, landmarks = load_model(None, 'face_mesh'), some_faces(5)
    estimates = estimate_faces(model, landmarks, CAMERA)
    for face, rotation, ray, std in zip(
        landmarks, estimates.rotations, estimates.rays, estimates.std, strict=True
    ):
        sight = CAMERA.sight_to(face)
        head = HeadPose(ray.T @ rotation, face, std, 1.0, sight=sight)
        np.testing.assert_allclose(camera_pose(head).rotation, rotation, atol=1e-9)
    rotations, std = model.predict_with_std(landmarks)
    plain = estimate_faces(model, landmarks, None)
    np.testing.assert_array_equal(plain.rotations, rotations)
    np.testing.assert_array_equal(plain.std, std)
    np.testing.assert_array_equal(plain.rays, [np.eye(3)] * 5)


def test_deviations_are_held_against_errors_along_the_line_of_sight():
    ray = Rotation.from_euler('y', 25, degrees=True).as_matrix()
    off = rotation_from_label(np.radians([0.0, 0.0, 6.0]))
    estimates = Estimates(ray[None] @ off, ray[None], np.radians([[3.0, 1.0, 1.0]]))
    assert estimates.deviation_ratios(ray[None])[0] == pytest.approx([2.0, 0.0, 0.0], abs=1e-9)


def test_the_mean_offset_of_each_person_is_removed():
    chance = np.random.default_rng(3)
    labelled = rotation_from_label(chance.uniform(-0.6, 0.6, (40, 3)))
    groups = np.array(['anna', 'bert'] * 20)
    offsets = {
        'anna': Rotation.from_rotvec([0.1, 0.0, -0.05]).as_matrix(),
        'bert': Rotation.from_rotvec([0.0, 0.2, 0.0]).as_matrix(),
    }
    off = labelled @ np.array([offsets[group] for group in groups])
    estimates = Estimates(off, np.tile(np.eye(3), (40, 1, 1)), np.full((40, 3), 0.1))
    corrected = estimates.without_offsets(labelled, groups)
    np.testing.assert_allclose(corrected.rotations, labelled, atol=1e-9)
    np.testing.assert_array_equal(estimates.rotations, off)
    together = estimates.without_offsets(labelled, np.full(40, 'both'))
    assert pose_figures(together.rotations, label_from_rotation(labelled))['geodesic'] > 3.0


def test_slopes_are_of_the_estimate_on_the_label():
    labels = np.radians(np.random.default_rng(4).uniform(-60.0, 60.0, (50, 3)))
    labels[:, 2] = 0.1
    estimated = labels * (0.8, 1.1, 1.0) + (0.2, -0.1, 0.0)
    slopes = angle_slopes(rotation_from_label(estimated), labels)
    assert slopes == pytest.approx([0.8, 1.1, np.nan], nan_ok=True)


def test_ranges_of_pitch_and_yaw_begin_with_their_lower_limit():
    labels = np.zeros((8, 3))
    labels[:, 0] = np.radians([-41.0, -40.0, -20.0, 19.0, 20.0, 40.0, 0.0, 0.0])
    labels[6:, 1] = np.radians([-30.0, 60.0])
    masks = label_masks(labels)
    counts = {name: int(mask.sum()) for name, mask in masks.items()}
    assert counts == {
        'pitch < -40': 1, 'pitch -40 to -20': 1, 'pitch -20 to 20': 4, 'pitch 20 to 40': 1,
        'pitch >= 40': 1, 'pitch < -20': 2, 'abs(yaw) < 30': 6, 'abs(yaw) 30-60': 1,
        'abs(yaw) >= 60': 1, 'all': 8,
    }


def test_what_is_found_is_told_by_range(tmp_path):
    data = biwi_landmarks(24)
    labels, landmarks = data.labels.copy(), data.landmarks.copy()
    labels[:, 0] = np.radians(np.where(np.arange(24) < 3, -50.0, 5.0))
    landmarks[:4] = np.nan  # all that look far down, and another one
    replace(data, labels=labels, landmarks=landmarks).save(tmp_path / 'biwi.npz')
    report = evaluate(tmp_path / 'biwi.npz', None, 'face_mesh', tmp_path)
    assert (tmp_path / 'report.md').read_text() == report + '\n'
    assert 'in the axes of the calibrated camera' in report
    for part in report.split('## Without the offset of each person'):
        assert re.search(r'\| pitch < -40 +\| +3 \| +0\.0 \| +nan', part)
        assert re.search(r'\| pitch -20 to 20 +\| +21 \| +95\.2 \| +\d', part)
        assert 'Slope of estimate against label' in part
        assert 'pitch >= 40' not in part


def figure(report, name):
    """The first of that name in a report."""
    return float(re.search(rf'^\| {name} +\| +(\S+) \|', report, re.MULTILINE)[1])


@pytest.fixture(scope='module')
def rendered_folder(face_mesh, tmp_path_factory):
    """Crops of the built-in head, far from the middle of the camera's image."""
    folder = tmp_path_factory.mktemp('BIWI')
    head, half, lines = RenderedHead(640, 480, CAMERA.matrix[0, 0]), 60, [HEADER]
    for i, (x, y) in enumerate([(-0.32, -0.18), (0.32, -0.18), (-0.32, 0.15), (0.32, 0.15)] * 2):
        rotation = rotation_from_label(np.radians([(-15, 10)[i % 2], (-20, 25)[i // 4], 5]))
        position = (x, y, 0.9)
        centre = head.project(np.array(position))
        left, top = np.rint(centre - half).astype(int)
        crop = head.render(rotation, position)[top : top + 2 * half, left : left + 2 * half]
        cv2.imwrite(str(folder / f'{i}.png'), crop)
        angles = np.degrees(label_from_rotation(rotation))
        lines.append(f'{i}.png,{i // 4},{",".join(map(str, angles))},{left},{top}')
    (folder / 'labels.csv').write_text('\n'.join(lines))
    return folder


@pytest.mark.slow
def test_evaluate_measures_in_the_axes_of_the_camera(rendered_folder, tmp_path):
    report = evaluate(rendered_folder, None, 'face_mesh', tmp_path, jobs=1)
    assert re.search(r'\| all +\| +8 \| +8 \| 100\.0%', report)
    assert figure(report, 'geodesic') < 5.5
    assert 'Without the offset' not in report  # of four faces a person
    for picture in ('error_by_yaw', 'worst_images'):
        assert cv2.imread(str(tmp_path / f'{picture}.png')) is not None
    # The head as it is seen is turned by up to 23 degrees from the axes of the camera.
    data = extract_landmarks(read_dataset(rendered_folder), 'face_mesh', [PLAIN], jobs=1)
    as_seen = estimate_faces(load_model(None, 'face_mesh'), data.landmarks, None)
    assert pose_figures(as_seen.rotations, data.labels)['geodesic'] > 15.0


@pytest.mark.slow
def test_accuracy_on_biwi(biwi, face_mesh, tmp_path):
    table = pd.read_csv(biwi / 'labels.csv', dtype=str)
    table[:: len(table) // 60].to_csv(tmp_path / 'labels.csv', index=False)
    for sequence in set(table['sequence']):
        (tmp_path / sequence).symlink_to(biwi / sequence)
    out = tmp_path / 'out'
    out.mkdir()
    report = evaluate(tmp_path, None, 'face_mesh', out)
    assert re.search(r'\| all +\| +62 \| +6[12] \|', report)
    assert figure(report, 'geodesic') < 6.0
    assert figure(report, 'MAE') < 3.2
    slopes = re.search(r'pitch (\S+), yaw (\S+)\.\n', report).groups()
    assert list(map(float, slopes)) == pytest.approx([0.97, 1.03], abs=0.08)
    one, two = re.findall(r'\| all +\| +(\S+) \| +(\S+) \|', report)[-1]
    assert 60.0 < float(one) < 80.0 and float(two) > 90.0
