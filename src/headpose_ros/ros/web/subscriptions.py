# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Listens to the node: to its diagnostics always, to the rest while somebody looks."""

import math
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage

from headpose_ros.ros.diagnostics.report import status_name
from headpose_ros.ros.web.asyncio_bridge import AsyncioBridge
from headpose_ros.ros.web.state import Angles, NodeState, Status

# A page that is slow must not slow the node.
IMAGES = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Subscriptions:
    """Puts what a node publishes into ``NodeState``.

    :param node: that subscribes.
    :param shown: full name of the node that is shown.
    :param state: lives in the loop of ``bridge``.
    """

    def __init__(self, node: Node, shown: str, state: NodeState, bridge: AsyncioBridge):
        self._node = node
        self._status_name = status_name(shown)
        self._state = state
        self._bridge = bridge
        self._of_viewers: list[Subscription] = []
        node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, QoSProfile(depth=10)
        )

    def set_watched(self, is_watched: bool) -> None:
        """Subscribe to what costs the node work, or unsubscribe."""
        self._bridge.do(self._subscribe if is_watched else self._unsubscribe)

    def _subscribe(self) -> None:
        if not self._of_viewers:
            self._of_viewers = [
                self._node.create_subscription(
                    Vector3Stamped, 'head_pose', self._on_pose, qos_profile_sensor_data
                ),
                self._node.create_subscription(
                    CompressedImage, 'head_pose/annotated_image/compressed', self._on_image, IMAGES
                ),
            ]

    def _unsubscribe(self) -> None:
        while self._of_viewers:
            self._node.destroy_subscription(self._of_viewers.pop())

    def _on_pose(self, message: Vector3Stamped) -> None:
        v = message.vector
        rpy = math.degrees(v.x), math.degrees(v.y), math.degrees(v.z)
        self._bridge.tell(self._state.add_angles, Angles(time.monotonic(), rpy))

    def _on_image(self, message: CompressedImage) -> None:
        self._bridge.tell(self._state.add_image, bytes(message.data), time.monotonic())

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == self._status_name:
                values = {each.key: each.value for each in status.values}
                # A byte of a message is bytes in Python.
                received = Status(int.from_bytes(status.level, 'big'), status.message, values)
                self._bridge.tell(self._state.add_status, received, time.monotonic())
