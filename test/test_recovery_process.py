# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Processes that are killed, and processes that are told to end in the middle of their work."""

import signal
import time

import numpy as np
import pytest
from geometry_msgs.msg import Vector3Stamped
from recovering import GROWTH, LATECOMERS, footprint
from sensor_msgs.msg import Image
from std_msgs.msg import Int32

# Share of a core above which a node is at work; without images it needs less than 0.03.
AT_WORK = 0.4


@pytest.fixture
def started(ros):
    """A node, its camera, and its counts of faces, one for each image that is worked on."""
    process = ros.start('headpose_node')
    camera = ros.image_publisher()
    counts = ros.collect(Int32, 'head_pose/face_count')
    ros.connect(camera)
    return process, camera, counts


def wait(ros, seconds):
    end = time.monotonic() + seconds
    ros.spin_until(lambda: time.monotonic() >= end, 'the time')


def test_a_camera_that_is_killed_comes_back(ros):
    node = ros.start('headpose_node')
    poses = ros.collect(Vector3Stamped, 'head_pose')
    footprints = []
    for _ in range(3):
        camera = ros.start('camera_node', '--ros-args', '-p', 'width:=320', '-p', 'height:=240')
        poses.clear()
        ros.spin_until(lambda: len(poses) >= 15, 'poses of a live stream')
        footprints.append(footprint(node))
        camera.signal(signal.SIGKILL)
        assert camera.exit_code() == -signal.SIGKILL
        wait(ros, 0.2)  # for the image that was on its way
        poses.clear()
        wait(ros, 0.2)
        assert not poses
    assert footprints[-1].memory < footprints[1].memory + GROWTH, footprints
    assert footprints[-1].threads <= footprints[1].threads + LATECOMERS, footprints
    assert footprints[-1].files <= footprints[1].files + LATECOMERS, footprints
    node.signal(signal.SIGINT)
    assert node.exit_code() == 0
    assert 'Traceback' not in node.output


@pytest.mark.parametrize(
    'numbers', [[signal.SIGINT], [signal.SIGINT, signal.SIGINT], [signal.SIGTERM]], ids=str
)
def test_signals_end_it_cleanly(ros, started, rendered_head, numbers):
    process, camera, counts = started
    image = ros.image(rendered_head.render(np.eye(3)))
    ros.spin_until(lambda: counts, 'the first image', lambda: camera.publish(image))
    assert counts[0].data == 1
    for number in numbers:
        process.signal(number)
    assert process.exit_code() == 0, process.output
    assert 'Traceback' not in process.output


@pytest.mark.parametrize(
    'numbers', [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]], ids=str
)
def test_signals_in_the_middle_of_an_image(ros, started, numbers):
    process, camera, counts = started
    # The work on such an image takes a quarter of a second and more.
    large = Image(height=8000, width=12000, encoding='mono8', step=12000)
    large.data.frombytes(np.full((8000, 12000), 90, np.uint8))

    def share_of_a_core(seconds):
        before, begin = process.seconds_used, time.monotonic()
        wait(ros, seconds)
        return (process.seconds_used - before) / (time.monotonic() - begin)

    def is_in_the_middle(delay):
        """Send an image, and see whether the node has begun with it and is not done."""
        used = process.seconds_used
        ros.spin_until(
            lambda: process.seconds_used > used + 0.05,
            'work on an image',
            lambda: camera.publish(large),
            period=5.0,
        )
        counts.clear()
        wait(ros, delay)
        return share_of_a_core(0.05) > AT_WORK and not counts

    ros.spin_until(lambda: counts, 'the first image', lambda: camera.publish(large), period=5.0)
    for delay in (0.2, 0.1, 0.05, 0.02, 0.01, 0.0):
        if is_in_the_middle(delay):
            break
        wait(ros, 1.0)
    else:
        pytest.fail('the node was never seen in the middle of an image')
    for number in numbers:
        process.signal(number)
    assert process.exit_code() == 0, process.output
    assert 'Traceback' not in process.output
    assert 'dropped an image' not in process.output
