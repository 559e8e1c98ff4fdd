"""Images between ROS messages and OpenCV, with and without cv_bridge.

The messages are made here byte by byte, from the definitions of the encodings.
"""

import importlib.util
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip('sensor_msgs', reason='needs ROS 2 messages')

from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from headpose_ros.raw_images import SUPPORTED_ENCODINGS, UnreadableImage  # noqa: E402
from headpose_ros.ros.image_conversion import (  # noqa: E402
    CvBridgeConverter,
    ImageConverter,
    create_converter,
)

CHANNEL_ORDER = {'8UC3': 'bgr', '8UC4': 'bgra'}  # the other names tell it themselves
MONO = ('mono8', 'mono16', '8UC1', '16UC1')
UYVY = ('yuv422', 'uyvy')
YUYV = ('yuv422_yuy2', 'yuyv')
SEMI_PLANAR = ('nv12', 'nv21')
SIXTEEN_BITS = tuple(name for name in SUPPORTED_ENCODINGS if '16' in name)

# BGR, each a block of the test image.
COLORS = np.array([
    [(20, 40, 220), (30, 200, 60), (230, 90, 10)],
    [(128, 128, 128), (40, 220, 230), (200, 40, 190)],
    [(250, 250, 250), (90, 60, 30), (5, 10, 15)],
], np.uint8)
BLOCK = 8  # pixels; even, so that no two colours share a chroma sample

PADDINGS = {'tight': lambda pixel: 0, 'pixels': lambda pixel: 4 * pixel, 'odd': lambda pixel: 5}


# Our own and, where it works, cv_bridge; where it does not,
# test_both_converters_give_the_same_pixels tells why it is left out.
CREATED = create_converter()
CONVERTERS = [ImageConverter(), CREATED] if CREATED.name == 'cv_bridge' else [CREATED]


@pytest.fixture(params=CONVERTERS, ids=lambda converter: converter.name)
def converter(request):
    """Each converter that this machine has."""
    return request.param


def color_image() -> np.ndarray:
    return COLORS.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)


def samples(bgr: np.ndarray, encoding: str) -> np.ndarray:
    """(rows, N) samples of an image in an encoding, each row as it goes into a message."""
    blue, green, red = (bgr[..., i].astype(float) for i in range(3))
    planes = {'r': red, 'g': green, 'b': blue, 'a': np.full_like(red, 77)}
    if encoding in MONO:
        result = gray(bgr)
    elif encoding.startswith('bayer_'):
        result = np.empty(bgr.shape[:2])
        for i, letter in enumerate(encoding[len('bayer_'):][:4]):
            y, x = divmod(i, 2)
            result[y::2, x::2] = planes[letter][y::2, x::2]
    elif encoding in UYVY + YUYV + SEMI_PLANAR:
        # BT.601, 16..235.
        luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
        u = 128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255
        v = 128 + (112 * red - 93.786 * green - 18.214 * blue) / 255
        if encoding in SEMI_PLANAR:
            chroma = (u, v) if encoding == 'nv12' else (v, u)
            chroma = np.stack([c[::2, ::2] for c in chroma], axis=2)
            result = np.vstack([luma, chroma.reshape(len(chroma), -1)])
        else:
            even, odd = luma[:, ::2], luma[:, 1::2]
            u, v = u[:, ::2], v[:, ::2]
            result = np.stack([u, even, v, odd] if encoding in UYVY else [even, u, odd, v], axis=2)
    else:
        order = CHANNEL_ORDER.get(encoding, encoding.rstrip('0123456789'))
        result = np.stack([planes[letter] for letter in order], axis=2)
    result = np.round(result).reshape(len(result), -1)
    if encoding in SIXTEEN_BITS:
        return (result * 257).astype(np.uint16)
    return result.astype(np.uint8)


def gray(bgr: np.ndarray) -> np.ndarray:
    return np.round(bgr.mean(axis=2))


def pixel_bytes(encoding: str) -> int:
    row = samples(np.zeros((2, 2, 3), np.uint8), encoding)[0]
    return row.nbytes // 2


