# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Streams at the edges: very large images, and subscribers that do not keep up."""

import threading

import cv2
import numpy as np
import pytest
import rclpy
from geometry_msgs.msg import Vector3Stamped
from rclpy.executors import SingleThreadedExecutor
from ros_side import LIMIT
from sensor_msgs.msg import Image


@pytest.fixture
def camera(ros):
    """Sends an image to a node, and the poses that come of it."""
    ros.start('headpose_node')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.connect(publisher)
    return lambda bgr: publisher.publish(ros.image(bgr)), poses


def test_images_larger_than_8_mb_get_through(ros, camera, rendered_head):
    send, poses = camera
    bgr = cv2.resize(rendered_head.render(np.eye(3)), (2240, 1680))
    assert bgr.nbytes > 8 * 2**20
    ros.spin_until(lambda: len(poses) > 3, 'poses', lambda: send(bgr), 0.2)


def test_a_slow_subscriber_slows_nobody_else(ros, camera, rendered_head):
    send, poses = camera
    bgr = rendered_head.render(np.eye(3))
    node = rclpy.create_node('slow_side', context=ros.context)
    executor = SingleThreadedExecutor(context=ros.context)
    executor.add_node(node)
    taken, release = [], threading.Event()

    def take(message):
        taken.append(message)
        release.wait(LIMIT)  # the first one keeps it busy until the end

    for kind, topic in ((Image, 'head_pose/annotated_image'), (Vector3Stamped, 'head_pose')):
        node.create_subscription(kind, topic, take, 10)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    try:
        ros.spin_until(lambda: taken, 'a result', lambda: send(bgr))
        poses.clear()
        ros.spin_until(lambda: len(poses) > 60, 'poses', lambda: send(bgr), 0.01)
        assert len(taken) == 1
    finally:
        release.set()
        executor.shutdown()
        thread.join()
        node.destroy_node()
