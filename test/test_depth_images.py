# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Depth messages to arrays, and which of them belongs to a colour image."""

import struct
from contextlib import suppress
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.depth import (
    KEPT,
    TOLERANCE,
    DepthBuffer,
    check_same_view,
    read_compressed_depth,
    read_depth,
)

MILLIMETRES = np.array([[0, 400, 401], [3000, 65535, 0]], np.uint16)
METRES = np.array([[np.nan, 0.4, 0.401], [3.0, 0.0, np.inf]], np.float32)


def raw(depth, encoding, padding=0, big_endian=False, **changes):
    rows = depth.astype(depth.dtype.newbyteorder('>' if big_endian else '<')).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    fields = {
        'height': depth.shape[0], 'width': depth.shape[1], 'encoding': encoding,
        'step': rows.shape[1], 'is_bigendian': big_endian, 'data': rows.tobytes(),
    }
    return SimpleNamespace(**{**fields, **changes})


def compressed(body, form, a=0.0, b=0.0):
    return SimpleNamespace(format=form, data=struct.pack('<iff', 0, a, b) + body)


def png(depth):
    return cv2.imencode('.png', depth)[1].tobytes()


def rvl(depth):
    """As in the paper: number by number, with the size before it as image_transport has it."""
    nibbles, pixels = [], depth.ravel().tolist()

    def write(number):
        while True:
            number, low = number >> 3, number & 7
            nibbles.append(low | (8 if number else 0))
            if not number:
                return

    at, before = 0, 0
    while at < len(pixels):
        end = at
        while end < len(pixels) and not pixels[end]:
            end += 1
        write(end - at)
        at = end
        while end < len(pixels) and pixels[end]:
            end += 1
        write(end - at)
        for pixel in pixels[at:end]:
            delta, before = pixel - before, pixel
            write(2 * delta if delta >= 0 else -2 * delta - 1)
        at = end
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * i) for i, nibble in enumerate(nibbles[start:start + 8]))
        for start in range(0, len(nibbles), 8)
    ]
    height, width = depth.shape
    return struct.pack(f'<II{len(words)}I', width, height, *words)


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize(('depth', 'encodings'), [
    (MILLIMETRES, ('16UC1', 'mono16')), (METRES, ('32FC1',)),
])
def test_raw_depth_is_read_as_it_is(depth, encodings, padding, big_endian):
    for encoding in encodings:
        found = read_depth(raw(depth, encoding, padding, big_endian))
        assert found.dtype == depth.dtype and found.dtype.isnative
        np.testing.assert_array_equal(found, depth)


@pytest.mark.parametrize(('message', 'told'), [
    (raw(MILLIMETRES, 'bgr8'), "encoding 'bgr8' is not a depth image: expected 16UC1"),
    (raw(MILLIMETRES, '16UC1', data=b'\0' * 5), 'data has 5 bytes, but 3 x 2 pixels of 16UC1'),
    (raw(METRES, '32FC1', step=8), 'step is 8 bytes, but a row'),
    (raw(METRES, '32FC1', width=0), 'minimum 1 x 1'),
])
def test_what_is_no_depth_is_told(message, told):
    with pytest.raises(UnreadableImageError, match=told):
        read_depth(message)


@pytest.mark.parametrize(('form', 'encode'), [
    ('16UC1; compressedDepth', png), ('16UC1; compressedDepth png', png),
    ('16UC1', png), ('16UC1; compressedDepth rvl', rvl),
])
def test_compressed_millimetres_are_exact(form, encode):
    random = np.random.default_rng(0)
    smooth = (np.linspace(500, 4000, 64 * 48).reshape(48, 64)).astype(np.uint16)
    smooth[random.random(smooth.shape) < 0.2] = 0
    noise = random.integers(0, 65536, (13, 7)).astype(np.uint16)
    empty, full = np.zeros((5, 4), np.uint16), np.full((5, 4), 65535, np.uint16)
    for depth in (MILLIMETRES, smooth, noise, empty, full):
        found = read_compressed_depth(compressed(encode(depth), form))
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, depth)


@pytest.mark.parametrize(('coding', 'encode'), [('png', png), ('rvl', rvl)])
def test_compressed_metres_are_as_exact_as_their_steps(coding, encode):
    # As compressed_depth_image_transport quantises: 1 / depth in steps of 1 / a.
    depth = np.array([[np.nan, 0.4, 1.0], [3.0, 9.9, 0.75]], np.float32)
    a = 100.0 * 101.0
    b = 1.0 - a / 10.0
    steps = np.where(np.isnan(depth), 0, a / depth + b).astype(np.uint16)
    message = compressed(encode(steps), f'32FC1; compressedDepth {coding}', a, b)
    found = read_compressed_depth(message)
    assert found.dtype == np.float32 and np.isnan(found[0, 0])
    np.testing.assert_allclose(found, depth, atol=9.9**2 / a, equal_nan=True)
    np.testing.assert_allclose(found[0, 1:], depth[0, 1:], atol=1.0 / a)


