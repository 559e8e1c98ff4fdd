# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Messages of images, made byte by byte from the definitions of the encodings."""

import numpy as np
from sensor_msgs.msg import Image

from headpose_ros.ros.input.image_conversion import SUPPORTED_ENCODINGS

CHANNEL_ORDER = {'8UC3': 'bgr', '8UC4': 'bgra'}  # the other names tell it themselves
MONO = ('mono8', 'mono16', '8UC1', '16UC1', '32FC1')
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
    if encoding == '32FC1':
        return (result / 255).astype(np.float32)
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
    """Samples in which every byte is random, of an image of 12 x 10 pixels; floats from 0 to 1."""
    rows, rng = samples(np.zeros((10, 12, 3), np.uint8), encoding), np.random.default_rng(seed)
    if rows.dtype == np.float32:
        return rng.random(rows.shape, np.float32)
    return rng.integers(0, 2**(8 * rows.itemsize), rows.shape, rows.dtype)
