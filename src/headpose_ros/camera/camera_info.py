# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The calibration of a camera, messages as sensor_msgs/CameraInfo describes them."""

import re
from typing import Any

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import CalibrationError

UNCALIBRATED_CURE = (
    'calibrate it (camera_calibration), or do without head_pose/pose and TF, which need it'
)


# In names of topics of images without distortion, as image_proc and many drivers have it.
_RECTIFIED = re.compile(r'(^|[/_])rect(ified)?([/_]|$)')


class CameraInfoCache:
    """The newest ``camera_info`` as the camera for an image.

    :param topic: name of its topic, for the reasons.
    :param is_rectified: whether images are rectified already.

    :ivar problem: why the last image had no calibration, in words; empty when it had one.
    """

    def __init__(self, topic: str, is_rectified: bool):
        self._topic = topic
        self._is_rectified = is_rectified
        self.forget()

    @property
    def was_heard(self) -> bool:
        """Whether any ``camera_info`` came."""
        return self._key is not None

    def forget(self) -> None:
        """Another camera may be there from now on."""
        self._key: tuple | None = None
        self._camera: Camera | None = None
        self._reason = f'no message on {self._topic} yet; {UNCALIBRATED_CURE}'
        self.problem = self._reason

    def update(self, message: Any) -> None:
        """Take another calibration from now on."""
        if (key := _key(message)) == self._key:
            return
        self._key = key
        try:
            self._camera, self._reason = camera_of(message, self._is_rectified), ''
        except CalibrationError as error:
            self._camera, self._reason = None, f'{self._topic}: {error}'

    def is_bent_twice(self, image_topic: str) -> bool:
        """Whether images that are rectified by their name are freed of a distortion once more."""
        camera = self._camera
        is_bent = not self._is_rectified and camera is not None and bool(camera.distortion.any())
        return is_bent and _RECTIFIED.search(image_topic) is not None

    def camera_for(self, width: int, height: int) -> Camera | None:
        """The camera that took an image of that size, ``None`` while it is not known."""
        self.problem = self._reason
        if self._camera is None or (self._camera.width, self._camera.height) == (width, height):
            return self._camera
        self.problem = (
            f'{self._topic} is about images of {self._camera.width}x{self._camera.height} '
            f'pixels, but they have {width}x{height}; publish the calibration of these'
        )
        return None


def camera_of(message: Any, is_rectified: bool) -> Camera:
    """Camera of a calibration, for the images that it comes with.

    :param message: a sensor_msgs/CameraInfo, of the full sensor; its binning and region of
        interest are applied.
    :param is_rectified: whether these images are rectified, so that ``P`` counts and not ``K``
        and the distortion.
    :raises CalibrationError: it is all zeros, as "uncalibrated" is, or makes no sense.
    """
    name, numbers = ('P', message.p) if is_rectified else ('K', message.k)
    matrix = np.array(numbers, float).reshape(3, -1)[:, :3]
    if not matrix[:2, :2].any():
        raise CalibrationError(f'{name} is zero, which means not calibrated; {UNCALIBRATED_CURE}')
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
        raise CalibrationError(f'{error}; {UNCALIBRATED_CURE}') from error


def _key(message: Any) -> tuple:
    """What a camera depends on, comparable even where it is not a number."""
    roi = message.roi
    return (
        message.width, message.height, message.distortion_model,
        np.array(message.d, float).tobytes(), np.array(message.k, float).tobytes(),
        np.array(message.p, float).tobytes(), message.binning_x, message.binning_y,
        roi.x_offset, roi.y_offset, roi.width, roi.height,
    )
