"""The calibration of the camera, as its ``camera_info`` tells it."""

import numpy as np
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from headpose_ros.camera import Camera
from headpose_ros.ros.events import NO_SUBSCRIPTION_EVENTS
from headpose_ros.ros.image_input import NEWEST

UNCALIBRATED_CURE = (
    'calibrate it (camera_calibration), or do without head_pose/pose and TF, which need it'
)


# Reasons that are told in the log before it is left at those: a driver that sends nonsense may
# send other nonsense each time.
MAX_TOLD = 20


class UnusableCalibration(ValueError):
    """A ``camera_info`` does not tell how the camera projects; the message says why."""


class CameraCalibration:
    """Follows ``camera_info`` and has the camera for an image ready.

    :param node: the node.
    :param is_rectified: whether images are rectified already.

    :ivar topic: name of the topic, resolved.
    :ivar problem: why the last image had no calibration, in words; empty when it had one.
    """

    def __init__(self, node: Node, is_rectified: bool):
        self._node = node
        self._is_rectified = is_rectified
        self.topic = node.resolve_topic_name('camera_info')
        self._subscription: Subscription | None = None
        self._forget()

    def start(self) -> None:
        """Subscribe."""
        self._subscription = self._node.create_subscription(
            CameraInfo, self.topic, self._on_info, NEWEST, event_callbacks=NO_SUBSCRIPTION_EVENTS
        )

    def stop(self) -> None:
        """Unsubscribe and forget: another camera may be there at the next start."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        self._forget()

    def camera_for(self, width: int, height: int) -> Camera | None:
        """The camera that took an image of that size, ``None`` while it is not known.

        Each reason for not knowing it is told in the log once.
        """
        if self._info is not None and self._seen != (key := _key(self._info)):
            self._seen = key
            self._camera, self._reason = self._read(self._info)
        camera, reason = self._camera, self._reason
        if camera is not None and (camera.width, camera.height) != (width, height):
            camera, reason = None, (
                f'{self.topic} is about images of {self._camera.width}x{self._camera.height} '
                f'pixels, but they have {width}x{height}; publish the calibration of these'
            )
        self.problem = reason
        if reason not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(reason)
            if reason:
                self._node.get_logger().warning(f'uncalibrated: {reason}')
            else:
                self._node.get_logger().info(f'calibrated by {self.topic}')
        return camera

    def _forget(self) -> None:
        self._info: CameraInfo | None = None
        self._seen: tuple | None = None
        self._camera: Camera | None = None
        self._reason = f'no message on {self.topic} yet; {UNCALIBRATED_CURE}'
        self._told: set[str] = set()
        self.problem = self._reason

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _read(self, message: CameraInfo) -> tuple[Camera | None, str]:
        try:
            return camera_of(message, self._is_rectified), ''
        except UnusableCalibration as error:
            return None, f'{self.topic}: {error}'


def camera_of(message: CameraInfo, is_rectified: bool) -> Camera:
    """Camera of a calibration, for the images that it comes with.

    :param message: of the full sensor; its binning and region of interest are applied.
    :param is_rectified: whether these images are rectified, so that ``P`` counts and not ``K``
        and the distortion.
    :raises UnusableCalibration: it is all zeros, as "uncalibrated" is, or makes no sense.
    """
    name, numbers = ('P', message.p) if is_rectified else ('K', message.k)
    matrix = np.array(numbers, float).reshape(3, -1)[:, :3]
    if not matrix[:2, :2].any():
        raise UnusableCalibration(
            f'{name} is zero, which means not calibrated; {UNCALIBRATED_CURE}'
        )
    roi = message.roi
    size = (roi.width or message.width, roi.height or message.height)
    binning = (max(1, message.binning_x), max(1, message.binning_y))
    # The middle of the first binned pixel is not that of the first of the sensor.
    offsets = (roi.x_offset, roi.y_offset)
    for axis, (offset, factor) in enumerate(zip(offsets, binning, strict=True)):
        matrix[axis, 2] = (matrix[axis, 2] - offset + 0.5) / factor - 0.5
        matrix[axis, :2] /= factor
    try:
        return Camera(
            matrix,
            np.zeros(0) if is_rectified else np.array(message.d, float),
            'plumb_bob' if is_rectified else message.distortion_model,
            size[0] // binning[0],
            size[1] // binning[1],
        )
    except ValueError as error:
        raise UnusableCalibration(f'{error}; {UNCALIBRATED_CURE}') from error


def _key(message: CameraInfo) -> tuple:
    """What a camera depends on, comparable even where it is not a number."""
    roi = message.roi
    return (
        message.width, message.height, message.distortion_model,
        np.array(message.d, float).tobytes(), np.array(message.k, float).tobytes(),
        np.array(message.p, float).tobytes(), message.binning_x, message.binning_y,
        roi.x_offset, roi.y_offset, roi.width, roi.height,
    )
