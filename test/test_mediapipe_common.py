# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's import, and images on their way to it."""

import subprocess
import sys

import numpy as np
import pytest

from headpose_ros.detection.mediapipe_common import rgb_for_mediapipe


@pytest.mark.parametrize(
    ('size', 'input_width', 'expected'),
    [
        ((640, 480), 640, (640, 480)),
        ((1279, 720), 640, (1279, 720)),
        ((1280, 720), 640, (640, 360)),
        ((1920, 1080), 640, (640, 360)),
        ((3840, 2160), 640, (640, 360)),
        ((1280, 1), 640, (640, 1)),
        ((1920, 1080), 0, (1920, 1080)),
    ],
)
def test_wide_images_are_shrunk_to_no_less_than_the_width(size, input_width, expected):
    bgr = np.full((size[1], size[0], 3), (10, 20, 30), np.uint8)
    rgb = rgb_for_mediapipe(bgr, input_width)
    assert rgb.shape == (expected[1], expected[0], 3)
    assert (rgb == (30, 20, 10)).all()


def test_memory_is_used_again_where_it_fits():
    first = rgb_for_mediapipe(np.full((480, 640, 3), 1, np.uint8))
    again = rgb_for_mediapipe(np.full((480, 640, 3), (1, 2, 3), np.uint8), 0, first)
    assert np.shares_memory(first, again)
    assert (again == (3, 2, 1)).all()
    other = rgb_for_mediapipe(np.full((240, 320, 3), (4, 5, 6), np.uint8), 0, again)
    assert other.shape == (240, 320, 3)
    assert (other == (6, 5, 4)).all()


@pytest.mark.slow
def test_mediapipe_comes_without_matplotlib_and_can_still_plot():
    code = '''
import sys
from headpose_ros.detection.mediapipe_common import import_mediapipe
mediapipe = import_mediapipe()
assert 'matplotlib' not in sys.modules
if hasattr(mediapipe, 'solutions'):
    from mediapipe.python.solutions import drawing_utils
    assert callable(drawing_utils.plt.figure)
import matplotlib.pyplot
assert callable(matplotlib.pyplot.figure)
'''
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
