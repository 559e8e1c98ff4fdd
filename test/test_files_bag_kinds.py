# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Bags as recorders leave them: compressed, killed, of drivers with habits of their own."""

import os
import shutil

import cv2
import numpy as np
import pytest
from files_made import (
    IMAGE,
    RATE,
    STORAGES,
    TOPIC,
    TYPES,
    angles,
    camera_info_message,
    header,
    image_bag,
    image_message,
    moving_head,
    rows_of,
    storage_file,
    write_bag,
)
from rosbags.rosbag2 import CompressionMode

from headpose_ros.images.stamps import STANDING_STILL

pytestmark = pytest.mark.usefixtures('face_mesh')

COUNT = 6


@pytest.fixture(scope='module')
def images(bag_head):
    return moving_head(bag_head, COUNT)


@pytest.fixture
def rows(headpose, tmp_path, images):
    """Of the images in a bag without anything odd."""
    return headpose.rows('bag', image_bag(tmp_path / 'plain', images))


@pytest.fixture(params=['message', 'file'])
def compression(request):
    return CompressionMode[request.param.upper()]


@pytest.mark.parametrize('storage', STORAGES)
def test_compressed_bags_are_read_whole_killed_and_by_their_file(
    headpose, tmp_path, images, rows, storage, compression
):
    bag = image_bag(tmp_path / 'bag', images, storage, compression=compression)
    file = storage_file(bag)
    assert (file.suffix == '.zstd') == (compression is CompressionMode.FILE)
    assert headpose.rows('bag', bag) == rows
    (bag / 'metadata.yaml').unlink()
    renamed = shutil.copy(file, tmp_path / f'{file.name.removesuffix(".zstd")}.zst')
    for each in (bag, file, *([renamed] if file.suffix == '.zstd' else [])):
        assert headpose.rows('bag', each) == rows
        code, told, error = headpose('info', each)
        assert code == 0 and f'{COUNT} messages' in told, error


