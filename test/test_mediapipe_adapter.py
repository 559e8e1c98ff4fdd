"""Images on their way to MediaPipe, and landmarks on their way back."""

import subprocess
import sys

import numpy as np
import pytest

from headpose_ros.mediapipe_adapter import in_pixels, message_in_pixels, rgb_for_mediapipe

WIDTH, HEIGHT = 640, 480


@pytest.fixture
def landmark_list():
    landmark_pb2 = pytest.importorskip('mediapipe.framework.formats.landmark_pb2')
    message = landmark_pb2.NormalizedLandmarkList()
    points = np.random.default_rng(0).normal(size=(478, 3))
    for x, y, z in points:
        message.landmark.add(x=x, y=y, z=z)
    return message


def test_landmarks_are_read_from_the_bytes_as_one_by_one(landmark_list):
    expected = in_pixels(landmark_list.landmark, WIDTH, HEIGHT)
    assert expected.shape == (468, 3)
    found = message_in_pixels(landmark_list, WIDTH, HEIGHT)
    np.testing.assert_array_equal(found, expected)


def test_landmarks_that_are_written_otherwise_are_read_too(landmark_list):
    for spoil in ('visibility', 'x'):
        if spoil == 'x':
            landmark_list.landmark[5].ClearField('x')
        else:
            landmark_list.landmark[300].visibility = 0.5
        np.testing.assert_array_equal(
            message_in_pixels(landmark_list, WIDTH, HEIGHT),
            in_pixels(landmark_list.landmark, WIDTH, HEIGHT),
        )


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


def test_mediapipe_comes_without_matplotlib_and_can_still_plot():
    code = '''
import sys
from headpose_ros.mediapipe_adapter import import_mediapipe
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
