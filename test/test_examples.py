# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The examples do what they say beside the real nodes; that of the training has its own file."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped
from installed import needs
from sensor_msgs.msg import CameraInfo, JointState

from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH, RenderedHead
from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.rotation import rotation_from_rpy, rotation_from_vector

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[1] / 'examples'
AWAY = 35.0  # degrees of yaw: looks at something else
MANY = 80  # messages, 20 ms apart: several times as long as who_looks_at_me.py averages
MOST_LINES = 59  # what somebody reads at a glance

SETTINGS = ('--ros-args', '-p', f'head_width:={FACE_WIDTH}', '-p', 'smoothing_min_cutoff:=0.0')


def start(ros, name, *arguments):
    return ros.run(sys.executable, EXAMPLES / name, *arguments)


class Camera:
    """A calibrated camera that shows rendered heads."""

    def __init__(self, ros):
        self.ros = ros
        self._images = ros.image_publisher()
        self._infos = ros.image_publisher('camera_info', kind=CameraInfo)

    def send(self, picture, matrix, stamp=None):
        message = self.ros.image(picture, stamp)
        self._infos.publish(
            camera_info_message(message.header, message.width, message.height, matrix)
        )
        self._images.publish(message)


@pytest.mark.parametrize('path', sorted(EXAMPLES.glob('*.py')), ids=lambda path: path.name)
def test_an_example_is_short(path):
    assert len(path.read_text(encoding='utf-8').splitlines()) <= MOST_LINES


class Robot:
    """A head of two joints with a camera in it, and a person before it."""

    PERSON = np.array([0.2, 0.1, 0.9])  # metres, in the optical frame of a head at rest
    DELAY = 5.0  # seconds by which stamps are behind where images are late

    def __init__(self, ros, head):
        from trajectory_msgs.msg import JointTrajectory

        self.ros, self._head = ros, head
        self._camera = Camera(ros)
        self._states = ros.node.create_publisher(JointState, 'joint_states', 10)
        ros.node.create_subscription(JointTrajectory, 'joint_trajectory', self._obey, 10)
        self.poses = ros.collect(PoseWithCovarianceStamped, 'head_pose/pose')
        self.angles = None  # pan and tilt, radians, as commanded
        self.has_states = self.is_alone = self.is_late = False

    def _obey(self, message):
        assert message.joint_names == ['head_pan_joint', 'head_tilt_joint']
        (point,) = message.points
        assert point.time_from_start.sec == 0 and point.time_from_start.nanosec > 0
        self.angles = point.positions

    @property
    def person(self):
        """Where the person is in the axes of the camera, metres."""
        pan, tilt = self.angles or (0.0, 0.0)  # to the left and down
        left = rotation_from_vector(np.array([0.0, -pan, 0.0]))
        return (left @ rotation_from_vector(np.array([-tilt, 0.0, 0.0]))).T @ self.PERSON

    def is_at(self, *angles):
        return self.angles is not None and np.abs(np.subtract(self.angles, angles)).max() < 0.04

    def faces_the_person(self):
        return self.angles is not None and np.abs(self.person[:2]).max() < 0.04

    def send(self):
        now = self.ros.node.get_clock().now()
        if self.has_states:
            pan, tilt = self.angles or (0.0, 0.0)
            state = JointState(name=['head_tilt_joint', 'wheel', 'head_pan_joint'])
            state.position = [tilt, 7.0, pan]
            state.header.stamp = now.to_msg()
            self._states.publish(state)
            self._states.publish(JointState(name=['arm'], position=[7.0]))
        picture = np.full((480, 640, 3), 128, np.uint8)
        if not self.is_alone:
            picture = self._head.render(np.eye(3), self.person)
        stamp = now.nanoseconds * 1e-9 - self.DELAY * self.is_late
        self._camera.send(picture, self._head.camera_matrix, stamp)

    def wait(self, condition, what):
        self.ros.spin_until(condition, what, self.send)


@needs('trajectory_msgs')
def test_a_head_turns_to_the_person_and_back_when_there_is_none(ros, rendered_head):
    robot = Robot(ros, rendered_head)
    ros.start('headpose_node', *SETTINGS)
    process = start(ros, 'turn_head.py')
    ros.spin_until(lambda: ros.node.count_subscribers('joint_states'), 'the example')
    robot.wait(lambda: len(robot.poses) > 5, 'poses')
    assert robot.angles is None  # where the joints are is not known
    robot.has_states = True
    robot.wait(robot.faces_the_person, 'a turn to the person')
    robot.is_alone = True
    robot.wait(lambda: robot.is_at(0.0, 0.0), 'a turn back')
    robot.is_alone = False
    robot.wait(robot.faces_the_person, 'a turn to the person who has come back')
    robot.is_late = True
    robot.poses.clear()
    robot.wait(lambda: robot.is_at(0.0, 0.0), 'a turn back, as old poses do not count')
    assert robot.poses
    process.end()


