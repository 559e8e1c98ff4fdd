# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Compressed images as ROS messages; they are read by ``headpose_ros.images.compressed``."""

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from headpose_ros.images.bgr import check_bgr

# As image_transport's plugin "compressed" names it: the encoding of the image and of the file.
WRITTEN_FORMAT = 'bgr8; jpeg compressed bgr8'
QUALITIES = (1, 100)  # of JPEG, smallest and largest
MAX_JPEG_SIDE = 65500  # pixels, libjpeg's JPEG_MAX_DIMENSION


def write_compressed(bgr: np.ndarray, header: Header, quality: int) -> CompressedImage:
    """Message of an image, as JPEG.

    :param bgr: ``uint8`` (H, W, 3), at most ``MAX_JPEG_SIDE`` high and wide.
    :param header: becomes the message's header itself, not a copy.
    :param quality: of JPEG, 1 to 100; higher is better and larger.
    :raises ValueError: if image or quality cannot be.
    """
    check_bgr(bgr)
    low, high = QUALITIES
    if not isinstance(quality, int) or not low <= quality <= high:
        raise ValueError(f'quality is {quality!r}; want a whole number from {low} to {high}')
    if max(bgr.shape) > MAX_JPEG_SIDE:
        height, width = bgr.shape[:2]
        raise ValueError(
            f'got {width} x {height} pixels; a JPEG has at most {MAX_JPEG_SIDE} on a side'
        )
    _, jpeg = cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
    message = CompressedImage(header=header, format=WRITTEN_FORMAT)
    # Into the message's own array.array, as for raw images.
    message.data.frombytes(jpeg)
    return message
