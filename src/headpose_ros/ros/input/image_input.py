# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images of the camera, raw or compressed, decoded and handed on; and why none may come."""

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
from headpose_ros.ros.rclpy_extras.transport import cure_of_loss

RAW, COMPRESSED = 'raw', 'compressed'
TRANSPORTS = (RAW, COMPRESSED)

# Sensor-data QoS with room for one message: while the node works on an image, a newer one
# replaces the one that waits, so that a pose is never of an old image.
NEWEST = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)

# Seconds for which images of a camera that is faster than the node are worked on one after the
# other, before the executor looks for anything else, which is not for nothing.
TURN = 0.02

WARNING_PERIOD = 10.0  # seconds between warnings about images


class ImageInput:
    """Subscribes to ``image``, or to the same topic with ``/compressed`` after it.

    Where ``image`` is remapped to a topic that ends so, it is that, whatever ``transport`` is.

    An image that cannot be decoded or processed is dropped, with a warning.

    :param transport: one of ``TRANSPORTS``.
    :param watch: is told what has arrived, and what was dropped.
    :param on_image: is called with the header of each image and its pixels, ``uint8`` (H, W, 3)
        BGR, which may lie in the memory of the message.

    :ivar topic: name of the topic, resolved.
    """

    def __init__(
        self, node: Node, transport: str, converter: ImageConverter, watch: StreamWatch,
        on_image: Callable[[Header, np.ndarray], None],
    ):
        self._node = node
        self._watch = watch
        self._on_image = on_image
        # As image_transport does it: a remapped "image" takes its compressed twin along. And as
        # people write it: the topic that they see, compressed or not.
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
        if not hasattr(Subscription, 'CallbackType'):  # Humble tells nothing but the message
            callback = partial(callback, info={})
        self._subscription = self._node.create_subscription(
            self._kind, self.topic, callback, NEWEST, event_callbacks=NO_SUBSCRIPTION_EVENTS
        )

    def stop(self) -> None:
        """Unsubscribe; nothing is received any more."""
        self._node.destroy_subscription(self._subscription)
        self._subscription = None

    def why_silent(self, has_no_clock: bool = False) -> str:
        """Why no image may have come, and what to do.

        :param has_no_clock: whether simulated time stands still.
        """
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if not publishers and self._node.count_publishers(self._twin):
            other = RAW if self._is_compressed else COMPRESSED
            return (
                f'nobody publishes it, but somebody publishes {self._twin}; {self._remap}set the '
                f'parameter image_transport to {other}'
            )
        if not publishers:
            return 'nobody publishes it; is the camera running, is image remapped to its topic?'
        wanted = f'sensor_msgs/msg/{self._kind.__name__}'
        foreign = {p.topic_type for p in publishers} - {wanted}
        if foreign:
            return f'it is a {", ".join(sorted(foreign))}; want {wanted}'
        if has_no_clock:
            return 'the camera waits for simulated time too'
        return (
            f'{len(publishers)} publish it, but nothing arrives; if the camera does send, '
            f'{cure_of_loss(self._node, self.topic, is_silent=True)}'
        )

    def cure_of_loss(self) -> str:
        """What to do where images get lost on their way here."""
        return cure_of_loss(self._node, self.topic, is_silent=False)

    def several_publishers(self) -> list[str]:
        """Names of the nodes that publish images, where it is not only one."""
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
        except Exception as error:  # whatever a foreign library makes of an odd image
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
