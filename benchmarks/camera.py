# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A camera with negligible cost: publishes prerendered frames to several topics in turns.

While one topic has its turn the others get nothing. Each header goes to ``published`` as well,
with the number of the turn as ``frame_id``.
"""

import array
import itertools
import sys

import numpy as np
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from headpose_ros.ros.rclpy_extras.run import run_node

NAME = 'benchmark_camera'

PAUSE = 0.5  # seconds between two turns, for messages in transit


class Camera(Node):
    """Publishes frames in turns.

    Its parameters are ``frames``, a file (.npy) of ``uint8`` (n, H, W, 3) BGR; ``topics``, which
    take turns; ``rate``, Hz; ``turn``, seconds of each, or 0 for one without end, on all topics at
    once.
    """

    def __init__(self) -> None:
        super().__init__(NAME, automatically_declare_parameters_from_overrides=True)
        names = ('frames', 'topics', 'rate', 'turn')
        file, topics, rate, turn = (self.get_parameter(name).value for name in names)
        self._messages = itertools.cycle([_message(frame) for frame in np.load(file)])
        self._images = [self.create_publisher(Image, name, QoSProfile(depth=1)) for name in topics]
        qos = QoSProfile(depth=1000)
        self._published = self.create_publisher(Vector3Stamped, 'published', qos)
        self._frames_a_turn = round(turn * rate)
        self._pause = round(PAUSE * rate)
        self._ticks = itertools.count()
        self.create_timer(1.0 / rate, self._publish)

    def _publish(self) -> None:
        turn, topics = 0, self._images
        if self._frames_a_turn:
            turn, place = divmod(next(self._ticks), self._frames_a_turn + self._pause)
            if place >= self._frames_a_turn:
                return
            topics = [self._images[turn % len(self._images)]]
        message = next(self._messages)
        stamp = self.get_clock().now().to_msg()
        message.header.stamp = stamp
        note = Vector3Stamped()
        note.header.stamp, note.header.frame_id = stamp, str(turn)
        self._published.publish(note)
        for topic in topics:
            topic.publish(message)


def _message(frame: np.ndarray) -> Image:
    height, width = frame.shape[:2]
    message = Image(height=height, width=width, encoding='bgr8', step=3 * width)
    message.header.frame_id = 'camera_optical_frame'
    message.data = array.array('B', frame.tobytes())
    return message


def main() -> int:
    """Run the camera until terminated; returns the exit code."""
    return run_node(Camera, NAME, sys.argv, publishes_images=True)


if __name__ == '__main__':
    sys.exit(main())
