# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Camera calibration from sensor_msgs/CameraInfo."""

import re
from typing import Any

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import CalibrationError

UNCALIBRATED_CURE = (
    'calibrate the camera (camera_calibration); without it there is no head_pose/pose and no TF'
)


# Topic names of rectified images, as used by image_proc and many drivers.
_RECTIFIED = re.compile(r'(^|[/_])rect(ified)?([/_]|$)')


class CameraInfoCache:
    """The latest ``camera_info`` as a camera.

    :param topic: its topic, for messages.
    :param is_rectified: whether the images are already rectified.

    :ivar problem: why the last image had no calibration, as text; empty if it had one.
    """

    def __init__(self, topic: str, is_rectified: bool):
        self._topic = topic
        self._is_rectified = is_rectified
        self.forget()

    @property
    def was_heard(self) -> bool:
        """Whether any ``camera_info`` was received."""
        return self._key is not None

    def forget(self) -> None:
        """Reset: the next message may be from another camera."""
        self._key: tuple | None = None
        self._camera: Camera | None = None
        self._reason = f'no message on {self._topic} yet; {UNCALIBRATED_CURE}'
        self.problem = self._reason

    def update(self, message: Any) -> None:
        """Use this calibration from now on."""
        if (key := _key(message)) == self._key:
            return
        self._key = key
        try:
            self._camera, self._reason = camera_of(message, self._is_rectified), ''
        except CalibrationError as error:
            self._camera, self._reason = None, f'{self._topic}: {error}'

    def is_bent_twice(self, image_topic: str) -> bool:
        """Whether images that are rectified, judging by their topic, are undistorted again."""
        camera = self._camera
        is_bent = not self._is_rectified and camera is not None and bool(camera.distortion.any())
        return is_bent and _RECTIFIED.search(image_topic) is not None

    def camera_for(self, width: int, height: int) -> Camera | None:
        """The camera for an image of this size; ``None`` while unknown."""
        self.problem = self._reason
        if self._camera is None or (self._camera.width, self._camera.height) == (width, height):
            return self._camera
        self.problem = (
            f'{self._topic} is for {self._camera.width}x{self._camera.height} images, but they '
            f'are {width}x{height}; publish the calibration for this size'
        )
        return None


def camera_of(message: Any, is_rectified: bool) -> Camera:
    """Camera from a calibration message.

    :param message: a sensor_msgs/CameraInfo; binning and region of interest are applied.
    :param is_rectified: whether the images are rectified: use ``P`` instead of ``K`` and ``D``.
    :raises CalibrationError: it is all zeros (uncalibrated) or invalid.
    """
    name, numbers = ('P', message.p) if is_rectified else ('K', message.k)
    matrix = np.array(numbers, float).reshape(3, -1)[:, :3]
    if not matrix[:2, :2].any():
        raise CalibrationError(f'{name} is zero; {UNCALIBRATED_CURE}')
    roi = message.roi
    size = (roi.width or message.width, roi.height or message.height)
    binning = (max(1, message.binning_x), max(1, message.binning_y))
    # Pixel centres: that of the first binned pixel is not that of the first sensor pixel.
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
    """All inputs of ``camera_of``, comparable even with NaN."""
    roi = message.roi
    return (
        message.width, message.height, message.distortion_model,
        np.array(message.d, float).tobytes(), np.array(message.k, float).tobytes(),
        np.array(message.p, float).tobytes(), message.binning_x, message.binning_y,
        roi.x_offset, roi.y_offset, roi.width, roi.height,
    )
