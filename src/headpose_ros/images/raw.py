# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pixels of raw images, messages as sensor_msgs/Image describes them.

What a message says of itself is checked here before a pixel is touched, so a broken image is
always an ``UnreadableImageError`` with its reason.

Four readings that the names leave open:

- ``8UC3`` and ``8UC4`` are BGR and BGRA, the order of the OpenCV images they are named after,
  and ``8UC1`` is ``mono8``.
- ``16UC1`` is ``mono16``: infrared and thermal cameras use both names. 16 bits become 8 as a
  ``GreyRange`` of the stream has it: sensors with 10 or 12 bits use the lower end of the 16.
- ``32FC1`` is grey from 0 to 1; depth in metres has that name too, and is refused.
- nv12 and nv21 follow V4L2: ``height`` rows of luma, then ``height / 2`` rows of chroma, all
  ``step`` bytes long, so that ``data`` holds ``step * height * 3 / 2`` bytes.

Bytes after the last row are ignored: ``step`` and ``height`` say where the pixels are, and
drivers that hand on a whole page-aligned capture buffer send them.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.grey_range import GreyRange


class Layout(NamedTuple):
    """How the pixels of an encoding lie in the rows of a message."""

    code: int | None  # of cv2.cvtColor to BGR; None where it is BGR already
    channels: int = 1
    sample_bytes: int = 1
    min_side: int = 1  # pixels
    even_width: bool = False
    semi_planar: bool = False  # half as many rows of chroma follow; even height too

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel in its row; of semi-planar ones without the chroma."""
        return self.channels * self.sample_bytes

    def data_rows(self, height: int) -> int:
        """Rows of ``step`` bytes that an image of that height has."""
        return height * 3 // 2 if self.semi_planar else height


# OpenCV names a Bayer pattern by the second and third pixel of its second row, ROS by its first
# two rows: rggb is BG. Demosaicing leaves an image without inner pixels black, hence the
# smallest side.
_BAYER = {
    'rggb': cv2.COLOR_BayerBG2BGR,
    'bggr': cv2.COLOR_BayerRG2BGR,
    'gbrg': cv2.COLOR_BayerGR2BGR,
    'grbg': cv2.COLOR_BayerGB2BGR,
}

_LAYOUTS = {
    'bgr8': Layout(None, 3),
    'rgb8': Layout(cv2.COLOR_RGB2BGR, 3),
    'bgra8': Layout(cv2.COLOR_BGRA2BGR, 4),
    'rgba8': Layout(cv2.COLOR_RGBA2BGR, 4),
    'mono8': Layout(cv2.COLOR_GRAY2BGR),
    'bgr16': Layout(None, 3, 2),
    'rgb16': Layout(cv2.COLOR_RGB2BGR, 3, 2),
    'bgra16': Layout(cv2.COLOR_BGRA2BGR, 4, 2),
    'rgba16': Layout(cv2.COLOR_RGBA2BGR, 4, 2),
    'mono16': Layout(cv2.COLOR_GRAY2BGR, 1, 2),
    **{f'bayer_{p}8': Layout(code, min_side=3) for p, code in _BAYER.items()},
    **{f'bayer_{p}16': Layout(code, 1, 2, min_side=3) for p, code in _BAYER.items()},
    'yuv422': Layout(cv2.COLOR_YUV2BGR_UYVY, 2, even_width=True),
    'yuv422_yuy2': Layout(cv2.COLOR_YUV2BGR_YUY2, 2, even_width=True),
    'nv12': Layout(cv2.COLOR_YUV2BGR_NV12, even_width=True, semi_planar=True),
    'nv21': Layout(cv2.COLOR_YUV2BGR_NV21, even_width=True, semi_planar=True),
}
_LAYOUTS.update({
    'uyvy': _LAYOUTS['yuv422'],
    'yuyv': _LAYOUTS['yuv422_yuy2'],
    '8UC1': _LAYOUTS['mono8'],
    '8UC3': _LAYOUTS['bgr8'],
    '8UC4': _LAYOUTS['bgra8'],
    '16UC1': _LAYOUTS['mono16'],
    '32FC1': Layout(cv2.COLOR_GRAY2BGR, 1, 4),
})

SUPPORTED_ENCODINGS = tuple(_LAYOUTS)

# White of a floating-point image is 1; a little more is due to filters, the rest is depth.
_MAX_FLOAT = 2.0
_FLOAT_STEP = 7  # every so many pixels are looked at

_SHOWN_NAME_LENGTH = 32  # characters of an unknown encoding that an error repeats


def read_raw(msg: Any, grey_range: GreyRange | None = None) -> np.ndarray:
    """Pixels of a message.

    :param msg: a sensor_msgs/Image, of rclpy or rosbags, in any of ``SUPPORTED_ENCODINGS``.
    :param grey_range: of the stream that it belongs to; ``None`` for a range of its own.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous. It may share its memory with the message: copy
        it before drawing.
    :raises UnreadableImageError: the message is not an image or of another encoding.
    """
    return read_pixels(msg, checked_layout(msg), grey_range or GreyRange())


def read_pixels(msg: Any, layout: Layout, grey_range: GreyRange) -> np.ndarray:
    """The same of a message whose layout is known by ``checked_layout``."""
    rows = layout.data_rows(msg.height)
    image: np.ndarray = np.frombuffer(msg.data, np.uint8, rows * msg.step).reshape(rows, msg.step)
    image = np.ascontiguousarray(image[:, :msg.width * layout.pixel_bytes])
    if layout.sample_bytes > 1:
        kind = 'f4' if layout.sample_bytes == 4 else 'u2'
        image = image.view(('>' if msg.is_bigendian else '<') + kind).astype(kind, copy=False)
    if layout.channels > 1:
        image = image.reshape(msg.height, msg.width, layout.channels)
    if layout.sample_bytes == 4:
        _refuse_depth(image)
        image = grey_range.to_uint8(image)
    if layout.code is not None:
        image = cv2.cvtColor(image, layout.code)
    return grey_range.to_uint8(image)


def _refuse_depth(image: np.ndarray) -> None:
    some = image[::_FLOAT_STEP, ::_FLOAT_STEP]
    highest = np.fmax.reduce(np.abs(some), axis=None)  # of what is a number
    if highest > _MAX_FLOAT:
        raise UnreadableImageError(
            f'the samples of 32FC1 go up to {highest:.3g}, as in depth images: subscribe to the '
            'colour or infrared camera, whose floating-point samples are from 0 to 1'
        )


def checked_layout(msg: Any) -> Layout:
    """Layout of a message that holds all the pixels it promises.

    :raises UnreadableImageError: if it does not, or if its encoding is not supported.
    """
    layout = _LAYOUTS.get(msg.encoding)
    if layout is None:
        name = repr(msg.encoding[:_SHOWN_NAME_LENGTH])
        if msg.encoding.startswith(('32F', '64F')):
            name += ' (floating point, as depth images are)'
        raise UnreadableImageError(
            f'encoding {name} is not supported: publish one of {", ".join(SUPPORTED_ENCODINGS)}'
        )
    check_whole(msg, layout)
    return layout


def check_whole(msg: Any, layout: Layout) -> None:
    """Raise ``UnreadableImageError`` unless a message holds all the pixels it promises."""
    size = f'{msg.width} x {msg.height} pixels of {msg.encoding}'
    if min(msg.width, msg.height) < layout.min_side:
        raise UnreadableImageError(
            f'the image has {size}, and at least {layout.min_side} x {layout.min_side} are '
            'needed: check the size that the camera driver sends'
        )
    if (layout.even_width and msg.width % 2) or (layout.semi_planar and msg.height % 2):
        sides = 'an even width and height' if layout.semi_planar else 'an even width'
        raise UnreadableImageError(
            f'the image has {size}, which shares colours between neighbours and needs {sides}: '
            'set the camera driver to such a size or to bgr8'
        )
    row_bytes = msg.width * layout.pixel_bytes
    if msg.step < row_bytes:
        raise UnreadableImageError(
            f'step is {msg.step} bytes, but a row of {size} has {row_bytes}: '
            'correct step, width or encoding in the camera driver'
        )
    data_bytes = msg.step * layout.data_rows(msg.height)
    if len(msg.data) < data_bytes:
        raise UnreadableImageError(
            f'data holds {len(msg.data)} bytes, but {size} in rows of {msg.step} bytes have '
            f'{data_bytes}: look for what cuts images short between the camera and here'
        )