def message(rows: np.ndarray, encoding: str, padding: int = 0, big_endian: bool = False) -> Image:
    """Message of samples, with the bytes 0xA5 for padding."""
    data = rows.astype(rows.dtype.newbyteorder('>' if big_endian else '<')).view(np.uint8)
    width = data.shape[1] // pixel_bytes(encoding)
    data = np.pad(data, ((0, 0), (0, padding)), constant_values=0xA5)
    height = len(data) * 2 // 3 if encoding in SEMI_PLANAR else len(data)
    msg = Image(height=height, width=width, encoding=encoding, step=data.shape[1])
    msg.is_bigendian = int(big_endian)
    msg.data.frombytes(data.tobytes())
    return msg


def noise(encoding: str, seed: int = 0) -> np.ndarray:
    """Samples in which every byte is random, of an image of 12 x 10 pixels."""
    rows = samples(np.zeros((10, 12, 3), np.uint8), encoding)
    return np.random.default_rng(seed).integers(0, 2**(8 * rows.itemsize), rows.shape, rows.dtype)


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('padding', PADDINGS)
@pytest.mark.parametrize('encoding', SUPPORTED_ENCODINGS)
def test_colors(converter, encoding, padding, big_endian):
    bgr = color_image()
    padding = PADDINGS[padding](pixel_bytes(encoding))
    # The flag means nothing to single bytes and must not change them either.
    msg = message(samples(bgr, encoding), encoding, padding, big_endian)

    result = converter.imgmsg_to_cv2(msg, 'bgr8')

    assert result.dtype == np.uint8 and result.shape == bgr.shape
    assert result.flags['C_CONTIGUOUS']
    error = np.abs(result.astype(int) - (gray(bgr)[..., None] if encoding in MONO else bgr))
    if encoding.startswith('bayer_'):
        # Demosaicing mixes the colours of neighbours; inside a block there is one colour.
        inside = np.arange(len(bgr)) % BLOCK
        inside = (inside > 0) & (inside < BLOCK - 1)
        error = error[inside][:, inside]
    assert error.max() <= (3 if encoding in UYVY + YUYV + SEMI_PLANAR else 0)


@pytest.mark.parametrize('encoding', SUPPORTED_ENCODINGS)
def test_padding_and_byte_order_do_not_change_a_pixel(converter, encoding):
    rows = noise(encoding)
    expected = converter.imgmsg_to_cv2(message(rows, encoding), 'bgr8')
    for padding in (1, 2, 3, 7, 8, 24, 64):
        for big_endian in (False, True):
            msg = message(rows, encoding, padding, big_endian)
            np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), expected)


@pytest.mark.skipif(
    CREATED.name == 'own', reason=f'{CREATED.reason}: only our own converter is tested',
)
@pytest.mark.parametrize('encoding', SUPPORTED_ENCODINGS)
def test_both_converters_give_the_same_pixels(encoding):
    msg = message(noise(encoding), encoding)
    own, cv_bridge = (converter.imgmsg_to_cv2(msg, 'bgr8') for converter in CONVERTERS)
    np.testing.assert_array_equal(own, cv_bridge)


def test_every_value_of_16_bits(converter):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    result = converter.imgmsg_to_cv2(message(values, 'mono16'), 'bgr8')
    np.testing.assert_array_equal(result, np.round(values[..., None] / 257) + np.zeros(3))


@pytest.mark.parametrize('encoding', SUPPORTED_ENCODINGS)
def test_smallest_image(converter, encoding):
    subsampled = encoding in UYVY + YUYV + SEMI_PLANAR
    side = 2 if subsampled else 3 if encoding.startswith('bayer_') else 1
    gray_image = np.full((side, side, 3), 128, np.uint8)
    msg = message(samples(gray_image, encoding), encoding)
    result = converter.imgmsg_to_cv2(msg, 'bgr8')
    assert result.shape == gray_image.shape
    assert np.abs(result.astype(int) - 128).max() <= 1
    msg.height = msg.width = side - 1
    with pytest.raises(UnreadableImage):
        converter.imgmsg_to_cv2(msg, 'bgr8')


@pytest.mark.parametrize('kind', [bytes, bytearray, lambda data: np.frombuffer(data, np.uint8)])
def test_kinds_of_data(converter, kind):
    class Message:
        """What the converter reads of an image, with data of any kind."""

    original = message(samples(color_image(), 'rgb8'), 'rgb8')
    msg = Message()
    for field in ('height', 'width', 'encoding', 'step', 'is_bigendian'):
        setattr(msg, field, getattr(original, field))
    msg.data = kind(original.data.tobytes())
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), color_image())