@pytest.mark.parametrize(('message', 'told'), [
    (compressed(png(MILLIMETRES)[:40], '16UC1; compressedDepth png'), 'not a 16-bit PNG'),
    (compressed(b'', '16UC1; compressedDepth png'), 'not a 16-bit PNG'),
    (compressed(b'text', '16UC1; compressedDepth png'), 'starts with 74 65 78 74'),
    (compressed(png(np.zeros((4, 4, 3), np.uint8)), '16UC1; compressedDepth'), 'of mode RGB'),
    (compressed(b'', '16UC1; compressedDepth rvl'), 'RVL image truncated to 0 bytes'),
    (compressed(rvl(MILLIMETRES)[:12], '16UC1; compressedDepth rvl'), 'is corrupt: check'),
    (compressed(struct.pack('<II', 10**5, 10**5), '16UC1; compressedDepth rvl'), '100000 x 10000'),
    (compressed(struct.pack('<II', 4, 4) + b'\xff' * 40, '16UC1; compressedDepth rvl'), 'RVL'),
    (compressed(png(MILLIMETRES), '16UC1; compressedDepth zstd'), 'set the format .* png or rvl'),
    (compressed(png(MILLIMETRES), 'bgr8; jpeg compressed bgr8'), 'is not a depth image'),
    (SimpleNamespace(format='16UC1; compressedDepth', data=b''), 'not a 16-bit PNG'),
])
def test_what_is_damaged_is_told(message, told):
    with pytest.raises(UnreadableImageError, match=told):
        read_compressed_depth(message)


def test_random_bytes_are_depth_or_an_error():
    random = np.random.default_rng(0)
    for form in ('16UC1; compressedDepth rvl', '32FC1; compressedDepth rvl', '16UC1'):
        for _ in range(200):
            body = random.bytes(random.integers(0, 60))
            with suppress(UnreadableImageError):
                read_compressed_depth(compressed(struct.pack('<II', 4, 3) + body, form))


def test_depth_of_another_size_must_show_the_same_view():
    for width, height in ((640, 480), (320, 240), (1280, 960), (424, 318)):
        check_same_view(np.zeros((height, width), np.uint16), 640, 480)
    with pytest.raises(UnreadableImageError, match='depth is 1280 x 720 but the colour'):
        check_same_view(np.zeros((720, 1280), np.uint16), 640, 480)


def stamped(stamp, depth=MILLIMETRES):
    message = raw(depth, '16UC1')
    time = SimpleNamespace(sec=int(stamp), nanosec=round(stamp % 1 * 1e9))
    message.header = SimpleNamespace(stamp=time)
    return message


def test_the_nearest_depth_within_the_tolerance_belongs_to_an_image():
    buffer = DepthBuffer(read_depth)
    assert buffer.at(10.0).depth is None and np.isnan(buffer.at(10.0).lag)
    for i in range(6):
        buffer.add(stamped(10.0 + i / 30.0, np.full((2, 2), 1000 + i, np.uint16)))
    assert buffer.at(10.0 + 5 / 30.0).depth[0, 0] == 1005
    assert buffer.at(10.0 + 4.4 / 30.0).depth[0, 0] == 1004
    late = buffer.at(10.0 + 6 / 30.0)
    assert late.depth is None and late.lag == pytest.approx(-1 / 30.0)
    forgotten = buffer.at(10.0)
    assert forgotten.depth is None and forgotten.lag == pytest.approx((6 - KEPT) / 30.0)
    assert buffer.at(10.0 + 5 / 30.0 + 0.9 * TOLERANCE).depth[0, 0] == 1005
    buffer.clear()
    assert buffer.at(10.0).depth is None


def test_only_what_is_used_is_decoded_and_a_broken_one_once():
    calls = []

    def read(message):
        calls.append(message)
        return read_depth(message)

    buffer = DepthBuffer(read)
    for i in range(3):
        buffer.add(stamped(i))
    assert not calls
    assert buffer.at(1.0).depth is buffer.at(1.01).depth and len(calls) == 1
    broken = stamped(5.0)
    broken.data = b''
    buffer.add(broken)
    with pytest.raises(UnreadableImageError):
        buffer.at(5.0)
    assert buffer.at(5.0).depth is None
