# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The calibration of the camera, as its ``camera_info`` tells it."""

import time

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.camera_info import CameraInfoCache
from headpose_ros.ros.input.image_input import NEWEST
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS

# Reasons that are told in the log before it is left at those: a driver that sends nonsense may
# send other nonsense each time.
MAX_TOLD = 20

# Seconds in which it is not missed: the first image may come before the first calibration.
PATIENCE = 1.0


class CameraInfoInput:
    """Follows ``camera_info`` and has the camera for an image ready.

    :param is_rectified: whether images are rectified already.

    :ivar topic: name of the topic, resolved.
    """

    def __init__(self, node: Node, is_rectified: bool):
        self._node = node
        self.topic = node.resolve_topic_name('camera_info')
        self._calibration = CameraInfoCache(self.topic, is_rectified)
        self._subscription: Subscription | None = None
        self._told: set[str] = set()
        self._started = 0.0

    @property
    def problem(self) -> str:
        """Why the last image had no calibration, in words; empty when it had one."""
        return self._calibration.problem

    def is_bent_twice(self, image_topic: str) -> bool:
        """Whether images that are rectified by their name are freed of a distortion once more."""
        return self._calibration.is_bent_twice(image_topic)

    def start(self) -> None:
        """Subscribe."""
        self._started = time.monotonic()
        self._subscription = self._node.create_subscription(
            CameraInfo, self.topic, self._calibration.update, NEWEST,
            event_callbacks=NO_SUBSCRIPTION_EVENTS,
        )

    def stop(self) -> None:
        """Unsubscribe and forget: another camera may be there at the next start."""
        self._node.destroy_subscription(self._subscription)
        self._calibration.forget()
        self._told.clear()

    def camera_for(self, width: int, height: int) -> Camera | None:
        """The camera that took an image of that size, ``None`` while it is not known.

        Each reason for not knowing it is told in the log once.
        """
        camera, reason = self._calibration.camera_for(width, height), self.problem
        if not self._calibration.was_heard and time.monotonic() - self._started < PATIENCE:
            return camera
        if reason not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(reason)
            if reason:
                self._node.get_logger().warning(f'uncalibrated: {reason}')
            else:
                self._node.get_logger().info(f'calibrated by {self.topic}')
        return camera
