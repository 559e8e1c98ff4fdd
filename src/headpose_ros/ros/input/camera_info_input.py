# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Camera calibration from ``camera_info``."""

import time

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.camera_info import CameraInfoCache
from headpose_ros.ros.input.image_input import NEWEST
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS

# Distinct reasons logged at most: a broken driver may send something else each time.
MAX_REASONS = 20

# Seconds without a warning: the first image may arrive before the first calibration.
PATIENCE = 1.0


class CameraInfoInput:
    """Subscribes to ``camera_info`` and provides the camera model of an image.

    :param is_rectified: whether images are rectified already.

    :ivar topic: resolved topic name.
    """

    def __init__(self, node: Node, is_rectified: bool):
        self._node = node
        self.topic = node.resolve_topic_name('camera_info')
        self._calibration = CameraInfoCache(self.topic, is_rectified)
        self._subscription: Subscription | None = None
        self._logged: set[str] = set()
        self._started = 0.0

    @property
    def problem(self) -> str:
        """Why the last image had no calibration, in words; empty if it had one."""
        return self._calibration.problem

    def is_bent_twice(self, image_topic: str) -> bool:
        """Whether images rectified by their name are undistorted once more."""
        return self._calibration.is_bent_twice(image_topic)

    def start(self) -> None:
        """Subscribe."""
        self._started = time.monotonic()
        self._subscription = self._node.create_subscription(
            CameraInfo, self.topic, self._calibration.update, NEWEST,
            event_callbacks=NO_SUBSCRIPTION_EVENTS,
        )

    def stop(self) -> None:
        """Unsubscribe and forget the calibration: the next start may be with another camera."""
        self._node.destroy_subscription(self._subscription)
        self._calibration.forget()
        self._logged.clear()

    def camera_for(self, width: int, height: int) -> Camera | None:
        """Camera model for an image of that size; ``None`` while uncalibrated.

        Each reason is logged once.
        """
        camera, reason = self._calibration.camera_for(width, height), self.problem
        if not self._calibration.was_heard and time.monotonic() - self._started < PATIENCE:
            return camera
        if reason not in self._logged and len(self._logged) < MAX_REASONS:
            self._logged.add(reason)
            if reason:
                self._node.get_logger().warning(f'uncalibrated: {reason}')
            else:
                self._node.get_logger().info(f'calibrated by {self.topic}')
        return camera