@pytest.mark.parametrize('storage', STORAGES)
def test_what_is_left_of_a_compressed_file_is_read(headpose, tmp_path, images, storage):
    rng = np.random.default_rng(0)  # noise, so that what is cut off is as long as it looks
    images = [image ^ rng.integers(0, 16, image.shape, np.uint8) for image in 2 * images]
    bag = image_bag(tmp_path / 'bag', images, storage, compression=CompressionMode.FILE)
    file = storage_file(bag)
    os.truncate(file, file.stat().st_size * 3 // 4)
    for each in (bag, file):
        code, out, error = headpose('bag', each)
        assert code == 1 and 'is damaged or truncated' in error and 'Traceback' not in error
        assert 1 < len(rows_of(out)) < 2 * COUNT
    file.write_bytes(file.read_bytes()[:100])
    assert 'is a damaged bag' in headpose.refusal('bag', file)


def test_no_room_to_decompress(headpose, tmp_path, images, monkeypatch):
    bag = image_bag(tmp_path / 'bag', images, 'db3', compression=CompressionMode.FILE)

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(shutil, 'copyfileobj', full)
    for each in (bag, storage_file(bag)):
        sentence = headpose.refusal('bag', each)
        assert 'No space left on device' in sentence and 'set TMPDIR' in sentence


@pytest.mark.parametrize('storage', STORAGES)
def test_a_bag_that_another_command_is_given_is_told(headpose, tmp_path, images, storage):
    file = storage_file(image_bag(tmp_path / 'bag', images[:1], storage))
    for command in ('image', 'video'):
        assert 'use headpose bag' in headpose.refusal(command, file)


def test_a_bag_is_the_same_to_all_commands(headpose, tmp_path, images):
    bag = image_bag(tmp_path / 'bag', images[:1])
    storage_file(bag).unlink()
    for command in ('bag', 'info'):
        assert 'is a damaged bag' in headpose.refusal(command, bag)
    old = tmp_path / 'old.bag'
    old.write_bytes(b'#ROSBAG V2.0\n')
    for command in ('bag', 'info'):
        assert f'rosbags-convert --src {old} --dst' in headpose.refusal(command, old)


def test_stamps_that_stand_still_are_told(headpose, tmp_path, images):
    standing = image_bag(tmp_path / 'standing', images, stamps=[0.0] * COUNT)
    code, _, error = headpose('bag', standing)
    told = f'{STANDING_STILL} ({COUNT - 1} of {COUNT} images repeat the previous stamp)'
    assert code == 0 and told in error.splitlines()
    _, _, error = headpose('bag', image_bag(tmp_path / 'going', images))
    assert STANDING_STILL not in error


@pytest.mark.parametrize('model', ['none', 'inverse_brown_conrady'])
def test_no_distortion_by_any_name_is_calibrated(headpose, tmp_path, bag_head, images, model):
    def run(name, distortion):
        info = camera_info_message(bag_head.camera_matrix, 320, 240, 1.0, name, distortion)
        bag = write_bag(tmp_path / f'{name}{any(distortion)}', [
            ('/front/image', image_message(images[0], 1.0)), ('/front/camera_info', info),
        ])
        return headpose('bag', bag)

    _, out, error = run(model, [0.0] * 5)
    assert 'calibration from /front/camera_info' in error.splitlines()
    assert out == run('plumb_bob', [0.0] * 5)[1]
    _, _, error = run(model, [0.1, 0.0, 0.0, 0.0, 0.0])
    assert f"unknown distortion model '{model}'; known: plumb_bob" in error


def test_a_rectified_topic_of_an_unrectified_calibration_is_told(
    headpose, tmp_path, bag_head, images
):
    def told(topic, *options, distortion=(0.1, 0.0, 0.0, 0.0, 0.0)):
        info = camera_info_message(bag_head.camera_matrix, 320, 240, 1.0, distortion=distortion)
        bag = write_bag(tmp_path / f'{len(list(tmp_path.iterdir()))}', [
            (topic, image_message(images[0], 1.0)), ('/front/camera_info', info),
        ])
        _, _, error = headpose('bag', bag, *options)
        assert 'calibration from /front/camera_info' in error
        return 'add --rectified' in error

    assert told('/front/image_rect') and told('/front/image_rect_color')
    assert not told('/front/image_rect', '--rectified')
    assert not told('/front/image_raw') and not told('/front/direct')
    assert not told('/front/image_rect_raw', distortion=[0.0] * 5)


def test_infrared_of_10_and_12_bits_and_floats(headpose, tmp_path, images, rows):
    """The range is that of the whole stream."""
    grey = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in images]
    expected = angles(headpose.rows('bag', write_bag(tmp_path / 'grey', [
        (TOPIC, grey_message(image, 'mono8', i)) for i, image in enumerate(grey)
    ])))
    for encoding, samples in (
        ('mono16', [image.astype(np.uint16) << 2 for image in grey]),
        ('16UC1', [image.astype(np.uint16) << 4 for image in grey]),
        ('32FC1', [image.astype(np.float32) / 255 for image in grey]),
    ):
        bag = write_bag(tmp_path / encoding, [
            (TOPIC, grey_message(image, encoding, i)) for i, image in enumerate(samples)
        ])
        np.testing.assert_allclose(angles(headpose.rows('bag', bag)), expected, atol=1.0)


def test_infrared_from_the_wild(headpose, cases):
    rows = angles(headpose.rows('bag', cases / 'bags' / 'ir10'))
    np.testing.assert_allclose(rows, [[17.0, 18.0, -17.0]] * 5, atol=3.0)


def grey_message(samples, encoding, i):
    height, width = samples.shape
    step = width * samples.itemsize
    return IMAGE, TYPES.types[IMAGE](
        header(i / RATE), height, width, encoding, 0, step, samples.ravel().view(np.uint8)
    )


@pytest.mark.parametrize('name', ['filezstd_db3', 'msgzstd_killed_db3', 'stampzero', 'ci_none'])
def test_bags_from_the_wild(headpose, cases, name):
    code, told, error = headpose('info', cases / 'bags' / name)
    assert code == 0 and '/camera/image_raw  ' in told, error
    code, _, error = headpose('bag', cases / 'bags' / name)
    assert code == 0 and ' 0 without a face, 0 unreadable' in error
    assert (STANDING_STILL in error) == (name == 'stampzero')
    assert ('calibration from /camera/camera_info' in error.splitlines()) == (name == 'ci_none')
