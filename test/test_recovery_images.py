# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""After images that are none, and calibrations that are none, the node goes on as before."""

import array
import copy

import cv2
import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped
from recovering import RecoveringNode
from ros_side import RosSide
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from headpose_ros.ros.output.messages import camera_info_message

TIMES = 5  # repetitions of what happens, and a good image after each


@pytest.fixture(scope='module')
def node(rendered_head):
    """One node for all that happens here: what came before must not matter."""
    ros = RosSide()
    try:
        node = RecoveringNode(ros, rendered_head.render(np.eye(3)))
        yield node
        node.end()
    finally:
        ros.close()


def changed(message, data=None, **fields):
    """A message with other fields, and with other bytes."""
    for name, value in fields.items():
        setattr(message, name, value)
    if data is not None:
        message.data = array.array('B', data)
    return message


FULL = 640 * 480 * 3  # bytes of a good image

# What is wrong with an image, what differs from a good one, and its bytes if they are others.
UNREADABLE = {
    'size zero': ({'width': 0, 'height': 0, 'step': 0}, b''),
    'size zero with pixels': ({'width': 0, 'height': 0}, None),
    'no rows': ({'height': 0}, None),
    'step too small': ({'step': 640 * 3 - 1}, None),
    'step zero': ({'step': 0}, None),
    'data too short': ({}, bytes(FULL - 1)),
    'no data': ({}, b''),
    'promises more than can be': ({'width': 2**32 - 1, 'height': 2**32 - 1}, None),
    'step beyond all data': ({'step': 2**32 - 1}, None),
    '8000x6000 without the pixels': ({'width': 8000, 'height': 6000, 'step': 24000}, None),
    'unknown encoding': ({'encoding': 'pineapple'}, None),
    'no encoding': ({'encoding': ''}, None),
    'encoding without end': ({'encoding': 'bgr8' * 5000}, None),
    'depth': ({'encoding': '32FC1', 'width': 480, 'step': 1920}, None),
    'odd width of shared colours': ({'encoding': 'yuv422', 'width': 639}, None),
}


def test_unreadable_images_are_dropped_and_nothing_of_them_stays(node):
    node.growth_of('frames dropped')  # up to now
    with node.recovery():
        for what, (fields, data) in UNREADABLE.items():
            broken = changed(node.ros.image(node.bgr), data, **fields)

            def are_dropped(broken=broken):
                for _ in range(TIMES):
                    node.camera.publish(broken)
                    node.pause(0.02)  # or the good image would take its place in the queue
                    node.next_pose()
                return node.growth_of('frames dropped') > 0

            node.ros.spin_until(are_dropped, f'a drop of one with {what}')


@pytest.mark.parametrize('size', [(1, 1), (1, 4000), (4000, 1), (3, 3)], ids=str)
def test_images_too_small_for_a_face_are_worked_on(node, size):
    small = node.ros.image(np.full((*size, 3), 200, np.uint8))

    def happening():
        assert node.work_on(small) == 0

    node.recovers_from(happening, TIMES)


def test_bytes_after_the_last_row_do_no_harm(node):
    def happening():
        message = node.ros.image(node.bgr)
        message.data.frombytes(bytes(4096))
        node.next_pose(message)

    node.recovers_from(happening, 2 * TIMES)


def test_images_of_48_megapixels(node):
    pixels = cv2.resize(cv2.cvtColor(node.bgr, cv2.COLOR_BGR2GRAY), (8000, 6000))

    def large(pixels):
        message = Image(height=6000, width=8000, encoding='mono8', step=8000)
        message.data.frombytes(pixels)
        return message

    empty, face = large(np.full_like(pixels, 90)), large(pixels)

    def happening():
        assert node.work_on(empty) == 0

    node.recovers_from(happening, 2)
    with node.recovery():
        node.ros.spin_until(
            lambda: node.work_on(face) == 1, 'a face of 48 megapixels', period=1.0
        )


NAN, INFINITE = float('nan'), float('inf')
K = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]


def all_of(number):
    return {'d': [number] * 5, 'k': [number] * 9, 'r': [number] * 9, 'p': [number] * 12}


# What is wrong with a camera_info, and what differs from a good one.
UNUSABLE = {
    'all NaN': all_of(NAN),
    'all infinite': all_of(INFINITE),
    'all zero': all_of(0.0),
    'NaN in the distortion alone': {'d': [NAN] * 5},
    'negative focal lengths': {'k': [-k for k in K]},
    'no size': {'width': 0, 'height': 0},
    'another size': {'width': 320, 'height': 240},
    'unknown lens': {'distortion_model': 'pineapple', 'd': [0.1] * 5},
    'too few coefficients': {'d': [0.1] * 3},
}


@pytest.fixture(scope='module')
def calibrated(node, rendered_head):
    """Publisher of ``camera_info``, the poses in camera axes, and a good ``camera_info``."""
    publisher = node.ros.image_publisher('camera_info', kind=CameraInfo)
    places = node.ros.collect(PoseWithCovarianceStamped, 'head_pose/pose')
    node.ros.connect(publisher)
    good = camera_info_message(Header(), 640, 480, rendered_head.camera_matrix)
    return publisher, places, good


@pytest.mark.parametrize('fields', UNUSABLE.values(), ids=UNUSABLE)
def test_a_calibration_that_makes_no_sense_stops_only_what_needs_one(node, calibrated, fields):
    publisher, places, good = calibrated
    broken = changed(copy.deepcopy(good), **fields)

    def has_no_place():
        """Whether an image has a pose, and none in camera axes."""
        header = node.next_pose().header
        node.next_pose()  # when this one has come, all of the one before has
        return all(place.header != header for place in places)

    def good_one():
        publisher.publish(good)
        node.camera.publish(node.ros.image(node.bgr))

    def happening():
        places.clear()
        node.ros.spin_until(lambda: places, 'a pose in camera axes', good_one)
        pose = places[-1].pose
        assert np.isfinite(pose.covariance).all()
        numbers = [*xyz(pose.pose.position), *xyz(pose.pose.orientation), pose.pose.orientation.w]
        assert np.isfinite(numbers).all()
        publisher.publish(broken)
        node.ros.spin_until(has_no_place, 'a pose without one in camera axes')

    told = len(node.process.output)
    node.recovers_from(happening, TIMES)
    # Once, although it came again and again.
    assert node.process.output[told:].count('uncalibrated: ') == 1


def xyz(message):
    return message.x, message.y, message.z
