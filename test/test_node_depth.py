# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The node with a depth camera: distances are measured, and nothing is lost without it."""

import time

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from headpose_ros.landmarks import SELLION
from headpose_ros.media.sample_head.depth_camera import StructuredLight
from headpose_ros.ros.output.messages import camera_info_message, depth_message

HEAD_WIDTH = 0.16  # metres, which the rendered head does not have
PERIOD = 0.1  # seconds between images
PLACE = (0.05, 0.0, 0.8)


class Scene:
    """A node, the camera in front of it with its depth, and what comes out."""

    def __init__(self, ros, head, *arguments, depth_topic='depth', kind=Image):
        self.ros = ros
        self.head = head
        self.process = ros.start(
            'headpose_node', '--ros-args', '-p', f'head_width:={HEAD_WIDTH}',
            '-p', 'use_depth:=true', *arguments,
        )
        self.images = ros.image_publisher()
        self.infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self.depths = ros.image_publisher(depth_topic, kind=kind)
        self.poses = ros.collect(PoseWithCovarianceStamped, 'head_pose/pose')
        self.arrays = ros.collect(DiagnosticArray, '/diagnostics')
        self.bgr = head.render(np.eye(3), PLACE)
        matrix = head.camera_matrix
        camera = StructuredLight(640, 480, matrix[0, 0])
        self.depth = camera.see(head.render_depth(np.eye(3), PLACE))
        self.sellion = head.landmarks(np.eye(3), PLACE)[SELLION]

    def publish(self, make=None, late=False):
        """An image with its calibration, and what ``make`` makes of its header as depth."""
        message = self.ros.image(self.bgr)
        info = camera_info_message(message.header, 640, 480, self.head.camera_matrix)
        self.infos.publish(info)
        if make is not None and not late:
            self.depths.publish(make(message.header))
        self.images.publish(message)
        if late:  # so much that it misses its image
            time.sleep(0.5 * PERIOD)
            self.depths.publish(make(message.header))

    def raw(self, header):
        return depth_message(header, self.depth)

    def pose_when(self, condition, what, make=None, **more):
        """The last pose once a condition on the distance (m) and its deviation (m) holds."""
        self.poses.clear()

        def holds():
            return self.poses and condition(*self.distance_and_std())

        self.ros.spin_until(holds, what, lambda: self.publish(make, **more), PERIOD)
        return self.position()

    def position(self):
        return place_of(self.poses[-1])

    def distance_and_std(self):
        position = self.position()
        covariance = np.array(self.poses[-1].pose.covariance).reshape(6, 6)[:3, :3]
        distance = np.linalg.norm(position)
        return distance, np.sqrt(position @ covariance @ position) / distance

    @property
    def true_distance(self):
        return np.linalg.norm(self.sellion)

    def measured(self, distance, std):
        return std < 0.02 and abs(distance - self.true_distance) < 0.015

    def assumed(self, distance, std):
        return std > 0.03 and distance > 1.1 * self.true_distance

    def learned(self, distance, std):
        return std > 0.015 and abs(distance - self.true_distance) < 0.03 * self.true_distance

    def wait_for(self, text, make=None, level=DiagnosticStatus.WARN):
        def is_there():
            status = self.arrays[-1].status[0] if self.arrays else DiagnosticStatus()
            return status.level == level and text in status.message

        self.ros.spin_until(is_there, f'{text!r}', lambda: self.publish(make), PERIOD)

    @property
    def values(self):
        return {v.key: v.value for v in self.arrays[-1].status[0].values}


def place_of(message):
    place = message.pose.pose.position
    return np.array([place.x, place.y, place.z])


@pytest.fixture
def scene(ros, rendered_head):
    return Scene(ros, rendered_head)


