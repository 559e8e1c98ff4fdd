# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""cv_bridge converts images where it works, our own converter where it does not."""

import sys

import numpy as np
import pytest
from image_messages import color_image, message, samples

from headpose_ros.ros.input.image_conversion import create_converter

# Does what the converter tries it with, and leaves its mark on what it reads.
MARK = 42
WORKS = f'''
import numpy as np

class CvBridge:
    def cv2_to_imgmsg(self, image, encoding):
        return image

    def imgmsg_to_cv2(self, msg, encoding):
        if isinstance(msg, np.ndarray):
            return msg[..., ::-1]
        return np.full((msg.height, msg.width, 3), {MARK}, np.uint8)
'''


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a module of this source in the place of cv_bridge."""

    def install(source):
        (tmp_path / 'cv_bridge.py').write_text(source)
        monkeypatch.syspath_prepend(tmp_path)

    for name in [name for name in sys.modules if name.split('.')[0] == 'cv_bridge']:
        monkeypatch.delitem(sys.modules, name)
    yield install
    sys.modules.pop('cv_bridge', None)


def test_without_cv_bridge_images_are_converted_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)  # to import it fails
    converter = create_converter()
    assert (converter.name, converter.reason) == ('built-in code', 'cv_bridge is not installed')
    msg = message(samples(color_image(), 'rgb8'), 'rgb8')
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), color_image())


@pytest.mark.parametrize('encoding, padding, big_endian, is_cv_bridge', [
    ('rgb8', 0, False, True),
    ('bgr8', 6, False, True),
    ('mono8', 0, False, True),
    ('mono16', 0, False, False),
    ('32FC1', 0, False, False),
    ('rgb8', 0, True, False),
    ('bgr8', 1, False, False),
    ('nv12', 0, False, False),
    ('uyvy', 0, False, False),
    ('8UC3', 0, False, False),
])
def test_cv_bridge_reads_what_it_reads_right_and_no_more(
    install, encoding, padding, big_endian, is_cv_bridge
):
    install(WORKS)
    converter = create_converter()
    assert (converter.name, converter.reason) == ('cv_bridge', '')
    msg = message(samples(color_image(), encoding), encoding, padding, big_endian)
    assert (converter.imgmsg_to_cv2(msg, 'bgr8') == MARK).all() == is_cv_bridge


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
        'RuntimeError: it does not convert rgb8 to bgr8',
    ),
])
def test_broken_cv_bridge_is_not_used(install, source, reason):
    install(source)
    converter = create_converter()
    assert converter.name == 'built-in code'
    assert converter.reason.startswith(f'cv_bridge is unusable: {reason}')
    msg = message(samples(color_image(), 'rgb8'), 'rgb8')
    np.testing.assert_array_equal(converter.imgmsg_to_cv2(msg, 'bgr8'), color_image())
