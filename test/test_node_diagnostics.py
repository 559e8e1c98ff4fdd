# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the node says of itself, once a second."""

import array

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Vector3Stamped
from ros_side import RosSide
from sensor_msgs.msg import CameraInfo

from headpose_ros.ros.diagnostics import read_faces
from headpose_ros.ros.output.messages import camera_info_message

PERIOD = 0.1  # seconds between images, which a busy machine can keep up with

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Doctor:
    """Listens to the diagnostics of a node, and sends it images with their calibration."""

    def __init__(self, ros, head, *arguments):
        self.ros = ros
        self.head = head
        self.process = ros.start('headpose_node', '--ros-args', *arguments)
        self.arrays = ros.collect(DiagnosticArray, '/diagnostics')
        self.images = ros.image_publisher()
        self.infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self.bgr = head.render(np.eye(3))

    @property
    def status(self):
        return self.arrays[-1].status[0] if self.arrays else DiagnosticStatus(level=b'\x09')

    @property
    def values(self):
        return {v.key: v.value for v in self.status.values}

    def publish(self, **header):
        message = self.ros.image(self.bgr, **header)
        height, width = self.bgr.shape[:2]
        self.infos.publish(
            camera_info_message(message.header, width, height, self.head.camera_matrix)
        )
        self.images.publish(message)

    def wait(self, level, text, each=None, period=PERIOD):
        self.ros.spin_until(
            lambda: self.status.level == level and text in self.status.message,
            f'level {level} with {text!r}', each, period,
        )


@pytest.fixture(scope='module')
def doctor(rendered_head):
    """One node for all that happens to its camera: from each it gets well again."""
    ros = RosSide()
    yield Doctor(ros, rendered_head)
    ros.close()


def test_all_is_well(doctor):
    doctor.wait(OK, 'running', doctor.publish)
    doctor.arrays.clear()
    doctor.ros.spin_until(lambda: len(doctor.arrays) > 3, 'more of them', doctor.publish, PERIOD)
    doctor.wait(OK, 'running', doctor.publish)
    assert doctor.status.name == 'headpose_node: head pose'
    assert doctor.status.hardware_id == '/image'
    values = doctor.values
    assert values['detector'] == 'face_mesh' and 'face_mesh.npz' in values['model']
    assert values['faces'] == '1'
    (face,) = read_faces(values)
    assert face.is_primary and values['primary face'] == face.track_id == 'f1'
    assert np.abs(face.rpy).max() < 12.0  # the rendered head faces the camera
    assert all(0.5 < std < 15.0 for std in face.std)
    assert 20.0 < face.facing_camera <= 100.0
    assert int(values['frames processed']) > 0
    frames = sum(int(values[f'frames {what}']) for what in ('processed', 'skipped', 'dropped'))
    assert int(values['frames in']) == frames
    assert float(values['camera rate (Hz)']) >= float(values['processed rate (Hz)']) > 0
    p50, p95 = (float(values[f'latency from stamp {p} (ms)']) for p in ('p50', 'p95'))
    assert 1 < p50 <= p95
    assert 0 < float(values['work p50 (ms)']) <= float(values['work p95 (ms)'])
    stamps = [a.header.stamp.sec + a.header.stamp.nanosec * 1e-9 for a in doctor.arrays]
    assert (np.diff(stamps) > 0).all()


def test_no_images(doctor):
    doctor.wait(WARN, 'no image on /image for')
    doctor.wait(OK, 'running', doctor.publish)


def test_uncalibrated(doctor):
    def uncalibrated():
        message = doctor.ros.image(doctor.bgr)
        doctor.infos.publish(camera_info_message(message.header, 640, 480, None))
        doctor.images.publish(message)

    doctor.wait(WARN, 'uncalibrated: /camera_info: K is zero', uncalibrated)
    doctor.wait(OK, 'running', doctor.publish)


def test_stamps_that_stand_still(doctor):
    doctor.wait(WARN, 'not advancing', lambda: doctor.publish(stamp=0.0))
    doctor.wait(OK, 'running', doctor.publish)


