# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Depth of a camera, registered to its colour images, raw or compressed."""

import time

import numpy as np
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from headpose_ros.errors import UnreadableImageError, one_line
from headpose_ros.images.depth import (
    COMPRESSED_DEPTH,
    KEPT,
    TOLERANCE,
    DepthBuffer,
    check_same_view,
    read_compressed_depth,
    read_depth,
)
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS, take_waiting
from headpose_ros.ros.rclpy_extras.transport import cure_of_loss

# Best effort hears every publisher. The newest few, as the depth of the image that is being
# processed may be followed by newer depth meanwhile.
NEWEST_FEW = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=KEPT, reliability=ReliabilityPolicy.BEST_EFFORT
)

SILENCE = 2.0  # seconds without depth after which something is wrong


class DepthInput:
    """Subscribes to ``depth``, and has the depth image of a colour image ready.

    Nothing waits for depth: it is looked up after the faces are found, so that all that arrives
    until then is there. Only what is used is decoded.

    :ivar topic: name of the topic, resolved; a ``CompressedImage`` where it ends with
        ``/compressedDepth``.
    """

    def __init__(self, node: Node):
        self._node = node
        self.topic = node.resolve_topic_name('depth')
        is_compressed = self.topic.endswith(f'/{COMPRESSED_DEPTH}')
        self._kind = CompressedImage if is_compressed else Image
        self._twin = (
            self.topic.removesuffix(f'/{COMPRESSED_DEPTH}') if is_compressed
            else f'{self.topic}/{COMPRESSED_DEPTH}'
        )
        self._buffer = DepthBuffer(read_compressed_depth if is_compressed else read_depth)
        self._subscription: Subscription | None = None
        self._heard = 0.0
        self._problem = ''

    def start(self) -> None:
        """Subscribe."""
        self._heard = time.monotonic()
        self._subscription = self._node.create_subscription(
            self._kind, self.topic, self._add, NEWEST_FEW, event_callbacks=NO_SUBSCRIPTION_EVENTS
        )

    def stop(self) -> None:
        """Unsubscribe and forget."""
        self._node.destroy_subscription(self._subscription)
        self._subscription = None
        self._buffer.clear()
        self._problem = ''

    @property
    def problem(self) -> str:
        """Why the last image with a face had no depth, in words; empty when it had some."""
        seconds = time.monotonic() - self._heard
        if seconds < SILENCE:
            return self._problem
        return f'no depth on {self.topic} for {seconds:.0f} s: {self._why_silent()}'

    def image_at(self, stamp: float, width: int, height: int) -> np.ndarray | None:
        """Depth of the colour image of a stamp, seconds, and size; ``None`` without any."""
        while (waiting := take_waiting(self._subscription, self._kind)) is not None:
            self._add(waiting[0])
        try:
            depth, lag = self._buffer.at(stamp)
            if depth is not None:
                check_same_view(depth, width, height)
                self._problem = ''
                return depth
        except UnreadableImageError as error:
            self._problem = f'the depth on {self.topic} cannot be used: {error}'
        except Exception as error:  # whatever an odd image leads to, its colours are there
            name = type(error).__name__
            self._problem = f'the depth on {self.topic} cannot be used: {name}: {one_line(error)}'
        else:
            self._problem = self._why_unmatched(stamp, lag)
        return None

    def _add(self, message: Image | CompressedImage) -> None:
        self._heard = time.monotonic()
        self._buffer.add(message)

    def _why_unmatched(self, stamp: float, lag: float) -> str:
        if np.isnan(lag):
            return ''  # told as silence when it lasts
        milliseconds = 1e3 * abs(lag)
        if self._buffer.newest < stamp:
            return (
                f'the depth on {self.topic} comes late: the newest is {milliseconds:.0f} ms older '
                'than the image; it tells the widths of heads, and distances follow from those'
            )
        return (
            f'the nearest depth on {self.topic} is {milliseconds:.0f} ms from the image, and '
            f'{1e3 * TOLERANCE:.0f} are allowed: let the camera driver synchronise the two, or '
            'lower the rate of the images'
        )

    def _why_silent(self) -> str:
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if not publishers and self._node.count_publishers(self._twin):
            return f'nobody publishes it, but somebody publishes {self._twin}; remap depth to that'
        if not publishers:
            return (
                'nobody publishes it; does the driver register (align) depth to the colour '
                'camera, is depth remapped to its topic?'
            )
        wanted = f'sensor_msgs/msg/{self._kind.__name__}'
        foreign = {p.topic_type for p in publishers} - {wanted}
        if foreign:
            return f'it is a {", ".join(sorted(foreign))}; want {wanted}'
        cure = cure_of_loss(self._node, self.topic, is_silent=True)
        return f'{len(publishers)} publish it, but nothing arrives; if it is sent, {cure}'
