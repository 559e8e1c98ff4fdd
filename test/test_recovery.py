# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Cameras that change, jump in time, flood, or have company: the node goes on as before."""

import signal
import time

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Vector3Stamped
from rclpy.qos import ReliabilityPolicy
from recovering import RecoveringNode
from ros_side import RosSide

from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.rotation import rotation_from_rpy

PERIOD = 1 / 30  # seconds between the images of a calm camera


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


def encoded(node, code, encoding):
    """The good image in another encoding."""
    pixels = cv2.cvtColor(node.bgr, code)
    message = node.ros.image(node.bgr)
    message.encoding, message.step = encoding, pixels.size // pixels.shape[0]
    del message.data[:]
    message.data.frombytes(pixels)
    return message


def test_the_encoding_changes_in_mid_stream(node):
    def happening():
        for code, encoding in (
            (cv2.COLOR_BGR2RGB, 'rgb8'),
            (cv2.COLOR_BGR2BGRA, 'bgra8'),
            (cv2.COLOR_BGR2GRAY, 'mono8'),
        ):
            node.next_pose(encoded(node, code, encoding))

    node.recovers_from(happening, 5)


def test_the_frame_changes_in_mid_stream(node):
    def happening():
        for frame in ('front', '', 'a' * 1000):
            message = node.ros.image(node.bgr, frame_id=frame)
            assert node.next_pose(message).header.frame_id == frame

    node.recovers_from(happening, 5)


def test_the_resolution_changes_in_mid_stream(node):
    def happening():
        for size in ((1280, 960), (320, 240), (641, 479)):
            node.next_pose(node.ros.image(cv2.resize(node.bgr, size)))

    node.recovers_from(happening, 5)


@pytest.fixture(scope='module')
def turned(rendered_head):
    """Images of a head that turns from its right to its left."""
    yaws = np.radians(np.linspace(-25, 25, 12))
    return [rendered_head.render(rotation_from_rpy(np.array([0.0, 0.0, yaw]))) for yaw in yaws]


def test_a_bag_that_loops_begins_anew_each_time(node, turned):
    def happening():
        yaws = [
            node.next_pose(node.ros.image(bgr, stamp=1000.0 + i * PERIOD)).vector.z
            for i, bgr in enumerate(turned)
        ]
        # A head that were smoothed with the end of the loop before would begin on its side.
        assert yaws[0] < 0.0 < yaws[-1], yaws

    node.recovers_from(happening, 4)


@pytest.mark.parametrize('stamp', [0.0, 1000.0, 2.0**31 - 1, -(2.0**31)], ids=str)
def test_stamps_that_stand_still(node, turned, stamp):
    def happening():
        yaws = [node.next_pose(node.ros.image(bgr, stamp=stamp)).vector.z for bgr in turned]
        assert yaws[0] < 0.0 < yaws[-1], yaws

    node.recovers_from(happening, 3)


def test_cameras_of_either_reliability_take_turns(node):
    def happening():
        for reliability in (ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE):
            node.ros.node.destroy_publisher(node.camera)
            node.camera = node.ros.image_publisher(reliability=reliability)
            node.ros.connect(node.camera)
            node.first_pose()

    node.recovers_from(happening, 3)


def test_two_cameras_on_one_topic(node):
    other = node.ros.image_publisher(reliability=ReliabilityPolicy.BEST_EFFORT)
    node.ros.connect(other)

    def happening():
        other.publish(node.ros.image(node.bgr, frame_id='other'))
        node.pause(0.02)

    try:
        node.recovers_from(happening, 5)
    finally:
        node.ros.node.destroy_publisher(other)


def test_a_flood_of_500_images_a_second(node):
    message = node.ros.image(cv2.resize(node.bgr, (320, 240)))
    ages, reports = [], node.ros.collect(DiagnosticArray, '/diagnostics')
    node.growth_of('frames skipped')  # what was skipped before does not count

    def flood(seconds):
        """Images a second."""
        sent, begin = 0, time.monotonic()
        while (passed := time.monotonic() - begin) < seconds:
            if passed >= sent / 500:
                sent += 1
                message.header.stamp = node.ros.node.get_clock().now().to_msg()
                node.camera.publish(message)
            node.poses.clear()
            node.ros.executor.spin_once(timeout_sec=0.0)
            now = node.ros.node.get_clock().now().nanoseconds * 1e-9
            ages.extend(now - stamp_seconds(pose.header) for pose in node.poses)
        return sent / seconds

    flood(1.0)  # until all buffers are there that it needs
    node.pause(0.7)
    ages.clear()
    with node.recovery():
        reports.clear()
        rate = flood(3.0)
        # The images leave time for everything else.
        assert len(reports) >= 2
        node.pause(0.7)  # for whoever was seen in the small images to be gone
    print(f'{rate:.0f} images a second, {len(ages) / 3.0:.0f} poses, oldest {max(ages):.3f} s')
    # A busy machine does not send so many either, but always more than can be worked on.
    assert rate > 200
    assert node.growth_of('frames skipped') > 300
    assert len(ages) > 15 and max(ages) < 1.0
    for _ in range(15):
        node.next_pose()
        node.pause(PERIOD)


def test_two_nodes_on_one_camera(node):
    ros = node.ros
    second = ros.collect(Vector3Stamped, '/second/head_pose')
    process = ros.start(
        'headpose_node', '--ros-args', '-r', '__ns:=/second', '-r', 'image:=/image'
    )
    ros.spin_until(
        lambda: second,
        'a pose of the second',
        lambda: node.camera.publish(ros.image(node.bgr)),
        PERIOD,
    )
    for _ in range(10):
        pose = node.next_pose()
        ros.spin_until(
            lambda pose=pose: any(p.header == pose.header for p in second), 'the same image'
        )
        twin = next(p for p in second if p.header == pose.header)
        angles = [[v.x, v.y, v.z] for v in (pose.vector, twin.vector)]
        np.testing.assert_allclose(*np.degrees(angles), atol=3.0)
    with node.recovery():
        process.signal(signal.SIGKILL)
        assert process.exit_code() == -signal.SIGKILL