class People:
    """Two heads beside each other, and a node that looks at them."""

    def __init__(self, ros, *settings):
        self.ros, self._camera = ros, Camera(ros)
        self._head = RenderedHead(320, 480, focal_length=480)
        self._matrix = np.array([[480.0, 0.0, 320.0], [0.0, 480.0, 240.0], [0.0, 0.0, 1.0]])
        self.is_calibrated = True
        self._stamp = 100.0
        self.node = ros.start('headpose_node', *SETTINGS, *settings)

    def show(self, *yaws):
        """So many heads, turned by so many degrees, from now on; two at the most."""
        rotations = [rotation_from_rpy(np.radians([0.0, 3.0, yaw])) for yaw in yaws]
        parts = [self._head.render(each, (0.0, 0.0, 0.8)) for each in rotations]
        blank = np.full((480, 320, 3), 128, np.uint8)
        self._picture = np.hstack([*parts, *[blank] * (2 - len(parts))])

    def send(self):
        # So close together that a machine that stalls does not make new people of them.
        self._stamp += 0.02
        matrix = self._matrix if self.is_calibrated else None
        self._camera.send(self._picture, matrix, self._stamp)

    def wait(self, condition, what):
        self.ros.spin_until(condition, what, self.send)


@needs('vision_msgs')
def test_who_looks_is_told_of_each_and_stays_told_in_between(ros):
    from vision_msgs.msg import Detection3DArray

    people = People(ros)
    heads = ros.collect(Detection3DArray, 'head_pose/heads')
    looking = ros.collect(Detection3DArray, 'looking_at_me')
    process = start(ros, 'who_looks_at_me.py')

    def both():
        """Detections of the two people, from left to right, in an image that is shown now."""
        heads.clear()
        people.wait(lambda: heads[5:] and len(heads[-1].detections) == 2, 'two people')
        return sorted(heads[-1].detections, key=lambda each: each.bbox.center.position.x)

    def wait_for(*ids):
        looking.clear()
        people.wait(
            lambda: looking and {each.id for each in looking[-1].detections} == set(ids),
            f'a look of {ids}',
        )

    def check_it_stays(*ids):
        looking.clear()
        people.wait(lambda: len(looking) > MANY, 'many messages')
        assert all({each.id for each in message.detections} == set(ids) for message in looking)

    # A turn of which nobody can say whether it is towards the camera.
    for between in (9.0, 9.5, 10.0, 10.5, 8.5):
        people.show(between, between)
        scores = [
            result.hypothesis.score for head in both() for result in head.results
            if result.hypothesis.class_id == 'facing_camera'
        ]
        if min(scores) > 0.36 and max(scores) < 0.64:
            break
    else:
        pytest.fail(f'{scores}, want probabilities near a half')
    left, right = (head.id for head in both())

    people.show(AWAY, AWAY)
    wait_for()
    people.show(between, 0.0)
    wait_for(right)
    check_it_stays(right)
    people.show(between, between)
    check_it_stays(right)
    people.show(0.0, between)
    wait_for(left, right)
    people.show(0.0, AWAY)
    wait_for(left)
    people.show()
    wait_for()
    assert [line.split(': ')[-1] for line in process.output.splitlines()] == [
        f'{right} looks at me', f'{left} looks at me', f'{right} looks away',
    ]
    process.end()


@needs('hri_msgs', 'tf2_ros')
def test_faces_of_ros4hri_are_read_as_long_as_they_are_published(ros):
    people = People(ros, '-p', 'publish_hri:=true')
    people.is_calibrated = False
    people.show(0.0, 10.0)
    process = start(ros, 'read_hri_faces.py')

    def told(pattern):
        return re.findall(rf'\]: (f\d) at {pattern}', process.output)

    def wait_for(pattern, faces=2):
        people.wait(lambda: len(set(told(pattern))) == faces, pattern)

    wait_for('.*, distance unknown: .*test_optical_frame.*')
    people.is_calibrated = True
    # Of the head's middle it is 0.8 m, of the face, from which it is measured, less.
    wait_for(r'2[2-8]%, 5\d% of the image, 0.[67]\d m from test_optical_frame', 1)
    wait_for(r'7[2-8]%, 5\d% of the image, 0.[67]\d m from test_optical_frame', 1)
    people.show(0.0)
    people.wait(lambda: ' left\n' in process.output, 'the end of one')
    assert process.output.count(' left\n') == 1
    people.show()
    people.wait(lambda: process.output.count(' left\n') == 2, 'the end of both')
    process.end()
