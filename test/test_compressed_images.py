# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""JPEG and PNG images between ROS messages and OpenCV."""

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.compressed import MAX_PIXELS, read_compressed
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.ros.input.image_conversion import ImageConverter
from headpose_ros.ros.output.messages import write_compressed


def smooth_image(height: int = 150, width: int = 80) -> np.ndarray:
    """Colours that JPEG keeps."""
    noise = np.random.default_rng(0).uniform(0, 255, (height, width, 3))
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 9), None, 0, 255, cv2.NORM_MINMAX)
    return smooth.astype(np.uint8)


BGR = smooth_image()
GRAY = BGR[..., 0]


def encoded(extension: str, image: np.ndarray, *options: int) -> bytes:
    return cv2.imencode(extension, image, options)[1].tobytes()


def by_pillow(mode: str, **options) -> bytes:
    file = BytesIO()
    Image.fromarray(BGR[..., ::-1].copy()).convert(mode).save(file, **options)
    return file.getvalue()


JPEG = encoded('.jpg', BGR)
PNG = encoded('.png', BGR)


def message(data: bytes, name: str = 'bgr8; jpeg compressed bgr8') -> CompressedImage:
    msg = CompressedImage(format=name)
    msg.data.frombytes(data)
    return msg


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has that size."""
    chunks = (
        (b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)),
        (b'IDAT', zlib.compress(bytes(100))),
        (b'IEND', b''),
    )
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )


def without_huffman_tables(jpeg: bytes) -> bytes:
    """As many webcams send it: the tables that are always the same left out."""
    result, start = jpeg[:2], 2
    while jpeg[start:start + 2] != b'\xff\xda':
        end = start + 2 + int.from_bytes(jpeg[start + 2:start + 4], 'big')
        if jpeg[start:start + 2] != b'\xff\xc4':
            result += jpeg[start:end]
        start = end
    return result + jpeg[start:]


@pytest.mark.parametrize('data, expected, tolerance', [
    (PNG, BGR, 0),
    (JPEG, BGR, 8),
    (encoded('.jpg', BGR, cv2.IMWRITE_JPEG_PROGRESSIVE, 1), BGR, 8),
    (encoded('.jpg', BGR, cv2.IMWRITE_JPEG_RST_INTERVAL, 2), BGR, 8),
    (without_huffman_tables(JPEG), BGR, 8),
    (encoded('.png', BGR.astype(np.uint16) * 257), BGR, 1),
    (encoded('.png', np.dstack([BGR, GRAY])), BGR, 0),
    (encoded('.png', np.dstack([BGR, np.zeros_like(GRAY)])), BGR, 0),
    (encoded('.png', GRAY), GRAY[..., None], 0),
    (encoded('.png', GRAY.astype(np.uint16) * 257), GRAY[..., None], 0),
    (encoded('.jpg', GRAY), GRAY[..., None], 8),
    (by_pillow('LA', format='PNG'), cv2.cvtColor(BGR, cv2.COLOR_BGR2GRAY)[..., None], 1),
    (by_pillow('CMYK', format='JPEG', quality=95), BGR, 12),
], ids=[
    'png', 'jpeg', 'progressive', 'restarts', 'no Huffman tables', '16 bits', 'alpha',
    'transparent', 'grey', '16 bits of grey', 'grey jpeg', 'grey and alpha', 'cmyk',
])
def test_pixels(data, expected, tolerance):
    result = read_compressed(message(data))
    assert result.dtype == np.uint8 and result.shape == BGR.shape
    assert result.flags['C_CONTIGUOUS']
    assert np.abs(result.astype(int) - expected).max() <= tolerance


def test_every_value_of_16_bits_is_as_in_raw_images():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    result = read_compressed(message(encoded('.png', values)))
    np.testing.assert_array_equal(result, np.round(values[..., None] / 257) + np.zeros(3))


@pytest.mark.parametrize('image', [BGR, GRAY], ids=['colours', 'grey'])
def test_10_bits_in_16_are_not_black_and_keep_their_range(image):
    ten = encoded('.png', image.astype(np.uint16) * 4)
    expected = image if image.ndim == 3 else image[..., None]
    assert np.abs(read_compressed(message(ten)).astype(int) - expected).max() <= 2
    # Of a stream the range stays, where one image alone would be brightened.
    grey_range = GreyRange()
    read_compressed(message(ten), grey_range)
    dark = read_compressed(message(encoded('.png', image.astype(np.uint16))), grey_range)
    assert np.abs(dark.astype(int) - expected / 4).max() <= 2


def test_palettes_and_single_bits_are_images_too():
    few = np.where(BGR > 127, 255, 0).astype(np.uint8)
    palette, bits = BytesIO(), BytesIO()
    Image.fromarray(few[..., ::-1].copy()).quantize(8).save(palette, format='PNG')
    Image.fromarray(few[..., 0]).convert('1').save(bits, format='PNG')
    np.testing.assert_array_equal(read_compressed(message(palette.getvalue())), few)
    np.testing.assert_array_equal(
        read_compressed(message(bits.getvalue())), few[..., :1] + np.zeros(3)
    )


def test_the_pixels_stay_where_they_are_stored():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be shown turned by 90 degrees
    turned = by_pillow('RGB', format='JPEG', quality=95, exif=exif)
    assert read_compressed(message(turned)).shape == BGR.shape


@pytest.mark.parametrize('name', ['', 'jpeg', 'png', 'rgb8; png compressed bgr8', '16UC1; png'])
def test_the_file_tells_what_it_is(name):
    np.testing.assert_array_equal(read_compressed(message(PNG, name)), BGR)


@pytest.mark.parametrize('extra', [bytes(4096), b'\x55' * 999], ids=['zeros', 'others'])
@pytest.mark.parametrize('data', [JPEG, PNG], ids=['jpeg', 'png'])
def test_bytes_after_the_end_are_ignored(data, extra):
    np.testing.assert_array_equal(
        read_compressed(message(data + extra)), read_compressed(message(data))
    )


@pytest.mark.parametrize('data, name, parts', [
    (b'', 'jpeg', ['data is empty', "'jpeg'", 'check the camera driver']),
    (PNG, '32FC1; compressedDepth png', ['32FC1', 'depth image', 'colour camera']),
    (PNG, '16UC1; compressedDepth', ['depth image']),
    (PNG, '32FC1; tiff compressed ', ['depth image']),
    (b'\x00\x00\x00\x01\x67' * 9, 'h264', ['00 00 00 01', "'h264'", 'neither JPEG nor PNG']),
    (encoded('.bmp', BGR), 'bmp', ['42 4d', 'neither JPEG nor PNG', 'set the camera driver']),
    (b'\xff', 'x' * 5000, ["'" + 'x' * 48 + "'"]),
    (JPEG[:2], 'jpeg', ['neither']),
    (b'\xff\xd8\xff\xd9', 'jpeg', ['JPEG of 4 bytes', 'its header cannot be read']),
    (JPEG[:200] + JPEG[-2:], 'jpeg', ['cannot be decoded', 'check the transport']),
    (PNG[:8] + PNG[-12:], 'png', ['PNG of 20 bytes', 'cannot be decoded']),
    (PNG[:200] + PNG[-12:], 'png', ['cannot be decoded']),
    (png_of_size(10, 10), 'png', ['cannot be decoded']),
    (png_of_size(9000, 9000), 'png', ['9000 x 9000 pixels', str(MAX_PIXELS), 'lower']),
    (png_of_size(2**31 - 1, 2**31 - 1), 'png', ['far too many pixels', str(MAX_PIXELS)]),
    (png_of_size(0, 10), 'png', ['cannot be decoded']),
], ids=lambda value: value[:16] if isinstance(value, str) else '')
def test_unreadable(data, name, parts):
    with pytest.raises(UnreadableImageError) as error:
        read_compressed(message(data, name))
    text = str(error.value)
    assert all(part in text for part in parts), text
    assert '\n' not in text and len(text) < 300


@pytest.mark.parametrize('cut', [1, 2, 30, 300, 0.5, 0.9])
@pytest.mark.parametrize('padding', [0, 4096])
def test_a_jpeg_that_was_cut_short_is_not_filled_with_grey(cut, padding):
    end = len(JPEG) - (cut if cut >= 1 else int(cut * len(JPEG)))
    with pytest.raises(UnreadableImageError, match='JPEG of .* is truncated.*check'):
        read_compressed(message(JPEG[:end] + bytes(padding)))


def test_the_end_of_a_preview_is_not_that_of_the_image():
    preview = b'\xff\xe1' + struct.pack('>H', len(JPEG) + 2) + JPEG
    whole = JPEG[:2] + preview + JPEG[2:]
    np.testing.assert_array_equal(read_compressed(message(whole)), read_compressed(message(JPEG)))
    with pytest.raises(UnreadableImageError, match='truncated'):
        read_compressed(message(whole[:-len(JPEG) // 3]))


@pytest.mark.parametrize('data', [JPEG, PNG], ids=['jpeg', 'png'])
def test_damaged_files_neither_crash_nor_write_to_the_terminal(data, capfd):
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(500):
        damaged = bytearray(data)
        for at in random.integers(0, len(data), 3):
            damaged[at] = random.integers(0, 256)
        try:
            assert read_compressed(message(bytes(damaged))).ndim == 3
        except UnreadableImageError:
            refused += 1
    assert refused > 50
    assert capfd.readouterr() == ('', '')


def test_one_pixel_and_48_million():
    assert read_compressed(message(encoded('.jpg', BGR[:1, :1]))).shape == (1, 1, 3)
    large = encoded('.jpg', np.full((6000, 8000, 3), 90, np.uint8))
    result = read_compressed(message(large))
    assert result.shape == (6000, 8000, 3) and (result == 90).all()


@pytest.mark.parametrize('layout', ['contiguous', 'cropped', 'mirrored'])
def test_written_and_read_again(layout):
    bgr = {'contiguous': BGR, 'cropped': BGR[3:33, 5:55], 'mirrored': BGR[:, ::-1]}[layout]
    header = Header(frame_id='camera')
    header.stamp.sec = 12

    msg = write_compressed(bgr, header, 95)

    assert msg.header is header
    assert msg.format == 'bgr8; jpeg compressed bgr8'
    assert msg.data.typecode == 'B'
    # What viewers read it with.
    pixels = cv2.imdecode(np.frombuffer(msg.data, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(pixels.astype(int) - bgr).max() <= 8
    np.testing.assert_array_equal(read_compressed(msg), pixels)


def test_better_quality_takes_more_bytes_and_errs_less():
    sizes, errors = [], []
    for quality in (1, 50, 100):
        msg = write_compressed(BGR, Header(), quality)
        sizes.append(len(msg.data))
        errors.append(np.abs(read_compressed(msg).astype(int) - BGR).mean())
    assert sizes == sorted(sizes) and errors == sorted(errors, reverse=True)


@pytest.mark.parametrize('quality', [0, 101, -5, 50.0, '90', None])
def test_qualities_that_cannot_be(quality):
    with pytest.raises(ValueError, match='quality is .*; expected an integer from 1 to 100'):
        write_compressed(BGR, Header(), quality)


@pytest.mark.parametrize('image, part', [
    (None, 'NoneType'),
    (GRAY, r'\(150, 80\)'),
    (np.zeros((0, 4, 3), np.uint8), r'\(0, 4, 3\)'),
    (BGR.astype(float), 'float64'),
    (np.zeros((1, 70000, 3), np.uint8), '70000 x 1 pixels; JPEG allows at most 65500'),
], ids=['none', 'grey', 'empty', 'float', 'too wide'])
def test_images_that_cannot_be_written(image, part):
    with pytest.raises(ValueError, match=part):
        write_compressed(image, Header(), 90)


def test_raw_and_compressed_give_the_same_pixels():
    raw = ImageConverter().cv2_to_imgmsg(BGR)
    np.testing.assert_array_equal(
        ImageConverter().imgmsg_to_cv2(raw), read_compressed(message(PNG))
    )
