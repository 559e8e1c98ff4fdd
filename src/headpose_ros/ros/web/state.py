# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Latest outputs of the node."""

import asyncio
import time
from collections import deque

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Vector3Stamped
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage

from headpose_ros.ros.diagnostics import status_name
from headpose_ros.ros.web.node_client import AsyncioBridge

HISTORY = 30.0  # seconds of angles kept
AWAY = 3.5  # seconds without diagnostics, published at 1 Hz, after which the node counts as gone

# A slow page must not slow the node.
IMAGES = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class NodeState:
    """Subscribes to a node for any number of pages, and runs in their thread.

    :param shown: full name of the node.

    :ivar image: the last image, JPEG; a small black one with the usual aspect before the first.
    """

    def __init__(self, bridge: AsyncioBridge, shown: str):
        self.image = cv2.imencode('.jpg', np.zeros((3, 4), np.uint8))[1].tobytes()
        self._bridge = bridge
        self._status_name = status_name(shown)
        self._angles: deque[tuple[float, tuple[float, ...]]] = deque()
        self._status: DiagnosticStatus | None = None
        self._status_time = self._image_time = time.monotonic()
        self._came = asyncio.Event()
        self._of_viewers: list[Subscription] = []
        bridge.subscribe(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, QoSProfile(depth=10)
        )

    @property
    def angles(self) -> deque[tuple[float, tuple[float, ...]]]:
        """Recent poses, newest last.

        Time of arrival of each, seconds of ``time.monotonic``, and roll, pitch and yaw in degrees.
        """
        oldest = time.monotonic() - HISTORY
        while self._angles and self._angles[0][0] < oldest:
            self._angles.popleft()
        return self._angles

    @property
    def status(self) -> DiagnosticStatus | None:
        """The last diagnostics; ``None`` while the node is gone."""
        return self._status if self.silence <= AWAY else None

    @property
    def silence(self) -> float:
        """Seconds since the last diagnostics."""
        return time.monotonic() - self._status_time

    @property
    def stillness(self) -> float:
        """Seconds since the last image."""
        return time.monotonic() - self._image_time

    async def next_image(self) -> bytes:
        """The next image, JPEG."""
        await self._came.wait()
        return self.image

    def set_watched(self, is_watched: bool) -> None:
        """Subscribe to the outputs computed on demand, or unsubscribe."""
        self._bridge.do(self._subscribe if is_watched else self._unsubscribe)

    def _subscribe(self) -> None:
        if not self._of_viewers:
            subscribe = self._bridge.subscribe
            self._of_viewers = [
                subscribe(Vector3Stamped, 'head_pose', self._on_pose, qos_profile_sensor_data),
                subscribe(
                    CompressedImage, 'head_pose/annotated_image/compressed', self._on_image, IMAGES
                ),
            ]

    def _unsubscribe(self) -> None:
        while self._of_viewers:
            self._bridge.node.destroy_subscription(self._of_viewers.pop())

    def _on_pose(self, message: Vector3Stamped) -> None:
        v = message.vector
        self.angles.append((time.monotonic(), tuple(np.degrees([v.x, v.y, v.z]).tolist())))

    def _on_image(self, message: CompressedImage) -> None:
        self.image, self._image_time = bytes(message.data), time.monotonic()
        self._came.set()
        self._came = asyncio.Event()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == self._status_name:
                self._status, self._status_time = status, time.monotonic()
