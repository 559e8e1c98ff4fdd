# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tell which of several people look at the robot: probabilities in, decisions out."""

from contextlib import suppress
from dataclasses import dataclass
from math import exp

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.time import Time
from vision_msgs.msg import Detection3DArray

# Hysteresis, or a head that points just past the robot would flicker between "at me" and "away".
LOOKS, LOOKS_AWAY = 0.7, 0.3
TIME_CONSTANT = 0.3  # s, of the low-pass filter: a glance does not count
GONE = 1.0  # s; whoever comes back later has a new track ID


@dataclass
class Person:
    seen: float  # s
    probability: float = 0.5  # not known yet
    looks: bool = False


class WhoLooksAtMe(Node):
    def __init__(self) -> None:
        super().__init__('who_looks_at_me')
        self.people: dict[str, Person] = {}  # by track ID
        # The detections of those who look. When the camera stops so does this: check its stamp.
        self.watching = self.create_publisher(Detection3DArray, 'looking_at_me', 1)
        self.create_subscription(Detection3DArray, 'head_pose/heads', self.update, 1)

    def update(self, heads: Detection3DArray) -> None:
        now = Time.from_msg(heads.header.stamp).nanoseconds * 1e-9
        for head in heads.detections:
            person = self.people.setdefault(head.id, Person(now))
            scores = {each.hypothesis.class_id: each.hypothesis.score for each in head.results}
            # Doubt about the pose lowers this probability: a little of it leaves the decision as
            # it is, much (a face far away, or half hidden) counts as looking away.
            weight = 1.0 - exp(-abs(now - person.seen) / TIME_CONSTANT)
            person.probability += weight * (scores['facing_camera'] - person.probability)
            person.seen = now
            looks = person.probability > (LOOKS_AWAY if person.looks else LOOKS)
            if looks != person.looks:
                self.get_logger().info(f'{head.id} looks {"at me" if looks else "away"}')
            person.looks = looks
        self.people = {i: each for i, each in self.people.items() if abs(now - each.seen) < GONE}
        heads.detections = [head for head in heads.detections if self.people[head.id].looks]
        self.watching.publish(heads)


if __name__ == '__main__':
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(WhoLooksAtMe())
