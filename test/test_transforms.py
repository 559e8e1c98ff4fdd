# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""TF frames of heads, where tf2_ros is installed, and what the node says where it is not."""

import signal

import numpy as np
import pytest
from geometry_msgs.msg import Vector3Stamped
from installed import installed, needs
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo

from headpose_ros.landmarks import SELLION
from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH
from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.rotation import OPTICAL_FROM_HEAD, rotation_from_rpy

needs_tf = needs('tf2_ros')

# A head away from the middle of the image, turned about each axis.
POSITION = (0.15, 0.08, 0.8)  # metres
ROTATION = rotation_from_rpy(np.radians([8.0, 5.0, 20.0]))

AXIS_TOLERANCE = 12.0  # degrees, as of the angles
POSITION_TOLERANCE = 0.08  # of the distance

FRAME = 'test_optical_frame'


class Camera:
    """A calibrated camera in front of the rendered head."""

    def __init__(self, ros, rendered_head):
        self._ros = ros
        self._matrix = rendered_head.camera_matrix
        self._picture = rendered_head.render(ROTATION, POSITION)
        self._images = ros.image_publisher()
        self._infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self.stamps = []
        self._seconds = 100.0

    def send(self):
        self._send(self._matrix)

    def send_uncalibrated(self):
        self._send(None)

    def _send(self, matrix):
        # So close together that a machine that stalls does not make a new person of the old one.
        self._seconds += 0.001
        message = self._ros.image(self._picture, self._seconds, FRAME)
        if matrix is not None:
            self._infos.publish(
                camera_info_message(message.header, message.width, message.height, matrix)
            )
        self._images.publish(message)
        self.stamps.append(message.header.stamp)


@pytest.fixture
def camera(ros, rendered_head):
    return Camera(ros, rendered_head)


@pytest.mark.skipif(installed('tf2_ros'), reason='tf2_ros is installed here')
def test_without_tf2_ros_one_error_tells_what_to_do(ros):
    process = ros.start('headpose_node', '--ros-args', '-p', 'publish_tf:=true')
    process.wait_for('publish_tf is true, but tf2_ros cannot be imported')
    assert ros.state() == 'unconfigured'
    assert process.alive
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0, process.output
    assert process.output.count('[ERROR]') == 1
    assert 'tf2-ros-py' in process.output
    assert 'Traceback' not in process.output


@needs_tf
def test_the_frame_of_a_face_is_where_the_head_is(ros, camera, rendered_head):
    from rclpy.time import Time
    from tf2_ros import Buffer, TransformListener

    # Lazy too: who listens to TF wants images to be worked on.
    ros.start(
        'headpose_node', '--ros-args', '-p', 'publish_tf:=true', '-p', 'lazy:=true',
        '-p', f'head_width:={FACE_WIDTH}',
    )
    buffer = Buffer()
    TransformListener(buffer, ros.node, spin_thread=False)
    ros.spin_until(
        lambda: buffer.can_transform(FRAME, 'face_f1', Time()), 'the frame face_f1', camera.send
    )
    found = buffer.lookup_transform(FRAME, 'face_f1', Time())
    assert found.header.stamp in camera.stamps

    q, t = found.transform.rotation, found.transform.translation
    axes = Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix()
    # x out of the face, y to the person's left, z to the top of the head.
    out, left, top = ROTATION @ [0, 0, -1], ROTATION @ [1, 0, 0], ROTATION @ [0, -1, 0]
    np.testing.assert_allclose(np.column_stack([out, left, top]), ROTATION @ OPTICAL_FROM_HEAD)
    for axis, true in zip(axes.T, (out, left, top), strict=True):
        assert np.degrees(np.arccos(axis @ true)) < AXIS_TOLERANCE

    sellion = rendered_head.landmarks(ROTATION, POSITION)[SELLION]
    error = np.linalg.norm([t.x, t.y, t.z] - sellion)
    assert error < POSITION_TOLERANCE * np.linalg.norm(sellion)


@needs_tf
def test_frames_need_a_calibration_and_take_a_prefix(ros, camera):
    from tf2_msgs.msg import TFMessage

    ros.start(
        'headpose_node', '--ros-args', '-p', 'publish_tf:=true', '-p', 'id_prefix:=front_'
    )
    poses = ros.collect(Vector3Stamped, 'head_pose')
    frames = ros.collect(TFMessage, '/tf')
    ros.spin_until(lambda: len(poses) >= 5, 'five poses', each=camera.send_uncalibrated)
    assert not frames
    ros.spin_until(lambda: len(frames) >= 2, 'two frames', each=camera.send)
    transforms = [each for message in frames for each in message.transforms]
    assert {(each.header.frame_id, each.child_frame_id) for each in transforms} == {
        (FRAME, 'face_front_f1')
    }
    stamps = [each.header.stamp for each in transforms]
    assert all(stamp in camera.stamps for stamp in stamps)
    assert all(stamps.count(stamp) == 1 for stamp in stamps)
