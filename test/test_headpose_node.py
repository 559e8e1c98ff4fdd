# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The node in a process of its own, over real topics, on the head whose rotation is known."""

import cv2
import numpy as np
import pytest
from geometry_msgs.msg import QuaternionStamped, Vector3Stamped
from rclpy.qos import ReliabilityPolicy
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CompressedImage, Image

from headpose_ros.ros import headpose_node
from headpose_ros.ros.output import publishers as outputs
from headpose_ros.rotation import OPTICAL_FROM_HEAD, rotation_from_rpy

# Degrees. The model reads people it has never seen to about 3 degrees an axis, and its zero of
# pitch is that of its training data, not that of the rendered head.
TOLERANCE = 12.0


def wait_for_pose(ros, publisher, poses, bgr, count=1, **header):
    """Pose of an image that is sent again and again until so many answers to it have come."""
    first = ros.node.get_clock().now().nanoseconds

    def answers():
        return [pose for pose in poses if _nanoseconds(pose) >= first]

    ros.spin_until(
        lambda: len(answers()) >= count,
        f'{count} poses',
        each=lambda: publisher.publish(ros.image(bgr, **header)),
    )
    return answers()[-1]


def _nanoseconds(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.fixture
def started(ros):
    """A node that runs, the publisher of its images, and its poses."""
    process = ros.start('headpose_node', '--ros-args', '-p', 'smoothing_min_cutoff:=0.0')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.connect(publisher)
    return process, publisher, poses


def test_signs_axes_and_header_are_those_of_the_conventions(ros, started, rendered_head):
    _, publisher, poses = started
    orientations = ros.collect(QuaternionStamped, 'head_pose/orientation')
    for axis, degrees in ((0, 20), (0, -20), (1, 15), (1, -15), (2, 30), (2, -30)):
        true = np.zeros(3)
        true[axis] = np.radians(degrees)
        bgr = rendered_head.render(rotation_from_rpy(true))
        # The detector follows a face from image to image and needs some to follow such a leap.
        pose = wait_for_pose(ros, publisher, poses, bgr, count=10, frame_id=f'camera_{axis}')
        rpy = np.array([pose.vector.x, pose.vector.y, pose.vector.z])
        assert np.sign(rpy[axis]) == np.sign(degrees)
        np.testing.assert_allclose(np.degrees(rpy), np.degrees(true), atol=TOLERANCE)
        assert pose.header.frame_id == f'camera_{axis}'
        # The orientation of the same image is the same rotation.
        ros.spin_until(
            lambda: any(o.header == pose.header for o in orientations), 'the orientation'
        )
        q = next(o for o in orientations if o.header == pose.header).quaternion
        measured = Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix()
        np.testing.assert_allclose(
            measured, rotation_from_rpy(rpy) @ OPTICAL_FROM_HEAD, atol=1e-6
        )


def test_every_header_is_that_of_an_image(ros, started, rendered_head):
    _, publisher, poses = started
    bgr = rendered_head.render(np.eye(3))
    sent = []

    def send():
        message = ros.image(bgr)
        sent.append(message.header)
        publisher.publish(message)

    ros.spin_until(lambda: len(poses) >= 5, 'five poses', each=send)
    assert all(pose.header in sent for pose in poses)


def test_annotated_image_is_the_image_with_something_drawn(ros, started, rendered_head):
    _, publisher, poses = started
    annotated = ros.collect(Image, 'head_pose/annotated_image')
    bgr = rendered_head.render(np.eye(3))
    ros.spin_until(
        lambda: annotated and poses,
        'an annotated image',
        each=lambda: publisher.publish(ros.image(bgr)),
    )
    message = annotated[-1]
    assert (message.encoding, message.height, message.width) == ('bgr8', *bgr.shape[:2])
    drawn = np.frombuffer(message.data, np.uint8).reshape(bgr.shape)
    changed = (drawn != bgr).any(axis=2).mean()
    assert 0.005 < changed < 0.3
    assert message.header.frame_id == 'test_optical_frame'


def test_annotated_image_comes_without_a_face_too(ros, started):
    _, publisher, poses = started
    annotated = ros.collect(Image, 'head_pose/annotated_image')
    grey = np.full((240, 320, 3), 128, np.uint8)
    ros.spin_until(
        lambda: annotated, 'an annotated image', each=lambda: publisher.publish(ros.image(grey))
    )
    np.testing.assert_array_equal(
        np.frombuffer(annotated[0].data, np.uint8).reshape(grey.shape), grey
    )
    assert not poses


def test_heads_that_are_too_unsure_are_dropped(ros, rendered_head):
    ros.start('headpose_node', '--ros-args', '-p', 'max_std:=0.1')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    annotated = ros.collect(Image, 'head_pose/annotated_image')
    ros.connect(publisher)
    bgr = rendered_head.render(np.eye(3))
    ros.spin_until(
        lambda: len(annotated) >= 5,
        'annotated images',
        each=lambda: publisher.publish(ros.image(bgr)),
    )
    # The face is there, and no angle of any face is as sure as that.
    assert bytes(annotated[-1].data) == bgr.tobytes()
    assert not poses


def test_nothing_is_drawn_when_nobody_subscribes(ros, rendered_head, monkeypatch):
    drawn = []
    draw = outputs.draw_heads
    monkeypatch.setattr(outputs, 'draw_heads', lambda *a: drawn.append(len(a)) or draw(*a))
    node = headpose_node.HeadPoseNode(context=ros.context)
    ros.executor.add_node(node)
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    bgr = rendered_head.render(np.eye(3))
    try:
        wait_for_pose(ros, publisher, poses, bgr)
        assert not drawn
        ros.collect(Image, 'head_pose/annotated_image')
        ros.spin_until(
            lambda: drawn, 'drawing', each=lambda: publisher.publish(ros.image(bgr))
        )
    finally:
        ros.executor.remove_node(node)
        node.destroy_node()


def broken_images(ros):
    bgr = np.full((480, 640, 3), 90, np.uint8)

    def broken(**changes):
        message = ros.image(bgr)
        for name, value in changes.items():
            setattr(message, name, value)
        return message

    yield 'unknown encoding', broken(encoding='pineapple')
    yield 'depth image', broken(encoding='32FC1')
    yield 'size zero', broken(width=0, height=0, step=0, data=[])
    yield 'short', broken(data=list(range(100)))
    yield 'step', broken(step=5)


def test_images_that_cannot_be_read_are_dropped_with_the_reason(ros, started, rendered_head):
    process, publisher, poses = started
    bgr = rendered_head.render(np.eye(3))
    wait_for_pose(ros, publisher, poses, bgr)
    for what, message in broken_images(ros):
        sent = []

        def send(message=message, sent=sent):
            publisher.publish(message)
            sent.append(message)

        # Several, because the node takes the newest only.
        ros.spin_until(lambda sent=sent: len(sent) >= 5, 'sending', each=send)
        if what == 'unknown encoding':
            ros.spin_until(lambda: 'pineapple' in process.output, 'the reason', each=send)
        assert wait_for_pose(ros, publisher, poses, bgr), what
    for size in ((1, 1), (2, 3000), (3000, 2)):
        publisher.publish(ros.image(np.zeros((*size, 3), np.uint8)))
        assert wait_for_pose(ros, publisher, poses, bgr), size
    # Told once in a while, not for every image.
    assert process.output.count('dropped an image') < 10
    assert 'Traceback' not in process.output


def test_size_encoding_and_frame_may_change_in_mid_stream(ros, started, rendered_head):
    _, publisher, poses = started
    bgr = rendered_head.render(np.eye(3))
    wait_for_pose(ros, publisher, poses, bgr)
    large = cv2.resize(bgr, (1280, 960))
    assert wait_for_pose(ros, publisher, poses, large, frame_id='b').header.frame_id == 'b'

    def send_rgb():
        message = ros.image(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), frame_id='c')
        message.encoding = 'rgb8'
        publisher.publish(message)

    ros.spin_until(
        lambda: any(p.header.frame_id == 'c' for p in poses), 'a pose from rgb8', each=send_rgb
    )