def test_exposure_from_black_to_white(doctor):
    usual = doctor.bgr
    for level, told in ((2, 'too dark'), (250, 'too bright'), (128, 'contrast too low')):
        doctor.bgr = np.full_like(usual, level)
        doctor.wait(WARN, f'image {told} to show a face', doctor.publish)
        doctor.bgr = usual
        doctor.wait(OK, 'running', doctor.publish)


def infrared(doctor, bits):
    """A message of the head as a sensor of so many bits sees it, in mono16."""
    grey = cv2.cvtColor(doctor.bgr, cv2.COLOR_BGR2GRAY).astype(np.uint16) << (bits - 8)
    message = doctor.ros.image(doctor.bgr)
    message.encoding, message.step = 'mono16', 2 * message.width
    message.data = array.array('B', grey.tobytes())
    return message


def test_infrared_of_10_bits(ros, rendered_head):
    doctor = Doctor(ros, rendered_head)
    ten, eight = infrared(doctor, 10), infrared(doctor, 8)

    def wait_for_a_face():
        doctor.ros.spin_until(
            lambda: doctor.values.get('faces') == '1', 'a face',
            lambda: doctor.images.publish(ten), PERIOD,
        )

    wait_for_a_face()
    assert doctor.ros.set_parameters(mono16_max=65535).successful
    doctor.wait(WARN, 'too dark', lambda: doctor.images.publish(eight), PERIOD)
    assert 'or set mono16_max (65535) to 0' in doctor.status.message
    assert doctor.ros.set_parameters(mono16_max=1023).successful
    wait_for_a_face()


def test_two_cameras_on_one_topic(ros, rendered_head):
    doctor = Doctor(ros, rendered_head)
    other = ros.image_publisher()
    doctor.wait(WARN, '/image has 2 publishers (/test_side, /test_side)', doctor.publish)
    ros.node.destroy_publisher(other)
    doctor.wait(OK, 'running', doctor.publish)


def test_rectified_images_with_the_calibration_of_raw_ones(ros, rendered_head):
    doctor = Doctor(
        ros, rendered_head, '-r', 'image:=/front/image_rect', '-r', 'camera_info:=/front/info'
    )
    doctor.images = ros.image_publisher('/front/image_rect')
    infos = ros.image_publisher('/front/info', kind=CameraInfo)

    def publish():
        message = ros.image(doctor.bgr)
        info = camera_info_message(message.header, 640, 480, rendered_head.camera_matrix)
        info.d = [0.1, 0.0, 0.0, 0.0, 0.0]
        infos.publish(info)
        doctor.images.publish(message)

    doctor.wait(WARN, '/front/image_rect is rectified, judging by its name', publish)
    assert 'set the parameter rectified to true' in doctor.status.message


def test_not_keeping_up(doctor):
    small = doctor.bgr
    # Larger than this machine copies and looks at as fast as they come.
    doctor.bgr = cv2.resize(small, (1920, 1440))
    doctor.wait(WARN, 'dropping', doctor.publish, period=0.002)
    assert int(doctor.values['frames skipped']) > 0
    doctor.bgr = small
    doctor.wait(OK, 'running', doctor.publish)


def test_it_stopped_working(doctor):
    doctor.wait(OK, 'running', doctor.publish)

    def broken():
        message = doctor.ros.image(doctor.bgr)
        message.encoding = 'pineapple'
        doctor.images.publish(message)

    doctor.wait(ERROR, 'no usable image', broken)
    assert 'pineapple' in doctor.status.message
    assert int(doctor.values['frames dropped']) > 5
    doctor.wait(OK, 'running', doctor.publish)


def test_it_cannot_be_configured(ros, rendered_head):
    doctor = Doctor(ros, rendered_head, '-p', 'model:=nowhere.npz')
    doctor.wait(ERROR, 'no such model file')


def test_its_states(ros, rendered_head):
    doctor = Doctor(ros, rendered_head, '-p', 'autostart:=false', '-p', 'lazy:=true')
    doctor.wait(OK, 'unconfigured')
    assert ros.change_state('configure')
    doctor.wait(OK, 'inactive')
    assert ros.change_state('activate')
    doctor.wait(OK, 'idle')
    ros.collect(Vector3Stamped, 'head_pose')
    doctor.wait(OK, 'running', doctor.publish)
