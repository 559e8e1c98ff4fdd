# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Read faces as ROS4HRI has them: a list of IDs, topics for each ID, and a TF frame for each."""

from contextlib import suppress
from math import hypot

import rclpy
from hri_msgs.msg import IdsList, NormalizedRegionOfInterest2D
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.subscription import Subscription
from rclpy.time import Time
from tf2_ros import Buffer, TransformException, TransformListener


class ReadHriFaces(Node):
    def __init__(self) -> None:
        super().__init__('read_hri_faces')
        # Measure distances from this frame, such as base_link; empty: from the camera.
        self.frame = self.declare_parameter('frame', '').value
        self.readers: dict[str, Subscription] = {}  # by ID
        self.boxes: dict[str, NormalizedRegionOfInterest2D] = {}  # of the last second
        self.create_subscription(IdsList, '/humans/faces/tracked', self.follow, 1)
        self.transforms = Buffer()
        self.listener = TransformListener(self.transforms, self)
        self.create_timer(1.0, self.report)

    def follow(self, tracked: IdsList) -> None:
        # Each list is complete. Topics of a face come and go with it, so subscriptions must too.
        for face in self.readers.keys() - set(tracked.ids):
            self.destroy_subscription(self.readers.pop(face))
            self.get_logger().info(f'{face} left')
        for face in set(tracked.ids) - self.readers.keys():
            self.readers[face] = self.create_subscription(
                NormalizedRegionOfInterest2D, f'/humans/faces/{face}/roi',
                lambda box, face=face: self.boxes.update({face: box}), 1,
            )

    def report(self) -> None:
        for face, box in self.boxes.items():
            x, y = (box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2
            frame = self.frame or box.header.frame_id
            try:
                found = self.transforms.lookup_transform(frame, f'face_{face}', Time())
                at = found.transform.translation
                where = f'{hypot(at.x, at.y, at.z):.2f} m from {frame}'
            except TransformException as error:  # not calibrated, or no TF tree to that frame
                where = f'distance unknown: {error}'
            self.get_logger().info(f'{face} at {x:.0%}, {y:.0%} of the image, {where}')
        self.boxes.clear()  # stale unless published again until the next report


if __name__ == '__main__':
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(ReadHriFaces())
