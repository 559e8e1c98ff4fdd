# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Subscription to the camera images, raw or compressed: decoding, and why none arrive."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.compressed import read_compressed
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.ros.input.image_conversion import ImageConverter
from headpose_ros.ros.input.stream_watch import StreamWatch
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS, take_waiting
from headpose_ros.ros.rclpy_extras.transport import cure_of_loss, why_silent

RAW, COMPRESSED = 'raw', 'compressed'
TRANSPORTS = (RAW, COMPRESSED)

# Sensor-data QoS with depth 1: while an image is processed, a newer one replaces the one that
# waits, so a pose is never of an old image.
NEWEST = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)

# Seconds for which images of a camera faster than the node are processed back to back, as a cycle
# of the executor in between has its cost.
TURN = 0.02

WARNING_PERIOD = 10.0  # seconds between warnings about images


class ImageInput:
    """Subscribes to ``image``, or to ``image/compressed``.

    Where ``image`` is remapped to a topic that ends with ``/compressed``, that one is used,
    whatever ``transport`` is. An image that cannot be decoded or processed is dropped with a
    warning.

    :param transport: one of ``TRANSPORTS``.
    :param watch: counts what was received and what was dropped.
    :param on_image: called with the header of each image and its pixels, ``uint8`` (H, W, 3) BGR,
        which may share memory with the message.

    :ivar topic: resolved topic name.
    """

    def __init__(
        self, node: Node, transport: str, converter: ImageConverter, watch: StreamWatch,
        on_image: Callable[[Header, np.ndarray], None],
    ):
        self._node = node
        self._watch = watch
        self._on_image = on_image
        # As in image_transport, remapping "image" remaps its compressed topic too. The compressed
        # topic itself is accepted as well.
        named = node.resolve_topic_name('image')
        raw = named.removesuffix(f'/{COMPRESSED}')
        self._is_compressed = transport == COMPRESSED or raw != named
        self._kind = CompressedImage if self._is_compressed else Image
        self._converter = converter
        compressed = node.resolve_topic_name(f'{raw}/{COMPRESSED}')
        self.topic, self._twin = (compressed, raw) if self._is_compressed else (raw, compressed)
        self._remap = f'remap image to {raw} and ' if raw != named else ''
        self._subscription: Subscription | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is subscribed."""
        return self._subscription is not None

    def start(self) -> None:
        """Subscribe."""
        callback = self._on_message
        if not hasattr(Subscription, 'CallbackType'):  # Humble passes the message only
            callback = partial(callback, info={})
        self._subscription = self._node.create_subscription(
            self._kind, self.topic, callback, NEWEST, event_callbacks=NO_SUBSCRIPTION_EVENTS
        )

    def stop(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)
        self._subscription = None

    def why_silent(self, has_no_clock: bool = False) -> str:
        """Probable reason why no image is received, with the remedy.

        :param has_no_clock: whether simulated time is not advancing.
        """
        other = RAW if self._is_compressed else COMPRESSED
        return why_silent(
            self._node, self.topic, self._kind, self._twin,
            f'{self._remap}set the parameter image_transport to {other}',
            'no publisher; is the camera running, is image remapped to its topic?',
            'if the camera is sending', has_no_clock,
        )

    def cure_of_loss(self) -> str:
        """Remedy for images lost in transport."""
        return cure_of_loss(self._node, self.topic, is_silent=False)

    def several_publishers(self) -> list[str]:
        """Names of the nodes that publish images, if more than one."""
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        names = [f'{p.node_namespace.rstrip("/")}/{p.node_name}' for p in publishers]
        return sorted(names) if len(names) > 1 else []

    def _on_message(self, message: Image | CompressedImage, info: dict[str, Any]) -> None:
        end = time.monotonic() + TURN
        self._hand_on(message, info)
        while self.is_running and self._node.context.ok() and time.monotonic() < end:
            waiting = take_waiting(self._subscription, self._kind)
            if waiting is None:
                break
            self._hand_on(*waiting)

    def _hand_on(self, message: Image | CompressedImage, info: dict[str, Any]) -> None:
        number = info.get('publication_sequence_number')
        self._watch.on_received(time.monotonic(), number, stamp_seconds(message.header))
        try:
            self._on_image(message.header, self._decode(message))
        except UnreadableImageError as error:
            self._drop(str(error))
        except Exception as error:  # whatever another library raises on an odd image
            self._drop(f'{type(error).__name__}: {error}')

    def _decode(self, message: Image | CompressedImage) -> np.ndarray:
        if self._is_compressed:
            return read_compressed(message, self._converter.grey_range)
        return self._converter.imgmsg_to_cv2(message)

    def _drop(self, reason: str) -> None:
        if not self._node.context.ok():  # a signal came while the image was processed
            return
        self._watch.on_dropped(time.monotonic(), reason)
        self._node.get_logger().warning(
            f'dropped an image: {reason}', throttle_duration_sec=WARNING_PERIOD
        )
