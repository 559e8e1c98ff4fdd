# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Straight ahead, as somebody who sits before the node defines it."""

import numpy as np
import pytest
from geometry_msgs.msg import QuaternionStamped, Vector3Stamped
from ros_side import RosSide
from std_srvs.srv import Trigger

from headpose_ros.rotation import rotation_from_rpy

CALIBRATE, RESET = 'headpose_node/calibrate_neutral', 'headpose_node/reset_neutral'


@pytest.fixture(scope='module')
def sitter(rendered_head):
    """Somebody who sits before a node."""
    ros = RosSide()
    yield Sitter(ros, rendered_head)
    ros.close()


class Sitter:
    def __init__(self, ros, head):
        self.ros = ros
        self.head = head
        self.process = ros.start('headpose_node')
        self.publisher = ros.image_publisher()
        self.poses = ros.collect(Vector3Stamped, 'head_pose')
        self.look(0, 0, 0)

    def look(self, *degrees):
        self.picture = self.head.render(rotation_from_rpy(np.radians(degrees)))

    def publish(self):
        self.publisher.publish(self.ros.image(self.picture))

    def angles(self):
        """Roll, pitch and yaw in degrees, once the head is still."""
        self.poses.clear()
        self.ros.spin_until(lambda: len(self.poses) >= 25, 'poses', self.publish)
        v = self.poses[-1].vector
        return np.degrees([v.x, v.y, v.z])

    def ask(self, name, each=None):
        """Response of a service, while images go on coming."""
        return self.ros.call(Trigger, name, Trigger.Request(), each or self.publish)


def test_the_mean_of_a_second_becomes_straight_ahead(sitter):
    sitter.look(5, 8, 20)
    before = sitter.angles()
    orientations = sitter.ros.collect(QuaternionStamped, 'head_pose/orientation')
    response = sitter.ask(CALIBRATE)
    assert response.success, response.message
    told = [float(word.rstrip(',')) for word in response.message.split() if word[0] in '+-']
    np.testing.assert_allclose(told, before, atol=1.0)
    assert 'poses' in response.message and 'neutral_rpy: [' in response.message
    np.testing.assert_allclose(sitter.angles(), 0.0, atol=1.0)
    # The orientation is about the camera, not about what the sitter calls straight.
    q = orientations[-1].quaternion
    turned = rotation_from_rpy(np.radians(before))
    np.testing.assert_allclose(turned @ (0, 0, -1), _facing(q), atol=0.05)

    # Turned on from there to the left, yaw is what was turned.
    sitter.look(0, 0, 0)
    assert sitter.angles()[2] == pytest.approx(-20, abs=6)
    response = sitter.ask(RESET)
    assert response.success
    np.testing.assert_allclose(sitter.angles(), 0.0, atol=6)


def _facing(q):
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat([q.x, q.y, q.z, q.w]).apply([1.0, 0.0, 0.0])


def test_it_survives_a_restart_as_a_parameter(ros, rendered_head):
    ros.start('headpose_node', '--ros-args', '-p', 'neutral_rpy:=[0.0, 0.0, 20.0]')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    bgr = rendered_head.render(rotation_from_rpy(np.radians([0, 0, 20])))
    ros.spin_until(lambda: len(poses) > 10, 'poses', lambda: publisher.publish(ros.image(bgr)))
    assert abs(np.degrees(poses[-1].vector.z)) < 6


def test_one_at_a_time(sitter):
    sitter.look(0, 0, 0)
    sitter.angles()
    clients = [sitter.ros.node.create_client(Trigger, CALIBRATE) for _ in range(2)]
    sitter.ros.spin_until(lambda: all(c.service_is_ready() for c in clients), 'the service')
    futures = [client.call_async(Trigger.Request()) for client in clients]
    sitter.ros.spin_until(lambda: all(f.done() for f in futures), 'responses', sitter.publish)
    results = sorted((f.result() for f in futures), key=lambda result: result.success)
    assert [r.success for r in results] == [False, True]
    assert 'already running' in results[0].message
    assert sitter.ask(RESET).success


def test_it_says_why_it_could_not(sitter):
    sitter.process.wait_for('images from /image')

    def silent():
        pass

    response = sitter.ask(CALIBRATE, silent)
    assert not response.success and 'no image received' in response.message

    face, sitter.picture = sitter.picture, np.full((480, 640, 3), 128, np.uint8)
    response = sitter.ask(CALIBRATE)
    assert not response.success and 'no face' in response.message

    sitter.picture = face
    sitter.angles()
    steps = iter(range(10000))

    def turning():
        sitter.look(0, 0, 2 * (next(steps) % 20) - 20)
        sitter.publish()

    response = sitter.ask(CALIBRATE, turning)
    assert not response.success and 'the head moved' in response.message
    sitter.look(0, 0, 0)
    np.testing.assert_allclose(sitter.angles(), 0.0, atol=6)

    assert sitter.ros.change_state('deactivate')
    response = sitter.ask(CALIBRATE)
    assert not response.success and 'inactive' in response.message
    assert sitter.ros.change_state('activate')


def test_a_lazy_node_wakes_up_for_it(ros, rendered_head):
    ros.start('headpose_node', '--ros-args', '-p', 'lazy:=true')
    publisher = ros.image_publisher()
    ros.spin_until(lambda: ros.state() == 'active', 'the start')
    bgr = rendered_head.render(np.eye(3))
    response = ros.call(
        Trigger, CALIBRATE, Trigger.Request(), lambda: publisher.publish(ros.image(bgr))
    )
    assert response.success, response.message
