# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Subscription to depth images, registered to the colour images, raw or compressed."""

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
    depth_reader,
    is_compressed_depth,
)
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS, take_waiting
from headpose_ros.ros.rclpy_extras.transport import why_silent

# Best effort matches every publisher. The newest few, as newer depth may arrive while an image is
# processed.
NEWEST_FEW = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=KEPT, reliability=ReliabilityPolicy.BEST_EFFORT
)

SILENCE = 2.0  # seconds without depth before a warning


class DepthInput:
    """Subscribes to ``depth`` and provides the depth image of a colour image.

    Nothing waits for depth: it is looked up after face detection, so that all that has arrived by
    then counts. Only what is used is decoded.

    :ivar topic: resolved topic name; of type ``CompressedImage`` where it ends with
        ``/compressedDepth``.
    """

    def __init__(self, node: Node):
        self._node = node
        self.topic = node.resolve_topic_name('depth')
        is_compressed = is_compressed_depth(self.topic)
        self._kind = CompressedImage if is_compressed else Image
        self._twin = (
            self.topic.removesuffix(f'/{COMPRESSED_DEPTH}') if is_compressed
            else f'{self.topic}/{COMPRESSED_DEPTH}'
        )
        self._buffer = DepthBuffer(depth_reader(self.topic))
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
        """Why the last image with a face had no depth, in words; empty if it had some."""
        seconds = time.monotonic() - self._heard
        if seconds < SILENCE:
            return self._problem
        return f'no depth on {self.topic} for {seconds:.0f} s: {self._why_silent()}'

    def image_at(self, stamp: float, width: int, height: int) -> np.ndarray | None:
        """Depth for a colour image of that stamp, seconds, and size; ``None`` without any."""
        while (waiting := take_waiting(self._subscription, self._kind)) is not None:
            self._add(waiting[0])
        try:
            depth, lag = self._buffer.at(stamp)
            if depth is not None:
                check_same_view(depth, width, height)
                self._problem = ''
                return depth
        except UnreadableImageError as error:
            self._problem = f'unusable depth on {self.topic}: {error}'
        except Exception as error:  # the colour image is usable whatever odd depth raises
            name = type(error).__name__
            self._problem = f'unusable depth on {self.topic}: {name}: {one_line(error)}'
        else:
            self._problem = self._why_unmatched(stamp, lag)
        return None

    def _add(self, message: Image | CompressedImage) -> None:
        self._heard = time.monotonic()
        self._buffer.add(message)

    def _why_unmatched(self, stamp: float, lag: float) -> str:
        if np.isnan(lag):
            return ''  # reported as silence if it lasts
        milliseconds = 1e3 * abs(lag)
        if self._buffer.newest < stamp:
            return (
                f'depth on {self.topic} is late: the newest is {milliseconds:.0f} ms older than '
                'the image; used to measure head widths only'
            )
        return (
            f'the nearest depth on {self.topic} is {milliseconds:.0f} ms from the image (limit '
            f'{1e3 * TOLERANCE:.0f} ms): synchronise depth and colour in the camera driver, or '
            'lower the frame rate'
        )

    def _why_silent(self) -> str:
        return why_silent(
            self._node, self.topic, self._kind, self._twin, 'remap depth to that',
            'no publisher; does the driver register (align) depth to the colour camera, is depth '
            'remapped to its topic?',
            'if the driver is sending',
        )
