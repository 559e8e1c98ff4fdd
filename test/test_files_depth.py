# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose bag`` with depth in the bag: where heads are, measured."""

import json
import os

import numpy as np
import pytest
from files_made import (
    RATE,
    START,
    camera_info_message,
    compressed_depth_message,
    compressed_message,
    depth_message,
    image_message,
    write_bag,
)

from headpose_ros.camera.camera import opencv_matrix
from headpose_ros.landmarks import SELLION
from headpose_ros.media.sample_head.depth_camera import StructuredLight
from headpose_ros.media.sample_head.rendered_head import RenderedHead

pytestmark = pytest.mark.usefixtures('face_mesh')

COUNT = 15
PLACE = (0.04, 0.02, 0.6)
COLOUR, INFO = '/camera/color/image_raw', '/camera/color/camera_info'
ALIGNED = '/camera/aligned_depth_to_color/image_raw'


class Recording:
    """A still head: colour, calibration and depth."""

    def __init__(self):
        head = RenderedHead(320, 240, focal_length=300)
        self.bgr = head.render(np.eye(3), PLACE)
        exact = head.render_depth(np.eye(3), PLACE)
        camera = StructuredLight(320, 240, 300.0)
        self.depths = [camera.see(exact) for _ in range(COUNT)]
        self.matrix = opencv_matrix(head.camera_matrix)
        self.sellion = head.landmarks(np.eye(3), PLACE)[SELLION]

    def messages(self, depth_topic=ALIGNED, make=depth_message, delay=0, colour=image_message):
        """Messages of a bag, the depth of an image so many images after it."""
        recorded = []
        for i in range(COUNT + delay):
            if i < COUNT:
                stamp = START + i / RATE
                recorded.append((COLOUR, colour(self.bgr, stamp)))
                recorded.append((INFO, camera_info_message(self.matrix, 320, 240, stamp)))
            if i >= delay:
                at = START + (i - delay) / RATE
                recorded.append((depth_topic, make(self.depths[i - delay], at)))
        return recorded


@pytest.fixture(scope='module')
def recording():
    return Recording()


def places(rows):
    return np.array([[float(row[name]) for name in ('x_m', 'y_m', 'z_m')] for row in rows])


def test_depth_that_is_called_aligned_is_found(headpose, recording, tmp_path):
    bag = write_bag(tmp_path / 'bag', recording.messages())
    code, out, error = headpose('bag', bag, '--format', 'jsonl')
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and len(rows) == COUNT
    assert {row['from_depth'] for row in rows} == {1}
    errors = np.linalg.norm(places(rows) - recording.sellion, axis=1)
    assert errors.max() < 0.012
    assert all(0.002 < row['distance_std_m'] < 0.02 for row in rows)
    assert f'depth from {ALIGNED} used for {COUNT} images with faces' in error


def test_without_depth_places_follow_from_the_width(headpose, recording, tmp_path):
    messages = [each for each in recording.messages() if each[0] != ALIGNED]
    rows = headpose.rows('bag', write_bag(tmp_path / 'calibrated', messages))
    assert {row['from_depth'] for row in rows} == {'0'}
    assert (np.linalg.norm(places(rows) - recording.sellion, axis=1) < 0.06).all()
    assert all(float(row['distance_std_m']) > 0.02 for row in rows)
    bag = write_bag(tmp_path / 'bag', [each for each in messages if each[0] == COLOUR])
    for row in headpose.rows('bag', bag):
        assert not any(row[name] for name in ('x_m', 'y_m', 'z_m', 'distance_std_m', 'from_depth'))


@pytest.mark.parametrize('delay', [0, 3])
@pytest.mark.parametrize(('topic', 'make'), [
    ('/oak/stereo/image_raw', depth_message),
    ('/oak/stereo/image_raw/compressedDepth', compressed_depth_message),
])
def test_any_topic_can_be_named_and_depth_may_be_recorded_later(
    headpose, recording, tmp_path, topic, make, delay
):
    bag = write_bag(
        tmp_path / 'bag', recording.messages(topic, make, delay, compressed_message), 'db3'
    )
    code, out, error = headpose(
        'bag', bag, '--depth', topic, '--topic', COLOUR, '--format', 'jsonl'
    )
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [row['frame'] for row in rows] == list(range(COUNT)), error
    assert {row['from_depth'] for row in rows} == {1}
    assert np.linalg.norm(places(rows) - recording.sellion, axis=1).max() < 0.012


def test_what_cannot_be_used_is_told(headpose, recording, tmp_path):
    def odd(depth, stamp):
        return depth_message(np.ascontiguousarray(depth[:, :100]), stamp)

    bag = write_bag(tmp_path / 'bag', recording.messages(make=odd))
    code, out, error = headpose('bag', bag)
    assert code == 0 and out.count('\n') == COUNT + 1
    assert f'depth from {ALIGNED} used for 0 images with faces' in error
    assert 'depth is 100 x 240 but the colour image 320 x 240' in error
    assert f'no depth on /depth; possible depth topics: {ALIGNED}, {COLOUR}' in (
        headpose.refusal('bag', bag, '--depth', '/depth')
    )


def test_a_bag_that_was_cut_short_gives_what_waits_for_its_depth(headpose, recording, tmp_path):
    bag = write_bag(tmp_path / 'bag', recording.messages(delay=5))
    file = next(path for path in bag.iterdir() if path.suffix == '.mcap')
    os.truncate(file, file.stat().st_size * 2 // 3)
    out = tmp_path / 'rows.csv'
    assert 'damaged or truncated' in headpose.refusal('bag', bag, '--out', out)
    assert out.read_text().count('\n') > 6
