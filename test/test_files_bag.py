# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose bag``: rosbag2 files, MCAP and SQLite, whole and broken, without ROS."""

import os
import shutil

import cv2
import numpy as np
import pytest
from files_made import (
    RATE,
    START,
    STORAGES,
    TOPIC,
    angles,
    camera_info_message,
    compressed_message,
    image_bag,
    image_message,
    moving_head,
    rows_of,
    storage_file,
    write_bag,
)

from headpose_ros.camera.camera import Camera, opencv_matrix
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import HeadFollower

pytestmark = pytest.mark.usefixtures('face_mesh')

COUNT = 12


@pytest.fixture(scope='module')
def images(bag_head):
    return moving_head(bag_head, COUNT)


@pytest.fixture(params=STORAGES)
def bag(request, tmp_path, images):
    """A bag of each storage."""
    return image_bag(tmp_path / 'bag', images, request.param)


def test_rows_are_of_the_images_and_have_their_stamps(headpose, bag, tmp_path):
    drawn = tmp_path / 'drawn.mp4'
    code, out, error = headpose('bag', bag, '--out', '-', '--annotated', drawn)
    rows = rows_of(out)
    assert code == 0 and [int(row['frame']) for row in rows] == list(range(COUNT))
    stamps = [float(row['stamp']) for row in rows]
    np.testing.assert_allclose(stamps, START + np.arange(COUNT) / RATE, atol=1e-6)
    assert {(row['source'], row['id'], row['primary']) for row in rows} == {(TOPIC, 'f1', '1')}
    assert f'{COUNT} frames: {COUNT} faces, 0 without a face, 0 unreadable' in error
    assert 'uncalibrated: no /camera/camera_info in the bag' in error
    video = cv2.VideoCapture(str(drawn))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(RATE, rel=0.01)
    # A file of the bag, without the metadata beside it, says all there is to say.
    (bag / 'metadata.yaml').unlink()
    assert headpose.rows('bag', bag) == headpose.rows('bag', storage_file(bag)) == rows


def test_the_calibration_beside_the_images_counts(headpose, tmp_path, bag_head, images):
    # It is recorded after the image that it belongs to; the pixels of ROS begin at (0, 0).
    matrix = opencv_matrix(bag_head.camera_matrix)
    recorded = []
    for i, bgr in enumerate(images):
        recorded += [
            ('/front/image_raw/compressed', compressed_message(bgr, START + i / RATE)),
            ('/front/camera_info', camera_info_message(matrix, 320, 240, START + i / RATE)),
        ]
    bag = write_bag(tmp_path / 'bag', recorded)
    code, out, error = headpose('bag', bag)
    assert code == 0 and 'calibration from /front/camera_info' in error.splitlines()
    camera = Camera(matrix, np.zeros(5), 'plumb_bob', 320, 240)
    for known, is_equal in ((camera, True), (None, False)):
        with HeadPoseEstimator(mode='video') as estimator:
            follower = HeadFollower(estimator)
            expected = [
                np.degrees(follower.update(bgr, START + i / RATE, known).primary.rpy)
                for i, bgr in enumerate(images)
            ]
        assert np.allclose(angles(rows_of(out)), expected, atol=1e-3) == is_equal


def test_the_topic_is_named_where_there_are_several(headpose, tmp_path, images):
    odd = b'\x00\x01\x00\x00 odd'
    bag = write_bag(tmp_path / 'bag', [
        ('/left/image', image_message(images[0], START)),
        ('/right/image', image_message(images[0], START)),
        ('/chatter', ('std_msgs/msg/String', odd)),
    ])
    several = headpose.refusal('bag', bag)
    assert 'choose by --topic: /left/image, /right/image' in several
    assert headpose.rows('bag', bag, '--topic', '/left/image')[0]['source'] == '/left/image'
    assert 'its image topics: /left/image, /right/image' in headpose.refusal(
        'bag', bag, '--topic', '/chatter'
    )
    silent = write_bag(tmp_path / 'silent', [('/chatter', ('std_msgs/msg/String', odd))])
    assert 'has no image topic; its topics: /chatter' in headpose.refusal('bag', silent)


def test_broken_images_are_told_and_skipped(headpose, tmp_path, images):
    kind, whole = image_message(images[0], START)
    short = image_message(images[0], START)[1]
    short.data = short.data[:100]
    bag = write_bag(tmp_path / 'bag', [
        (TOPIC, (kind, whole)),
        (TOPIC, (kind, short)),
        (TOPIC, (kind, b'\x00\x01\x00\x00 nonsense')),
        (TOPIC, image_message(images[0], START, 'h264')),
        (TOPIC, (kind, whole)),
    ])
    code, out, error = headpose('bag', bag)
    assert code == 0 and [row['frame'] for row in rows_of(out)] == ['0', '4']
    assert f'skipped: image 1 of {TOPIC}: data has 100 bytes' in error
    assert f'skipped: image 2 of {TOPIC}: the message cannot be deserialized' in error
    assert f"skipped: image 3 of {TOPIC}: unsupported encoding 'h264'" in error
    assert '5 frames: 2 faces, 0 without a face, 3 unreadable' in error


def test_what_is_left_of_a_bag_that_was_cut_short_is_read(headpose, bag, tmp_path):
    whole, file = headpose.rows('bag', bag), storage_file(bag)
    os.truncate(file, file.stat().st_size * 3 // 4)
    out = tmp_path / 'rows.csv'
    for each in (bag, file):
        sentence = headpose.refusal('bag', each, '--out', out, '--force')
        assert f'{each if each == file else bag} is damaged or truncated' in sentence
        rows = rows_of(out.read_text())
        assert COUNT // 3 < len(rows) < COUNT and rows == whole[:len(rows)]
    code, told, _ = headpose('info', bag)
    assert code == 0 and 'damaged' in told and TOPIC in told


@pytest.mark.parametrize('spoil, told', [
    (shutil.rmtree, 'no such bag'),
    (lambda bag: [path.unlink() for path in bag.iterdir()], 'not a bag folder'),
    (lambda bag: storage_file(bag).unlink(), 'is a damaged bag'),
    (lambda bag: storage_file(bag).write_bytes(b''), 'is a damaged bag'),
    (lambda bag: storage_file(bag).write_bytes(b'x' * 10**5), 'is a damaged bag'),
    (lambda bag: (bag / 'metadata.yaml').rename(bag / 'b.mcap') and None, 'is a damaged bag'),
], ids=['gone', 'empty', 'no storage', 'empty storage', 'no storage inside', 'text'])
def test_what_is_no_bag_is_one_sentence(headpose, bag, spoil, told):
    text = bag.parent / 'any.txt'
    text.write_text('x')
    assert 'is not a rosbag2 file' in headpose.refusal('bag', text)
    spoil(bag)
    if (bag / 'b.mcap').exists():
        assert 'ros2 bag reindex' in headpose.refusal('bag', bag)
        bag /= 'b.mcap'
    assert told in headpose.refusal('bag', bag)
