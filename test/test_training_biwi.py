# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""BIWI: the reader, and what it refuses."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_up import landmark_file, random_faces

from training import cli
from training.copies import PLAIN
from training.datasets import obstacle_to_training, read_dataset
from training.errors import TrainingError

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
        ((HEADER.replace('yaw,', ''), LINES[0]), 'no column yaw; want image, sequence, pitch'),
        ((HEADER, LINES[0], LINES[1].replace('45.25', 'left')), "yaw of 01/b.png is 'left'"),
        ((HEADER, LINES[0].replace('300.5', '')), "crop_x of 02/a.png is ''; want a number"),
        ((HEADER, LINES[0].replace('1.5', 'inf')), "pitch of 02/a.png is 'inf'"),
        ((HEADER, LINES[0].replace('a.png', 'c.png')), 'c.png: there is no such image'),
        ((HEADER, LINES[1].replace('431.5', '433')), r'b.png: 40 x 48 pixels from \(0, 433\)'),
        ((HEADER, LINES[0].replace('300.5', '-1')), r'a.png: 40 x 48 pixels from \(-1, 200\)'),
        ((HEADER,), 'no image in it'),
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
    with pytest.raises(TrainingError, match=r'no \.jpg image and no labels\.csv \(BIWI\)'):
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
    assert error.startswith('error: BIWI is for tests only') and error.count('\n') == 1
    assert not list((tmp_path / 'out').iterdir())


def test_what_can_be_trained_on():
    assert not obstacle_to_training('AFLW2000-3D', 'some terms', True)
    assert 'labels no roll' in obstacle_to_training("Pointing'04", 'some terms', False)
    assert 'some terms' in obstacle_to_training('BIWI', 'some terms', True)
