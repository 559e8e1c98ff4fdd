# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A camera that costs next to nothing: frames made beforehand, to several topics in turns.

Run as ``python -m benchmarks.camera``; ``benchmarks.stream`` does. While one topic has its turn
the others get nothing. Each header goes to ``published`` as well, with the number of the turn as
``frame_id``.
"""

import argparse
import array
import itertools
import sys
from pathlib import Path

import numpy as np
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from headpose_ros.ros.rclpy_extras.run import run_node

NAME = 'benchmark_camera'

PAUSE = 0.5  # seconds between two turns, in which what is under way arrives


class Camera(Node):
    """Publishes frames in turns.

    :param frames: ``uint8`` (H, W, 3) BGR.
    :param topics: that take turns.
    :param rate: Hz.
    :param turn: seconds of a turn; 0 for one without end, on all topics at once.
    """

    def __init__(self, frames: np.ndarray, topics: list[str], rate: float, turn: float):
        super().__init__(NAME)
        self._messages = itertools.cycle([_message(frame) for frame in frames])
        self._images = [self.create_publisher(Image, name, QoSProfile(depth=1)) for name in topics]
        told = QoSProfile(depth=1000)
        self._published = self.create_publisher(Vector3Stamped, 'published', told)
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
        told = Vector3Stamped()
        told.header.stamp, told.header.frame_id = stamp, str(turn)
        self._published.publish(told)
        for topic in topics:
            topic.publish(message)


def _message(frame: np.ndarray) -> Image:
    height, width = frame.shape[:2]
    message = Image(height=height, width=width, encoding='bgr8', step=3 * width)
    message.header.frame_id = 'camera_optical_frame'
    message.data = array.array('B', frame.tobytes())
    return message


def main() -> int:
    """Run the camera until it is told to end; the exit code of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('frames', type=Path, help='file (.npy) of the frames')
    parser.add_argument('--topics', nargs='+', required=True)
    parser.add_argument('--rate', type=float, required=True)
    parser.add_argument('--turn', type=float, default=0.0)
    arguments, ros_arguments = parser.parse_known_args()
    frames = np.load(arguments.frames)
    return run_node(
        lambda: Camera(frames, arguments.topics, arguments.rate, arguments.turn),
        NAME, [sys.argv[0], *ros_arguments], publishes_images=True,
    )


if __name__ == '__main__':
    sys.exit(main())