def test_distances_are_measured_and_learned_for_when_depth_goes(scene):
    # Depth comes with the image at first, and then no more.
    position = scene.pose_when(scene.measured, 'a measured pose', scene.raw)
    assert np.linalg.norm(position - scene.sellion) < 0.015
    scene.wait_for('running', scene.raw, DiagnosticStatus.OK)
    assert scene.values['faces with depth'] == '1'
    for _ in range(20):
        scene.publish(scene.raw)
        scene.ros.spin_until(lambda n=len(scene.poses): len(scene.poses) > n, 'a pose')
    scene.poses.clear()
    scene.wait_for('no depth on /depth for ')
    distances = np.array([np.linalg.norm(place_of(pose)) for pose in scene.poses])
    assert np.abs(distances - scene.true_distance).max() < 0.03 * scene.true_distance
    assert scene.values['faces with depth'] == '0'
    assert 'distances estimated from head width' in scene.process.output
    # It is picked up again.
    scene.pose_when(scene.measured, 'a measured pose again', scene.raw)
    scene.wait_for('running', scene.raw, DiagnosticStatus.OK)


def test_without_depth_the_assumed_width_counts_and_the_reason_is_told(scene):
    scene.pose_when(scene.assumed, 'a pose by the width')
    scene.ros.node.destroy_publisher(scene.depths)
    scene.wait_for('no publisher; does the driver register (align) depth')


def test_depth_that_comes_late_holds_nothing_up(scene):
    scene.pose_when(scene.learned, 'a pose by the width learned', scene.raw, late=True)
    assert scene.process.alive


@pytest.mark.parametrize('make, told', [
    (lambda scene, header: depth_message(header, scene.depth[:, ::2]),
     'depth is 320 x 480 but the colour image 640 x 480'),
    (lambda scene, header: Image(header=header, encoding='bgr8', height=2, width=2, step=6),
     "encoding 'bgr8' is not a depth image"),
    (lambda scene, header: Image(header=header, encoding='16UC1', height=3, width=4, step=8),
     'data has 0 bytes'),
    (lambda scene, header: depth_message(header, np.zeros_like(scene.depth)),
     'no depth on any face'),
], ids=['another view', 'colour', 'empty', 'holes'])
def test_depth_of_no_use_is_told_and_poses_go_on(scene, make, told):
    scene.wait_for(told, lambda header: make(scene, header))
    scene.pose_when(scene.assumed, 'a pose by the width', lambda header: make(scene, header))
    scene.pose_when(scene.measured, 'a measured pose', scene.raw)


def test_stamps_that_do_not_match_are_told(scene):
    def earlier(header):
        message = scene.raw(header)
        message.header = type(header)(frame_id=header.frame_id, stamp=header.stamp)
        message.header.stamp = type(header.stamp)(
            sec=header.stamp.sec - 1, nanosec=header.stamp.nanosec
        )
        return message

    scene.wait_for('is late: the newest is', earlier)


def test_depth_of_half_the_size_and_in_metres(scene):
    metres = np.where(scene.depth > 0, scene.depth / np.float32(1000), np.float32(np.nan))
    position = scene.pose_when(
        scene.measured, 'a measured pose', lambda header: depth_message(header, metres[::2, ::2])
    )
    assert np.linalg.norm(position - scene.sellion) < 0.015


def test_compressed_depth(ros, rendered_head):
    topic = '/camera/aligned_depth/image_raw/compressedDepth'
    scene = Scene(
        ros, rendered_head, '-r', f'depth:={topic}', depth_topic=topic, kind=CompressedImage
    )

    def make(header):
        message = CompressedImage(header=header, format='16UC1; compressedDepth png')
        message.data.frombytes(bytes(12) + cv2.imencode('.png', scene.depth)[1].tobytes())
        return message

    position = scene.pose_when(scene.measured, 'a measured pose', make)
    assert np.linalg.norm(position - scene.sellion) < 0.015


def test_a_compressed_twin_is_named(ros, rendered_head):
    scene = Scene(
        ros, rendered_head, depth_topic='depth/compressedDepth', kind=CompressedImage
    )
    scene.wait_for('/depth/compressedDepth has one; remap depth to that')
