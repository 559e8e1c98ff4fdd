# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images between ROS messages and OpenCV, with cv_bridge where it is installed and without.

``create_converter`` returns an object with cv_bridge's two methods, whichever of the two does the
work. The fields of a message are checked before a pixel is touched, so a broken image always
raises ``headpose_ros.errors.UnreadableImageError`` with the reason.

cv_bridge reads what it reads correctly. The rest is read by ``headpose_ros.images.raw`` even where
it is installed: nv12, nv21, ``uyvy``, ``yuyv`` and OpenCV's type names, which cv_bridge does not
convert; 16 bits and floats, of which it takes the full range as white; rows padded by a fraction
of a pixel, which it shears; big-endian messages, on which it fails with numpy 2.
"""

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from headpose_ros.images.bgr import check_bgr
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.images.raw import SUPPORTED_ENCODINGS, Layout, checked_layout, read_pixels

_CV_BRIDGE_ENCODINGS = {name for name in SUPPORTED_ENCODINGS if '16' not in name} - {
    'nv12', 'nv21', 'uyvy', 'yuyv', '8UC1', '8UC3', '8UC4', '32FC1'
}


class ImageConverter:
    """The built-in converter, for machines without cv_bridge.

    :ivar grey_range: of the camera, for images of more than 8 bits.
    :ivar name: ``'built-in code'`` or ``'cv_bridge'``.
    :ivar reason: why cv_bridge is not used, for the log; empty if it is.
    """

    name = 'built-in code'

    def __init__(self, reason: str = ''):
        self.reason = reason
        self.grey_range = GreyRange()

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = 'bgr8') -> np.ndarray:
        """Pixels of a message.

        :param img_msg: any of ``headpose_ros.images.raw.SUPPORTED_ENCODINGS``.
        :param desired_encoding: ``'bgr8'``, the only one.
        :return: ``uint8`` (H, W, 3) BGR, C-contiguous. It may share memory with the message:
            copy it before drawing.
        :raises UnreadableImageError: invalid image, or unsupported encoding.
        :raises ValueError: unsupported ``desired_encoding``.
        """
        _require_bgr8(desired_encoding)
        return self._read(img_msg, checked_layout(img_msg))

    def cv2_to_imgmsg(
        self, cvim: np.ndarray, encoding: str = 'bgr8', header: Header | None = None,
    ) -> Image:
        """Message of an image.

        :param cvim: ``uint8`` (H, W, 3) BGR.
        :param encoding: ``'bgr8'``, the only one.
        :param header: used as the message's header, not copied.
        :raises ValueError: unsupported image or encoding.
        """
        _require_bgr8(encoding)
        check_bgr(cvim)
        height, width, channels = cvim.shape
        msg = Image(height=height, width=width, encoding=encoding, step=width * channels)
        if header is not None:
            msg.header = header
        # Into the message's own array.array: assigning to `data` copies once more, and an
        # ndarray or memoryview element by element.
        msg.data.frombytes(np.ascontiguousarray(cvim))
        return msg

    def _read(self, msg: Image, layout: Layout) -> np.ndarray:
        return read_pixels(msg, layout, self.grey_range)


class CvBridgeConverter(ImageConverter):
    """cv_bridge for the messages it reads correctly, the built-in converter for the rest.

    :raises Exception: of any type, if cv_bridge is missing or broken. One built against another
        numpy fails at import or only when converting, so one pixel is converted as a test.
    """

    name = 'cv_bridge'

    def __init__(self) -> None:
        super().__init__()
        from cv_bridge import CvBridge

        self._bridge = CvBridge()
        pixel = np.array([[[10, 20, 30]]], np.uint8)
        msg = self._bridge.cv2_to_imgmsg(pixel, 'rgb8')
        if not np.array_equal(self._bridge.imgmsg_to_cv2(msg, 'bgr8'), pixel[..., ::-1]):
            raise RuntimeError('it does not convert rgb8 to bgr8')

    def _read(self, msg: Image, layout: Layout) -> np.ndarray:
        in_pixels = msg.step % layout.pixel_bytes == 0
        if msg.encoding in _CV_BRIDGE_ENCODINGS and in_pixels and not msg.is_bigendian:
            return self._bridge.imgmsg_to_cv2(msg, 'bgr8')
        return super()._read(msg, layout)


def create_converter() -> ImageConverter:
    """The converter of this machine: cv_bridge if installed and working, else the built-in one."""
    try:
        return CvBridgeConverter()
    except Exception as error:  # a binary module built for another numpy may raise anything
        if isinstance(error, ModuleNotFoundError) and error.name == 'cv_bridge':
            return ImageConverter('cv_bridge is not installed')
        return ImageConverter(f'cv_bridge is unusable: {type(error).__name__}: {error}')


def _require_bgr8(encoding: str) -> None:
    if encoding != 'bgr8':
        raise ValueError(f"encoding is {encoding!r}; expected 'bgr8'")