@pytest.mark.parametrize('encoding', SUPPORTED_ENCODINGS)
def test_bytes_after_the_last_row_are_ignored(converter, encoding):
    msg = message(noise(encoding), encoding)
    expected = converter.imgmsg_to_cv2(msg, 'bgr8').copy()
    longer = message(noise(encoding), encoding)
    longer.data.frombytes(bytes(4096))
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(longer, 'bgr8'), expected)


def test_tight_bgr8_is_not_copied():
    msg = message(samples(color_image(), 'bgr8'), 'bgr8')
    result = ImageConverter().imgmsg_to_cv2(msg, 'bgr8')
    assert np.shares_memory(result, np.frombuffer(msg.data, np.uint8))


@pytest.mark.parametrize('changes, parts', [
    ({'height': 0}, ['12 x 0 pixels', '1 x 1']),
    ({'width': 0}, ['0 x 10 pixels', '1 x 1']),
    ({'step': 35}, ['step is 35 bytes', 'has 36', 'correct']),
    ({'step': 0}, ['step is 0 bytes']),
    ({'width': 13}, ['step is 36 bytes', 'has 39']),
    ({'height': 11}, ['data holds 360 bytes', '396']),
    ({'width': 8000, 'height': 6000, 'step': 24000}, ['data holds 360', '144000000']),
    ({'width': 2**32 - 1, 'height': 2**32 - 1, 'step': 2**32 - 1}, ['step is 4294967295 bytes']),
    ({'height': 2**32 - 1}, ['data holds 360 bytes', str(36 * (2**32 - 1))]),
    ({'encoding': 'nonsense'}, ["'nonsense'", *SUPPORTED_ENCODINGS]),
    ({'encoding': ''}, ["encoding ''", 'publish one of']),
    ({'encoding': 'x' * 5000}, ['x' * 32 + "'"]),
    ({'encoding': '32FC1', 'step': 48}, ["'32FC1'", 'depth images', 'bgr8']),
    ({'encoding': 'nv12', 'height': 9}, ['12 x 9 pixels of nv12', 'even width and height']),
    ({'encoding': 'nv21', 'width': 11}, ['11 x 10 pixels of nv21', 'even width and height']),
    ({'encoding': 'yuyv', 'width': 11}, ['11 x 10 pixels of yuyv', 'an even width']),
    ({'encoding': 'bayer_rggb8', 'width': 2}, ['2 x 10', 'at least 3 x 3']),
    # `step * height` bytes for luma and chroma together, as some drivers count.
    ({'encoding': 'nv12', 'step': 36}, ['data holds 360 bytes', '540']),
])
def test_unreadable(converter, changes, parts):
    msg = message(noise('bgr8'), 'bgr8')
    for field, value in changes.items():
        setattr(msg, field, value)
    with pytest.raises(UnreadableImage) as error:
        converter.imgmsg_to_cv2(msg, 'bgr8')
    text = str(error.value)
    assert all(part in text for part in parts), text
    assert '\n' not in text and len(text) < 600


@pytest.mark.parametrize('cut', [1, 36, 359, 360])
def test_truncated_data(converter, cut):
    msg = message(noise('bgr8'), 'bgr8')
    del msg.data[-cut:]
    with pytest.raises(UnreadableImage, match=f'data holds {360 - cut} bytes'):
        converter.imgmsg_to_cv2(msg, 'bgr8')


def test_only_bgr8_is_converted_to(converter):
    msg = message(noise('bgr8'), 'bgr8')
    with pytest.raises(ValueError, match="'bgr8', the only one converted to, not 'rgb8'"):
        converter.imgmsg_to_cv2(msg, 'rgb8')
    with pytest.raises(ValueError, match="not 'mono8'"):
        converter.cv2_to_imgmsg(color_image(), 'mono8')


@pytest.mark.parametrize('layout', ['contiguous', 'cropped', 'mirrored'])
def test_round_trip(converter, layout):
    bgr = color_image()
    bgr = {'contiguous': bgr, 'cropped': bgr[3:17, 5:19], 'mirrored': bgr[:, ::-1]}[layout]
    header = Header(frame_id='camera')
    header.stamp.sec = 12

    msg = converter.cv2_to_imgmsg(bgr, 'bgr8', header)

    assert msg.header is header
    assert (msg.height, msg.width) == bgr.shape[:2]
    assert (msg.encoding, msg.step, msg.is_bigendian) == ('bgr8', 3 * bgr.shape[1], 0)
    assert msg.data.typecode == 'B' and msg.data.tobytes() == bgr.tobytes()
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), bgr)


