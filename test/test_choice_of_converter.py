# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""cv_bridge converts images where it works, our own converter where it does not."""

import importlib.util
import sys

import numpy as np
import pytest

pytest.importorskip('sensor_msgs', reason='needs ROS 2 messages')

from image_messages import color_image, message, samples  # noqa: E402

from headpose_ros.ros.input.image_conversion import (  # noqa: E402
    CvBridgeConverter,
    create_converter,
)


def test_create_converter():
    created = create_converter()
    if importlib.util.find_spec('cv_bridge') is None:
        assert (created.name, created.reason) == ('own', 'cv_bridge is not installed')
    elif created.name == 'own':
        assert created.reason.startswith('cv_bridge does not work here: ')
    else:
        assert isinstance(created, CvBridgeConverter) and created.reason == ''


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