def test_a_best_effort_camera_is_heard(ros, rendered_head):
    ros.start('headpose_node')
    publisher = ros.image_publisher(reliability=ReliabilityPolicy.BEST_EFFORT)
    poses = ros.collect(Vector3Stamped, 'head_pose')
    assert wait_for_pose(ros, publisher, poses, rendered_head.render(np.eye(3)))


def test_namespace_and_remapping(ros, rendered_head):
    process = ros.start(
        'headpose_node', '--ros-args', '-r', '__ns:=/robot', '-r', 'image:=/front/image_raw'
    )
    publisher = ros.image_publisher('/front/image_raw')
    poses = ros.collect(Vector3Stamped, '/robot/head_pose')
    assert wait_for_pose(ros, publisher, poses, rendered_head.render(np.eye(3)))
    for name in ('/front/image_raw', '/robot/head_pose', '/robot/head_pose/annotated_image'):
        assert name in process.output
    assert 'face_mesh' in process.output  # which detector and model run is told too


def test_why_no_image_comes_is_told(ros):
    # All at once, as each waits for some seconds.
    ros.image_publisher('/foreign/image', kind=CompressedImage)
    ros.image_publisher('/packed/image/compressed', kind=CompressedImage)
    told = {
        'silent': ['no image on /silent/image', 'no publisher; is the camera running'],
        'foreign': ['expected sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'],
        'packed': ['set the parameter image_transport to compressed'],
    }
    nodes = {
        name: ros.start('headpose_node', '--ros-args', '-r', f'__ns:=/{name}') for name in told
    }
    ros.image_publisher('/raw/image')
    told['raw'] = ['remap image to /raw/image and set the parameter image_transport to raw']
    nodes['raw'] = ros.start('headpose_node', '--ros-args', '-r', 'image:=/raw/image/compressed')
    for name, texts in told.items():
        for text in texts:
            nodes[name].wait_for(text)


