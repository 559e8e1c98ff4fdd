# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pixels of compressed images: sensor_msgs/CompressedImage, and files.

Decoded by Pillow, a dependency of MediaPipe, rather than ``cv2.imdecode``: it gives the image size
before allocating memory, raises an error for truncated files and does not print. OpenCV's libjpeg
prints a line for each image with extraneous bytes, which cheap webcams send all the time, and no
setting disables that. The cost is time: 1.5 ms instead of 1.0 ms for a 640x480 JPEG, about 10 ms
instead of 5 for 1920x1080.

Interpretations:

- The file type is determined by magic bytes. ``format`` is used only to recognise depth images:
  its contents differ between drivers, and the file itself defines the colours.
- The EXIF orientation of messages is ignored, because camera_info refers to the stored pixels.
- More than 8 bits are converted by a ``GreyRange``. Colours with more than 8 bits, of which Pillow
  keeps the upper 8, are decoded by OpenCV, as are formats unknown to Pillow.
- A corrupt byte inside a JPEG cannot be detected: the image is wrong from there on.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.file_kind import HEIC, kind_of
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.quiet import silent_stderr

# Larger images are rejected: a file of a few kilobytes could exhaust the memory. 8000 x 6000 is 48
# million; Pillow itself warns from 89 million on.
MAX_PIXELS = 80_000_000

# Pixels are copied from Pillow in strips that fit the CPU cache and reuse memory; copying all at
# once takes twice as long.
STRIP_ROWS = 64

# Magic bytes of a file, and bytes that must follow if it is complete.
_STARTS = {'JPEG': b'\xff\xd8\xff', 'PNG': b'\x89PNG\r\n\x1a\n'}
_ENDS = {'JPEG': b'\xff\xd9', 'PNG': b'IEND'}

_SHOWN_FORMAT_LENGTH = 48  # characters of a format quoted in an error


def read_compressed(message: Any, grey_range: GreyRange | None = None) -> np.ndarray:
    """Pixels of a message.

    Trailing bytes are ignored: drivers that pass on a whole buffer send them.

    :param message: a sensor_msgs/CompressedImage: a JPEG or PNG file, colour or grey, with at most
        ``MAX_PIXELS``.
    :param grey_range: of its stream; ``None`` for a new one.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous.
    :raises UnreadableImageError: it contains no such image.
    """
    shown = repr(message.format[:_SHOWN_FORMAT_LENGTH])
    if 'compresseddepth' in message.format.lower() or message.format.startswith(('32F', '64F')):
        raise UnreadableImageError(
            f'format {shown} is a depth image: subscribe to the compressed topic of the colour '
            'camera instead'
        )
    data = bytes(message.data)
    if not data:
        raise UnreadableImageError(
            f'data is empty (format {shown}): check the camera driver'
        )
    file_type = next((name for name, start in _STARTS.items() if data.startswith(start)), None)
    if file_type is None:
        raise UnreadableImageError(
            f'data is neither JPEG nor PNG: it starts with {data[:8].hex(" ")} (format {shown}); '
            'set the camera driver to JPEG or PNG'
        )
    size = f'{file_type} of {len(data)} bytes'
    # A decoder would accept zeros in place of the missing part.
    if _ENDS[file_type] not in data:
        raise UnreadableImageError(
            f'the {size} is truncated: check the transport between camera and node'
        )
    try:
        with Image.open(BytesIO(data), formats=(file_type,)) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                if _is_deep_colour(image):
                    return decode_by_opencv(data, cv2.IMREAD_IGNORE_ORIENTATION, grey_range)
                return _pixels(image, grey_range or GreyRange())
        pixels = f'{width} x {height}'
    except Image.DecompressionBombError:
        pixels = 'far too many'
    except Exception as error:
        reason = reason_of(error, 'its header cannot be read')
        raise UnreadableImageError(
            f'the {size} cannot be decoded ({reason}): check the transport between camera and node'
        ) from error
    raise UnreadableImageError(
        f'the {size} has {pixels} pixels, maximum {MAX_PIXELS}: set the camera driver to a lower '
        'resolution'
    )


def read_image_file(path: Path) -> np.ndarray:
    """Pixels of an image file, with its EXIF orientation applied.

    :param path: of any format that Pillow or OpenCV reads.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous.
    :raises UnreadableImageError: not such an image, or truncated.
    """
    try:
        with _opened(path) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                if _is_deep_colour(image):
                    return decode_by_opencv(path.read_bytes())
                return _pixels(ImageOps.exif_transpose(image), GreyRange())
        reason = f'it has {width} x {height} pixels, maximum {MAX_PIXELS}'
    except Exception as error:
        reason = reason_of(error, _what_it_is(path))
        if isinstance(error, Image.UnidentifiedImageError) and is_read_by_opencv(path):
            try:
                return decode_by_opencv(path.read_bytes())
            except UnreadableImageError as other:
                reason = str(other)
    raise UnreadableImageError(f'{path} cannot be read: {reason}')


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path)
    except Image.UnidentifiedImageError:
        if kind_of(path) is not HEIC:
            raise
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            pass  # reported with the kind of the file
        else:
            register_heif_opener()
        return Image.open(path)


def is_read_by_opencv(path: Path) -> bool:
    """Whether the magic bytes of a file are of an image format that OpenCV reads."""
    try:
        str(path).encode()
    except UnicodeEncodeError:  # OpenCV crashes on such names
        return False
    return cv2.haveImageReader(str(path))


def _what_it_is(path: Path) -> str:
    try:
        kind = kind_of(path)
    except OSError:
        kind = None
    if kind is None:
        return 'not an image file, or its header is damaged'
    return f'it is {kind.name}; {kind.cure}'


def reason_of(error: Exception, unidentified: str) -> str:
    """Message of an exception of Pillow, which is of many classes."""
    if isinstance(error, Image.UnidentifiedImageError):  # names only an object in memory
        return unidentified
    return str(error).partition('\n')[0] or type(error).__name__


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether it has 16-bit colours, of which Pillow keeps the upper 8."""
    tiles = getattr(image, 'tile', None)
    raw = str(tiles[0][3]) if tiles else ''
    return image.mode[0] not in 'IF' and (';16' in raw or '65535' in raw)


def decode_by_opencv(
    data: bytes, flags: int = 0, grey_range: GreyRange | None = None
) -> np.ndarray:
    """Pixels of an image file, with colours of more than 8 bits in their own range.

    :param flags: of ``cv2.imdecode``, in addition.
    :param grey_range: of its stream; ``None`` for a new one.
    :return: ``uint8`` (H, W, 3) BGR.
    :raises UnreadableImageError: OpenCV cannot decode it.
    """
    flags |= cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    with silent_stderr():
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if samples is None:
        raise UnreadableImageError('OpenCV cannot decode it')
    return (grey_range or GreyRange()).to_uint8(samples)


def _pixels(image: Image.Image, grey_range: GreyRange) -> np.ndarray:
    if image.mode[0] in 'IF':  # grey: 16 or 32 bits, or floats
        samples = np.asarray(image)
        if image.format == 'PNG':  # 16 bits, which older Pillow stores in 32
            samples = samples.astype(np.uint16, copy=False)
        return cv2.cvtColor(grey_range.to_uint8(samples), cv2.COLOR_GRAY2BGR)
    if image.mode != 'RGB':
        image = image.convert('RGB')
    image.load()
    width, height = image.size
    bgr = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        strip = image.crop((0, top, width, min(top + STRIP_ROWS, height)))
        bgr[top:top + STRIP_ROWS] = cv2.cvtColor(np.asarray(strip), cv2.COLOR_RGB2BGR)
    return bgr
