# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pixels of raw images, sensor_msgs/Image.

Messages are validated before any pixel is read, so a broken image always raises an
``UnreadableImageError`` with its reason.

Interpretation of ambiguous encodings:

- ``8UC3`` and ``8UC4`` are BGR and BGRA, the order of OpenCV, and ``8UC1`` is ``mono8``.
- ``16UC1`` is ``mono16``: infrared and thermal cameras use both names. 16 bits are converted to 8
  by the ``GreyRange`` of the stream, as sensors with 10 or 12 bits use only the lower bits.
- ``32FC1`` is grey from 0 to 1; depth in metres uses that name too and is rejected.
- nv12 and nv21 follow V4L2: ``height`` rows of luma, then ``height / 2`` rows of chroma, all
  ``step`` bytes long: ``step * height * 3 / 2`` bytes.

Bytes after the last row are ignored: ``step`` and ``height`` define the pixels, and drivers that
pass on a whole page-aligned capture buffer send more.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.grey_range import GreyRange


class Layout(NamedTuple):
    """Pixel layout of an encoding."""

    code: int | None  # of cv2.cvtColor to BGR; None if already BGR
    channels: int = 1
    sample_bytes: int = 1
    min_side: int = 1  # pixels
    even_width: bool = False
    semi_planar: bool = False  # half as many rows of chroma follow; even height too

    @property
    def pixel_bytes(self) -> int:
        """Bytes per pixel in a row; for semi-planar encodings without chroma."""
        return self.channels * self.sample_bytes

    def data_rows(self, height: int) -> int:
        """Rows of ``step`` bytes of an image of this height."""
        return height * 3 // 2 if self.semi_planar else height


# OpenCV names Bayer patterns by the second and third pixel of the second row, ROS by the first two
# rows: rggb is BG. Demosaicing an image without inner pixels gives black, hence the minimum side.
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

# The white level of a floating-point image is 1; slightly more is due to filters, beyond is depth.
_MAX_FLOAT = 2.0
_FLOAT_STEP = 7  # pixels, subsampling

_SHOWN_NAME_LENGTH = 32  # characters of an unknown encoding quoted in an error


def read_raw(msg: Any, grey_range: GreyRange | None = None) -> np.ndarray:
    """Pixels of a message.

    :param msg: a sensor_msgs/Image, of rclpy or rosbags, in any of ``SUPPORTED_ENCODINGS``.
    :param grey_range: of its stream; ``None`` for a new one.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous. May share memory with the message: copy it
        before drawing.
    :raises UnreadableImageError: not a valid image, or an unsupported encoding.
    """
    return read_pixels(msg, checked_layout(msg), grey_range or GreyRange())


def read_pixels(msg: Any, layout: Layout, grey_range: GreyRange) -> np.ndarray:
    """The same with the layout from ``checked_layout``."""
    image = read_samples(msg, layout)
    if layout.channels > 1:
        image = image.reshape(msg.height, msg.width, layout.channels)
    if layout.sample_bytes == 4:
        _refuse_depth(image)
    if layout.code == cv2.COLOR_GRAY2BGR:  # before there are three of each
        image = grey_range.to_uint8(image)
    if layout.code is not None:
        image = cv2.cvtColor(image, layout.code)
    return grey_range.to_uint8(image)


def read_samples(msg: Any, layout: Layout) -> np.ndarray:
    """Samples of a checked message in native byte order, those of a row one after the other."""
    rows = layout.data_rows(msg.height)
    image: np.ndarray = np.frombuffer(msg.data, np.uint8, rows * msg.step).reshape(rows, msg.step)
    image = np.ascontiguousarray(image[:, :msg.width * layout.pixel_bytes])
    if layout.sample_bytes == 1:
        return image
    kind = 'f4' if layout.sample_bytes == 4 else 'u2'
    return image.view(('>' if msg.is_bigendian else '<') + kind).astype(kind, copy=False)


def _refuse_depth(image: np.ndarray) -> None:
    some = image[::_FLOAT_STEP, ::_FLOAT_STEP]
    highest = np.fmax.reduce(np.abs(some), axis=None)  # ignores NaN
    if highest > _MAX_FLOAT:
        raise UnreadableImageError(
            f'32FC1 samples up to {highest:.3g} look like depth: subscribe to a colour or '
            'infrared camera, with floating-point samples from 0 to 1'
        )


def checked_layout(msg: Any) -> Layout:
    """Layout of a complete message.

    :raises UnreadableImageError: inconsistent or truncated message, or unsupported encoding.
    """
    layout = _LAYOUTS.get(msg.encoding)
    if layout is None:
        name = repr(msg.encoding[:_SHOWN_NAME_LENGTH])
        if msg.encoding.startswith(('32F', '64F')):
            name += ' (floating point, probably depth)'
        raise UnreadableImageError(
            f'unsupported encoding {name}: publish one of {", ".join(SUPPORTED_ENCODINGS)}'
        )
    check_whole(msg, layout)
    return layout


def check_whole(msg: Any, layout: Layout) -> None:
    """Raise ``UnreadableImageError`` unless a message is consistent and complete."""
    size = f'{msg.width} x {msg.height} pixels of {msg.encoding}'
    if min(msg.width, msg.height) < layout.min_side:
        raise UnreadableImageError(
            f'the image has {size}, minimum {layout.min_side} x {layout.min_side}: check the '
            'resolution of the camera driver'
        )
    if (layout.even_width and msg.width % 2) or (layout.semi_planar and msg.height % 2):
        sides = 'an even width and height' if layout.semi_planar else 'an even width'
        raise UnreadableImageError(
            f'the image has {size}, whose subsampled chroma requires {sides}: change the '
            'resolution of the camera driver, or set it to bgr8'
        )
    row_bytes = msg.width * layout.pixel_bytes
    if msg.step < row_bytes:
        raise UnreadableImageError(
            f'step is {msg.step} bytes, but a row of {size} takes {row_bytes}: '
            'correct step, width or encoding in the camera driver'
        )
    data_bytes = msg.step * layout.data_rows(msg.height)
    if len(msg.data) < data_bytes:
        raise UnreadableImageError(
            f'data has {len(msg.data)} bytes, but {size} with step {msg.step} take {data_bytes}: '
            'check the transport between camera and node'
        )
