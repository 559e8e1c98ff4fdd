# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Every person as messages of vision_msgs, where it is installed; what the node says where not."""

import math
import signal

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped, TransformStamped
from installed import installed, needs
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Int32

from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH
from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.rotation import rotation_from_rpy

needs_detections = needs('vision_msgs')

FRAME = 'test_optical_frame'

# Roll, pitch, yaw in degrees and distance in metres of two people, the nearer one first: he faces
# the camera, she faces to her left.
PEOPLE = (((0, 3, 0), 0.8), ((0, 0, 35), 1.1))


class Camera:
    """Two people before a camera, and whoever is left of them."""

    def __init__(self, ros, small_head):
        self.ros = ros
        # Each in a half of the picture, drawn as if straight ahead.
        self.parts = [
            small_head.render(rotation_from_rpy(np.radians(rpy)), (0, 0, distance))
            for rpy, distance in PEOPLE
        ]
        self.images = ros.image_publisher()
        self.infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self.is_calibrated = False
        self.stamps = []
        self.seconds = 100.0

    def show(self, *who):
        parts = [self.parts[i] for i in who]
        blank = np.full((480, 320, 3), 128, np.uint8)
        self.picture = np.hstack([*parts, *[blank] * (2 - len(parts))])

    def send(self):
        # So close together that a machine that stalls does not make new people of them.
        self.seconds += 0.01
        message = self.ros.image(self.picture, self.seconds, FRAME)
        if self.is_calibrated:
            matrix = np.array([[480.0, 0, 320], [0, 480, 240], [0, 0, 1]])
            self.infos.publish(camera_info_message(message.header, 640, 480, matrix))
        self.images.publish(message)
        self.stamps.append(message.header.stamp)


@pytest.fixture
def camera(ros, small_head):
    return Camera(ros, small_head)


@pytest.mark.skipif(installed('vision_msgs'), reason='vision_msgs is installed here')
def test_without_vision_msgs_a_line_says_so_and_all_else_is_there(ros, camera):
    process = ros.start('headpose_node')
    counts = ros.collect(Int32, 'head_pose/face_count')
    camera.show(0, 1)
    ros.spin_until(lambda: counts and counts[-1].data == 2, 'two people', camera.send)
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0
    (line,) = [line for line in process.output.splitlines() if 'vision_msgs' in line]
    assert '[INFO]' in line and 'ros-$ROS_DISTRO-vision-msgs' in line
    assert 'head_pose/heads' in line and 'head_pose/detections' in line


def scores(detection):
    return {each.hypothesis.class_id: each.hypothesis.score for each in detection.results}


@needs_detections
def test_everybody_has_an_id_a_pose_a_box_and_what_they_face(ros, camera):
    from vision_msgs.msg import Detection2DArray, Detection3DArray

    ros.start(
        'headpose_node', '--ros-args', '-p', f'head_width:={FACE_WIDTH}',
        '-p', 'min_detection_confidence:=0.5',
    )
    heads = ros.collect(Detection3DArray, 'head_pose/heads')
    boxes = ros.collect(Detection2DArray, 'head_pose/detections')
    poses = ros.collect(PoseWithCovarianceStamped, 'head_pose/pose')
    camera.show()

    # Nobody: an empty list for each image.
    ros.spin_until(lambda: len(heads) > 3 and len(boxes) > 3, 'empty lists', camera.send)
    assert not any(each.detections for each in heads + boxes)
    assert heads[-1].header.frame_id == FRAME and heads[-1].header.stamp in camera.stamps

    # Not calibrated: how they are turned, and that it is not known where they are.
    camera.show(0, 1)
    ros.spin_until(lambda: heads[-1].detections[1:], 'two people', camera.send)
    message = heads[-1]
    assert {each.id for each in message.detections} == {'f1', 'f2'}
    for detection in message.detections:
        assert detection.header == message.header
        assert [each.hypothesis.class_id for each in detection.results] == [
            'face', 'facing_camera'
        ]
        pose = detection.results[0].pose
        assert pose.pose.position.z == 0.0 and min(np.diag(covariance(pose))[:3]) >= 1e6
        assert 0 < max(np.diag(covariance(pose))[3:]) < 0.2
        assert detection.bbox.size.x == 0.0
    near, far = message.detections
    assert scores(near)['facing_camera'] > 0.6 and scores(far)['facing_camera'] < 0.05

    # The boxes are of the same people, where these are in the image.
    ros.spin_until(lambda: boxes[-1].header == heads[-1].header, 'the same image', camera.send)
    for detection in boxes[-1].detections:
        (other,) = [each for each in heads[-1].detections if each.id == detection.id]
        is_left = other is heads[-1].detections[0]
        assert (detection.bbox.center.position.x < 320) == is_left
        assert abs(detection.bbox.center.position.y - 240) < 60
        assert 40 < detection.bbox.size_x < 160 and 40 < detection.bbox.size_y < 160
        assert detection.results[0].hypothesis == other.results[0].hypothesis
        assert detection.header == boxes[-1].header

    # Calibrated: where they are too, the primary one as in head_pose/pose.
    camera.is_calibrated = True
    ros.spin_until(
        lambda: heads[-1].detections[1:] and heads[-1].detections[0].bbox.size.x > 0
        and poses and poses[-1].header == heads[-1].header,
        'positions', camera.send,
    )
    near, far = heads[-1].detections
    assert near.results[0].pose == poses[-1].pose
    for detection, (_, distance) in zip((near, far), PEOPLE, strict=True):
        pose, box = detection.results[0].pose.pose, detection.bbox
        assert np.linalg.norm(xyz(pose.position)) == pytest.approx(distance, rel=0.15)
        # The middle of the head is behind the eyes.
        assert np.linalg.norm(xyz(box.center.position) - xyz(pose.position)) < 0.12
        assert box.center.orientation == pose.orientation
        assert 0.1 < min(xyz(box.size)) < max(xyz(box.size)) < 0.3
    assert near.bbox.center.position.z > near.results[0].pose.pose.position.z

    # One goes, then the other.
    camera.show(0)
    ros.spin_until(lambda: len(heads[-1].detections) == 1, 'one person', camera.send)
    camera.show()
    ros.spin_until(lambda: not heads[-1].detections, 'nobody', camera.send)


