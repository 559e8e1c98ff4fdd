# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The bare loop next to a stream: at full speed in its turns, on the frames of the first one.

It is sent images as the nodes are, so that camera and middleware have the same to do, but while
it measures it takes none. The header of the first image of a turn goes back on ``head_pose``;
frames a second go to a file, a line a turn.
"""

import sys
import time
from pathlib import Path

import numpy as np
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from benchmarks.bare import BareFaceMesh
from benchmarks.frames import COUNT, forth_and_back
from headpose_ros.ros.rclpy_extras.run import run_node

NAME = 'bare_loop'

GAP = 0.3  # seconds without an image that mark a new turn
SECONDS = 3.0  # measured per turn


class BareLoop(Node):
    """Subscribes to ``image`` and measures once per turn; writes to the parameter ``file``."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self._file = Path(self.declare_parameter('file', '').value)
        self._face_mesh = BareFaceMesh()
        self._frames: list[np.ndarray] = []
        self._last = 0.0
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = self.create_publisher(Vector3Stamped, 'head_pose', QoSProfile(depth=10))
        self.create_subscription(Image, 'image', self._on_image, newest)

    def _on_image(self, message: Image) -> None:
        begins = time.monotonic() - self._last > GAP
        if begins:
            self._publisher.publish(Vector3Stamped(header=message.header))
        if len(self._frames) < COUNT:
            pixels = np.frombuffer(message.data, np.uint8)
            self._frames.append(pixels.reshape(message.height, message.width, 3))
        elif begins:
            self._measure()
        self._last = time.monotonic()

    def _measure(self) -> None:
        frames, count, start = forth_and_back(self._frames), 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < SECONDS:
            self._face_mesh.faces(frames[count % len(frames)])
            count += 1
        with self._file.open('a') as file:
            file.write(f'{count / passed}\n')


def main() -> int:
    """Run until terminated; returns the exit code."""
    return run_node(BareLoop, NAME, sys.argv)


if __name__ == '__main__':
    sys.exit(main())