def test_message_has_its_own_pixels(converter):
    bgr = color_image()
    msg = converter.cv2_to_imgmsg(bgr)
    bgr[:] = 0
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg), color_image())
    assert msg.header == Header()


@pytest.mark.parametrize('image, part', [
    (None, 'NoneType'),
    ([[1, 2, 3]], 'list'),
    (np.zeros((4, 4), np.uint8), r'uint8 \(4, 4\)'),
    (np.zeros((4, 4, 4), np.uint8), r'uint8 \(4, 4, 4\)'),
    (np.zeros((0, 4, 3), np.uint8), r'uint8 \(0, 4, 3\)'),
    (np.zeros((4, 4, 3), np.float32), r'float32 \(4, 4, 3\)'),
])
def test_no_message_of_another_image(converter, image, part):
    with pytest.raises(ValueError, match=part):
        converter.cv2_to_imgmsg(image, 'bgr8')


def test_create_converter():
    if importlib.util.find_spec('cv_bridge') is None:
        assert (CREATED.name, CREATED.reason) == ('own', 'cv_bridge is not installed')
    elif CREATED.name == 'own':
        assert CREATED.reason.startswith('cv_bridge does not work here: ')
    else:
        assert isinstance(CREATED, CvBridgeConverter) and CREATED.reason == ''


@pytest.mark.parametrize('source, reason', [
    ('raise ImportError("numpy.core.multiarray failed to import")', 'ImportError: numpy'),
    ('raise RuntimeError("compiled against ABI version 0x1000009")', 'RuntimeError: compiled'),
    ('import missing_part', 'ModuleNotFoundError'),
    ('', 'ImportError'),
    ('class CvBridge:\n    pass', 'AttributeError'),
    (
        'class CvBridge:\n'
        '    def cv2_to_imgmsg(self, image, encoding): return image\n'
        '    def imgmsg_to_cv2(self, msg, encoding): return msg',
        'RuntimeError: it does not turn rgb8 into bgr8',
    ),
])
def test_broken_cv_bridge_is_not_used(source, reason, tmp_path, monkeypatch):
    (tmp_path / 'cv_bridge.py').write_text(source)
    for name in [name for name in sys.modules if name.split('.')[0] == 'cv_bridge']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        converter = create_converter()
    finally:
        sys.modules.pop('cv_bridge', None)

    assert converter.name == 'own'
    assert converter.reason.startswith(f'cv_bridge does not work here: {reason}')
    msg = message(samples(color_image(), 'rgb8'), 'rgb8')
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), color_image())


SIZES = st.one_of(st.integers(0, 16), st.sampled_from([2**16, 2**31, 2**32 - 1]))


@st.composite
def mutated_messages(draw) -> Image:
    """Valid messages of all encodings with none to three fields replaced."""
    encoding = draw(st.sampled_from(SUPPORTED_ENCODINGS))
    padding = draw(st.integers(0, 9))
    msg = message(noise(encoding, draw(st.integers(0, 99))), encoding, padding)
    fields = st.sampled_from(['height', 'width', 'step', 'is_bigendian', 'encoding', 'data'])
    for field in draw(st.lists(fields, max_size=3)):
        if field == 'data':
            size = draw(st.integers(0, 2 * len(msg.data)))
            data = msg.data.tobytes() + draw(st.binary(max_size=8)) * len(msg.data)
            del msg.data[:]
            msg.data.frombytes(data[:size])
        elif field == 'encoding':
            msg.encoding = draw(st.one_of(
                st.sampled_from(SUPPORTED_ENCODINGS + ('32FC1', '8UC2', 'nv24', 'jpeg')),
                st.text(max_size=12),
            ))
        elif field == 'is_bigendian':
            msg.is_bigendian = draw(st.integers(0, 255))
        else:
            setattr(msg, field, draw(SIZES))
    return msg


@settings(max_examples=4000, derandomize=True, deadline=None, database=None)
@given(mutated_messages())
def test_any_message_is_an_image_or_unreadable(msg):
    for converter in CONVERTERS:
        try:
            result = converter.imgmsg_to_cv2(msg, 'bgr8')
        except UnreadableImage as error:
            assert str(error)
        else:
            assert result.dtype == np.uint8 and result.flags['C_CONTIGUOUS']
            assert result.shape == (msg.height, msg.width, 3)
