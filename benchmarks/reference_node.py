"""The node to compare with: an image comes, FaceMesh looks at it, its header goes back.

Run as ``python -m benchmarks.reference_node``. There is nothing in it that a node with FaceMesh
could do without: no parameters, no checks, no pose.
"""

import sys
from contextlib import suppress

import numpy as np
import rclpy
from geometry_msgs.msg import Vector3Stamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from benchmarks.bare import BareFaceMesh
from headpose_ros.ros.transport import use_large_image_profile


class ReferenceNode(Node):
    """Subscribes to ``image`` and publishes the header of each on ``head_pose``."""

    def __init__(self) -> None:
        super().__init__('reference_node')
        self._face_mesh = BareFaceMesh()
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = self.create_publisher(Vector3Stamped, 'head_pose', QoSProfile(depth=10))
        self.create_subscription(Image, 'image', self._on_image, newest)

    def _on_image(self, message: Image) -> None:
        pixels = np.frombuffer(message.data, np.uint8)
        if self._face_mesh.faces(pixels.reshape(message.height, message.width, 3)):
            self._publisher.publish(Vector3Stamped(header=message.header))


def main() -> None:
    """Run the node until it is told to end."""
    use_large_image_profile()
    rclpy.init(args=sys.argv)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(ReferenceNode())


if __name__ == '__main__':
    main()
