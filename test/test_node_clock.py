# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Simulated time: with ``/clock``, without, in a loop, and beside a camera that has another."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Vector3Stamped
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo

from headpose_ros.ros.output.messages import camera_info_message

OK, WARN = DiagnosticStatus.OK, DiagnosticStatus.WARN
SIMULATED = ('--ros-args', '-p', 'use_sim_time:=true')
LATENCY = 'latency from stamp p50 (ms)'
DAY = 86400.0  # seconds


class Stage:
    """A node that takes its time from ``/clock``, with the test for its camera."""

    def __init__(self, ros, head):
        self._ros, self._matrix = ros, head.camera_matrix
        self.process = ros.start('headpose_node', *SIMULATED)
        self._statuses = ros.collect(DiagnosticArray, '/diagnostics')
        self.poses = ros.collect(Vector3Stamped, 'head_pose')
        self._images = ros.image_publisher()
        self._infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self._bgr = head.render(np.eye(3))

    @property
    def status(self):
        return self._statuses[-1].status[0] if self._statuses else DiagnosticStatus()

    @property
    def latency(self):
        return {each.key: each.value for each in self.status.values}.get(LATENCY)

    def publish(self, stamp=None):
        message = self._ros.image(self._bgr, stamp)
        self._infos.publish(camera_info_message(message.header, 640, 480, self._matrix))
        self._images.publish(message)

    def wait(self, level, text, each):
        self._ros.spin_until(
            lambda: self.status.level == level and text in self.status.message, text, each, 0.1
        )


@pytest.fixture
def stage(ros, rendered_head):
    return Stage(ros, rendered_head)


@pytest.fixture
def clock(ros):
    """Publishes a simulated time, seconds."""
    publisher = ros.node.create_publisher(Clock, '/clock', QoSProfile(depth=1))

    def tell(seconds):
        message = Clock()
        message.clock.sec, message.clock.nanosec = int(seconds), int(seconds % 1 * 1e9)
        publisher.publish(message)

    return tell


def test_without_a_clock_it_is_told_and_there_is_no_latency(stage):
    stage.wait(WARN, 'no /clock publisher, but use_sim_time is true', stage.publish)
    assert stage.poses and stage.latency == '-'
    assert 'apart' not in stage.status.message
    stage.process.wait_for('no /clock')


def test_a_camera_in_simulated_time_tells_that_there_is_no_clock(ros):
    camera = ros.start('camera_node', *SIMULATED)
    node = ros.start('headpose_node', *SIMULATED)
    camera.wait_for('not publishing: no /clock')
    node.wait_for('the camera is waiting for simulated time too')
    assert 'Fast DDS' not in node.output


def test_a_camera_of_another_clock_is_told(stage, clock):
    time = iter(np.arange(100.0, 1e6, 0.1))

    def beside():
        clock(next(time))
        stage.publish()  # of this machine's clock

    def together():
        now = next(time)
        clock(now)
        stage.publish(now)

    stage.wait(WARN, 'days, so latency is unknown', beside)
    assert stage.latency == '-' and stage.poses
    stage.wait(OK, 'running', together)
    assert float(stage.latency) < 1e4


def test_a_clock_that_stands_still_is_told(stage, clock):
    def stand_still():
        clock(12.0)
        stage.publish(12.0)

    stage.wait(WARN, '/clock is stuck at 12.0 s', stand_still)


@pytest.mark.parametrize('length', [2.0, DAY])
def test_a_bag_in_a_loop_goes_on(ros, stage, clock, length):
    """As ``ros2 bag play --clock --loop`` plays it: time jumps back with each turn."""
    for _ in range(3):
        stage.poses.clear()
        times = iter(np.arange(1000.0, 1000.0 + 1e6, length / 20))

        def play(times=times):
            now = next(times)
            clock(now)
            stage.publish(now)

        ros.spin_until(
            lambda: any(p.header.stamp.sec >= 1000 + length for p in stage.poses),
            'poses up to the end', play, 0.1,
        )
    stage.wait(OK, 'running', play)