@needs_detections
@needs('tf2_ros')
def test_frames_can_be_faced_too(ros, camera):
    from tf2_ros import StaticTransformBroadcaster
    from vision_msgs.msg import Detection3DArray

    # The tablet is where she looks: to her left, which is to the right in the image.
    tablet = TransformStamped(child_frame_id='tablet')
    tablet.header.frame_id = FRAME
    at = tablet.transform.translation
    at.x, at.y, at.z = 0.37 + math.tan(math.radians(35)) * 1.0, 0.0, 0.1
    tablet.transform.rotation.w = 1.0
    broadcaster = StaticTransformBroadcaster(ros.node)
    process = ros.start(
        'headpose_node', '--ros-args', '-p', f'head_width:={FACE_WIDTH}',
        '-p', 'attention_frames:=[tablet, face_f1, nowhere]', '-p', 'attention_angle:=25.0',
    )
    heads = ros.collect(Detection3DArray, 'head_pose/heads')
    camera.is_calibrated = True
    camera.show(0)
    ros.spin_until(lambda: heads and heads[-1].detections, 'the first', camera.send)
    camera.show(0, 1)
    ros.spin_until(
        lambda: len(heads[-1].detections) == 2
        and scores(heads[-1].detections[1]).keys() >= {'facing_camera', 'facing_face_f1'},
        'two people', camera.send,
    )
    assert 'facing_tablet' not in scores(heads[-1].detections[0])
    process.wait_for("no transform from 'tablet'")
    broadcaster.sendTransform(tablet)
    ros.spin_until(
        lambda: heads[-1].detections[1:]
        and 'facing_tablet' in scores(heads[-1].detections[1]), 'the tablet', camera.send,
    )
    first, second = (scores(each) for each in heads[-1].detections)
    assert first.keys() == {'face', 'facing_camera', 'facing_tablet'}  # nobody faces himself
    assert second.keys() == first.keys() | {'facing_face_f1'}
    assert second['facing_tablet'] > 0.8 and first['facing_tablet'] < 0.3
    assert first['facing_camera'] > 0.9 and second['facing_face_f1'] < 0.2


@needs_detections
@pytest.mark.skipif(installed('tf2_ros'), reason='tf2_ros is installed here')
def test_frames_need_tf2_ros(ros):
    process = ros.start('headpose_node', '--ros-args', '-p', 'attention_frames:=[tablet]')
    process.wait_for('attention_frames is set, but tf2_ros cannot be imported')
    assert process.alive


def covariance(pose):
    return np.reshape(pose.covariance, (6, 6))


def xyz(point):
    return np.array([point.x, point.y, point.z])
