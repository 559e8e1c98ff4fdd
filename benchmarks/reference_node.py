# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Baseline node: receives an image, runs FaceMesh, sends the header back.

Run as ``python -m benchmarks.reference_node``. There is nothing in it that a node with FaceMesh
could do without: no parameters, no checks, no pose.
"""

import sys

import numpy as np
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from benchmarks.bare import BareFaceMesh
from headpose_ros.ros.rclpy_extras.run import run_node

NAME = 'reference_node'


class ReferenceNode(Node):
    """Subscribes to ``image`` and publishes the header of each on ``head_pose``."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self._face_mesh = BareFaceMesh()
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = self.create_publisher(Vector3Stamped, 'head_pose', QoSProfile(depth=10))
        self.create_subscription(Image, 'image', self._on_image, newest)

    def _on_image(self, message: Image) -> None:
        pixels = np.frombuffer(message.data, np.uint8)
        if self._face_mesh.faces(pixels.reshape(message.height, message.width, 3)):
            self._publisher.publish(Vector3Stamped(header=message.header))


def main() -> int:
    """Run the node until terminated; returns the exit code."""
    return run_node(ReferenceNode, NAME, sys.argv)


if __name__ == '__main__':
    sys.exit(main())
