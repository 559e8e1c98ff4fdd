# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Turn a robot's head, which carries the camera, towards the primary person."""

from contextlib import suppress
from math import atan2, hypot

import numpy as np
import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

JOINTS = ['head_pan_joint', 'head_tilt_joint']  # positive angles: to the robot's left, down
LIMITS, GAIN = [1.2, 0.6], 1.0  # rad to either side; 1/s, limited by the latency of the images
PERIOD, STALE, ALONE = 0.1, 0.5, 3.0  # s: between commands; without a person: hold, go home


class TurnHead(Node):
    def __init__(self) -> None:
        super().__init__('turn_head')
        self.angles: np.ndarray | None = None  # rad, of JOINTS
        self.bearing, self.seen = np.zeros(2), 0.0  # rad; s, when the person was there
        self.commands = self.create_publisher(JointTrajectory, 'joint_trajectory', 1)
        self.create_subscription(JointState, 'joint_states', self.measure, 10)
        self.create_subscription(PoseWithCovarianceStamped, 'head_pose/pose', self.see, 1)
        self.get_logger().info(f'waiting for {JOINTS} in joint_states, and for head_pose/pose')
        self.create_timer(PERIOD, self.move)  # no face, no message: only a timer notices that

    def measure(self, state: JointState) -> None:
        angles = dict(zip(state.name, state.position, strict=False))
        if set(JOINTS) <= angles.keys():  # other joints may come in messages of their own
            self.angles = np.array([angles[joint] for joint in JOINTS])

    def see(self, head: PoseWithCovarianceStamped) -> None:
        at = head.pose.pose.position  # in the optical frame: x right, y down, z forward
        self.bearing = np.array([-atan2(at.x, at.z), atan2(at.y, hypot(at.x, at.z))])
        # The time of the image, not of the message: an old pose is as good as none.
        self.seen = Time.from_msg(head.header.stamp).nanoseconds * 1e-9

    def move(self) -> None:
        age = self.get_clock().now().nanoseconds * 1e-9 - self.seen
        if self.angles is None or STALE < age < ALONE:
            return
        error = self.bearing if age <= STALE else -self.angles
        goal = np.clip(self.angles + GAIN * PERIOD * error, np.negative(LIMITS), LIMITS)
        point = JointTrajectoryPoint(positions=goal.tolist())
        point.time_from_start.nanosec = int(PERIOD * 1e9)
        self.commands.publish(JointTrajectory(joint_names=JOINTS, points=[point]))


if __name__ == '__main__':
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(TurnHead())