def test_a_camera_that_is_too_fast_is_told_and_poses_stay_fresh(ros, started, rendered_head):
    process, publisher, poses = started
    message = ros.image(cv2.resize(rendered_head.render(np.eye(3)), (1920, 1440)))

    def send():
        message.header.stamp = ros.node.get_clock().now().to_msg()
        publisher.publish(message)

    ros.spin_until(lambda: 'dropping' in process.output, 'a warning', send, period=0.002)
    poses.clear()
    ros.spin_until(lambda: poses, 'a pose', send, period=0.002)
    age = ros.node.get_clock().now().nanoseconds - _nanoseconds(poses[-1])
    assert age < 1e9


def test_simulated_time_that_does_not_run_stops_nothing(ros, rendered_head):
    process = ros.start('headpose_node', '--ros-args', '-p', 'use_sim_time:=true')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    assert wait_for_pose(ros, publisher, poses, rendered_head.render(np.eye(3)))
    process.wait_for('no image on')


def test_stamps_may_jump_back_and_stand_still(ros, started, rendered_head):
    _, publisher, poses = started
    bgr = rendered_head.render(np.eye(3))
    for stamp in (100.0, 100.0, 50.0, 0.0):
        poses.clear()
        ros.spin_until(
            lambda: any(p.header.stamp.sec == int(stamp) for p in poses),
            f'a pose at {stamp} s',
            each=lambda: publisher.publish(ros.image(bgr, stamp=stamp)),
        )


@pytest.mark.data
def test_both_detectors(ros, bundle, rendered_head):
    process = ros.start(
        'headpose_node', '--ros-args', '-p', 'detector:=both', '-p', f'bundle:={bundle}'
    )
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.connect(publisher)
    pose = wait_for_pose(ros, publisher, poses, rendered_head.render(np.eye(3))).vector
    np.testing.assert_allclose(np.degrees([pose.x, pose.y, pose.z]), 0.0, atol=TOLERANCE)
    (told,) = [line for line in process.output.splitlines() if 'detector both' in line]
    assert 'face_mesh.npz' in told and 'face_landmarker.npz' in told
