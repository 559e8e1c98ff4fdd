# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pixels of compressed images: sensor_msgs/CompressedImage, and files.

Files are read by Pillow, which MediaPipe brings along, and not by ``cv2.imdecode``: it tells an
image's size before it takes memory for it, raises an error for a file that was cut short, and
writes nothing to the terminal. OpenCV's libjpeg writes a line there for each image with a byte
too many, as cheap webcams send them all the time, and no setting stops it. The price is time:
1.5 ms instead of 1.0 ms for a JPEG of 640x480, and about 10 ms instead of 5 for 1920x1080.

Readings that are left open:

- What the file is, its first bytes tell. Of ``format`` only depth images are told apart: their
  names differ from driver to driver, and its colours are those of the file all the same.
- The EXIF orientation of a message is ignored, because camera_info is about the pixels as they
  are stored.
- More than 8 bits become 8 as a ``GreyRange`` has it. Those of colours, of which Pillow reads the
  upper 8, are read by OpenCV, as are files of formats that Pillow does not know.
- A damaged byte inside a JPEG cannot be seen from outside: what comes after it is drawn wrong.
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

# Larger ones are taken for a mistake: a file of some kilobytes can ask for all memory there is.
# 8000 x 6000 has 48 million; Pillow itself warns from 89 million on.
MAX_PIXELS = 80_000_000

# Pillow's pixels are taken over in strips that fit the processor's cache and reuse the same
# memory: as a whole they are copied through fresh memory twice, in twice the time.
STRIP_ROWS = 64

# How a file starts, and what must come later for it to be whole.
_STARTS = {'JPEG': b'\xff\xd8\xff', 'PNG': b'\x89PNG\r\n\x1a\n'}
_ENDS = {'JPEG': b'\xff\xd9', 'PNG': b'IEND'}

_SHOWN_FORMAT_LENGTH = 48  # characters of a format that an error repeats


def read_compressed(message: Any, grey_range: GreyRange | None = None) -> np.ndarray:
    """Pixels of a message.

    Bytes after the end of the file are ignored: drivers that hand on a whole buffer send them.

    :param message: a sensor_msgs/CompressedImage: a JPEG or PNG file, in colour or grey, of at
        most ``MAX_PIXELS``.
    :param grey_range: of the stream that it belongs to; ``None`` for a range of its own.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous.
    :raises UnreadableImageError: it holds no such image.
    """
    shown = repr(message.format[:_SHOWN_FORMAT_LENGTH])
    if 'compresseddepth' in message.format.lower() or message.format.startswith(('32F', '64F')):
        raise UnreadableImageError(
            f'format {shown} is a depth image: subscribe to the compressed topic of the colour '
            'camera'
        )
    data = bytes(message.data)
    if not data:
        raise UnreadableImageError(
            f'data is empty (format {shown}): check the camera driver, which sent no image'
        )
    file_type = next((name for name, start in _STARTS.items() if data.startswith(start)), None)
    if file_type is None:
        raise UnreadableImageError(
            f'data starts with the bytes {data[:8].hex(" ")} (format {shown}), which is neither '
            'JPEG nor PNG: set the camera driver to one of them'
        )
    size = f'{file_type} of {len(data)} bytes'
    # Zeros that fill up the place of the missing part are data to a decoder.
    if _ENDS[file_type] not in data:
        raise UnreadableImageError(
            f'the {size} is cut short, its end is missing: look for what cuts images short '
            'between the camera and here'
        )
    try:
        with Image.open(BytesIO(data), formats=(file_type,)) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                if _is_deep_colour(image):
                    return _by_opencv(data, cv2.IMREAD_IGNORE_ORIENTATION, grey_range)
                return _pixels(image, grey_range or GreyRange())
        pixels = f'{width} x {height}'
    except Image.DecompressionBombError:
        pixels = 'far too many'
    except Exception as error:
        reason = _reason(error, 'its header cannot be read')
        raise UnreadableImageError(
            f'the {size} cannot be decoded ({reason}): look for what damages images between the '
            'camera and here'
        ) from error
    raise UnreadableImageError(
        f'the {size} has {pixels} pixels; at most {MAX_PIXELS} are read: set the camera driver '
        'to smaller images'
    )


def read_image_file(path: Path) -> np.ndarray:
    """Pixels of an image file, turned the way up that its EXIF orientation says.

    :param path: of any format that Pillow or OpenCV reads.
    :return: ``uint8`` (H, W, 3) BGR, C-contiguous.
    :raises UnreadableImageError: it holds no such image, or not all of it.
    """
    try:
        with _opened(path) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                if _is_deep_colour(image):
                    return _by_opencv(path.read_bytes())
                return _pixels(ImageOps.exif_transpose(image), GreyRange())
        reason = f'it has {width} x {height} pixels; at most {MAX_PIXELS} are read'
    except Exception as error:
        reason = _reason(error, _what_it_is(path))
        if isinstance(error, Image.UnidentifiedImageError) and is_read_by_opencv(path):
            try:
                return _by_opencv(path.read_bytes())
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
            pass  # which is told with the kind of the file
        else:
            register_heif_opener()
        return Image.open(path)


def is_read_by_opencv(path: Path) -> bool:
    """Whether the first bytes of a file are those of an image that OpenCV reads."""
    try:
        str(path).encode()
    except UnicodeEncodeError:  # of such names OpenCV dies
        return False
    return cv2.haveImageReader(str(path))


def _what_it_is(path: Path) -> str:
    try:
        kind = kind_of(path)
    except OSError:
        kind = None
    if kind is None:
        return 'it is not an image file, or its beginning is broken'
    return f'it is {kind.name}; {kind.cure}'


def _reason(error: Exception, unidentified: str) -> str:
    """What Pillow says in an exception, which is of many classes."""
    if isinstance(error, Image.UnidentifiedImageError):  # names only an object in memory
        return unidentified
    return str(error).partition('\n')[0] or type(error).__name__


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether it has colours of 16 bits, of which Pillow keeps the upper 8."""
    tiles = getattr(image, 'tile', None)
    raw = str(tiles[0][3]) if tiles else ''
    return image.mode[0] not in 'IF' and (';16' in raw or '65535' in raw)


def _by_opencv(data: bytes, flags: int = 0, grey_range: GreyRange | None = None) -> np.ndarray:
    flags |= cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    with silent_stderr():
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if samples is None:
        raise UnreadableImageError('OpenCV cannot decode it')
    return (grey_range or GreyRange()).to_uint8(samples)


def _pixels(image: Image.Image, grey_range: GreyRange) -> np.ndarray:
    if image.mode[0] in 'IF':  # grey: 16 or 32 bits, or floats
        samples = np.asarray(image)
        if image.format == 'PNG':  # of 16 bits, which older Pillow holds in 32
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
