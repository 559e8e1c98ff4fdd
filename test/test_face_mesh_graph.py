# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""FaceMesh's landmarks without its own ``process``."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from headpose_ros.detection.face_mesh_graph import read_landmarks
from headpose_ros.detection.mediapipe_common import as_array, in_pixels
from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation

WIDTH, HEIGHT = 640, 480
RATE = 30.0  # Hz

# Signals at times that differ by half a millisecond, over the time of some images.
INTERRUPTED = '''
import signal
import numpy as np
from headpose_ros.detection.face_mesh import FaceMeshDetector
from headpose_ros.media.sample_head.rendered_head import RenderedHead

class Interrupted(BaseException):
    pass

def interrupt(*_):
    raise Interrupted

detector, bgr = FaceMeshDetector('video', 1), RenderedHead(640, 480).render(np.eye(3))
expected = [len(detector.detect(bgr)) for _ in range(3)]
signal.signal(signal.SIGALRM, interrupt)
for number in range(1, 41):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005 * number)
        while True:
            detector.detect(bgr)
    except Interrupted:
        pass
print(expected, [len(detector.detect(bgr)) for _ in range(3)])
detector.close()
'''


@pytest.fixture
def landmark_list():
    landmark_pb2 = pytest.importorskip('mediapipe.framework.formats.landmark_pb2')
    message = landmark_pb2.NormalizedLandmarkList()
    points = np.random.default_rng(0).normal(size=(478, 3))
    for x, y, z in points:
        message.landmark.add(x=x, y=y, z=z)
    return message


def _one_by_one(message):
    return in_pixels(as_array(message.landmark), WIDTH, HEIGHT)


def _read(message):
    return in_pixels(read_landmarks(message.SerializeToString()), WIDTH, HEIGHT)


def test_landmarks_are_read_from_the_bytes_as_one_by_one(landmark_list):
    assert _read(landmark_list).shape == (468, 3)
    np.testing.assert_array_equal(_read(landmark_list), _one_by_one(landmark_list))


def test_landmarks_that_are_written_otherwise_are_read_too(landmark_list):
    for spoil in ('visibility', 'x'):
        if spoil == 'x':
            landmark_list.landmark[5].ClearField('x')
        else:
            landmark_list.landmark[300].visibility = 0.5
        np.testing.assert_array_equal(_read(landmark_list), _one_by_one(landmark_list))


def test_a_video_gives_what_process_gives():
    face_mesh = pytest.importorskip('mediapipe.python.solutions.face_mesh')
    from headpose_ros.detection.face_mesh import FaceMeshDetector

    head = RenderedHead(WIDTH, HEIGHT)
    frames = [head.render(sample_rotation(i / RATE)) for i in range(0, 30, 3)]
    frames.insert(5, np.zeros_like(frames[0]))  # nobody, and found again after that
    with face_mesh.FaceMesh(refine_landmarks=True) as expected:
        detector = FaceMeshDetector('video', 1)
        seen = 0
        for bgr in frames:
            answer = expected.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            messages = answer.multi_face_landmarks or []
            found = detector.detect(bgr)
            assert len(found) == len(messages)
            for landmarks, message in zip(found, messages, strict=True):
                np.testing.assert_array_equal(landmarks, _one_by_one(message))
                seen += 1
        detector.close()
    assert seen == len(frames) - 1


# What the private parts of MediaPipe are to be without, and then the landmarks of some frames.
WITHOUT = '''
import sys, warnings
import numpy as np
from mediapipe.python import _framework_bindings, solution_base
{spoil}
from headpose_ros.detection.face_mesh import FaceMeshDetector
frames = np.load(sys.argv[1])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    for mode in 'video', 'image':
        detector = FaceMeshDetector(mode, 1)
        np.save(sys.argv[2] + mode, [detector.detect(bgr)[0] for bgr in frames])
        detector.close()
print(*(str(each.message) for each in caught if each.category is UserWarning), sep='\\n')
'''


@pytest.mark.slow
@pytest.mark.parametrize('spoil', [
    'sys.modules["mediapipe.python._framework_bindings.calculator_graph"] = None\n'
    'del _framework_bindings.calculator_graph',
    'from mediapipe.python.solutions.face_mesh import FaceMesh\n'
    'base = solution_base.SolutionBase\n'
    'FaceMesh._modify_calculator_options = base._modify_calculator_options\n'
    'del base._modify_calculator_options',
])
def test_without_private_parts_the_landmarks_are_the_same_and_one_warning_says_so(
    face_mesh, tmp_path, spoil
):
    from headpose_ros.detection.face_mesh import FaceMeshDetector

    head = RenderedHead(WIDTH, HEIGHT)
    frames = [head.render(sample_rotation(i / RATE)) for i in range(0, 30, 10)]
    np.save(tmp_path / 'frames.npy', frames)
    code = WITHOUT.format(spoil=spoil)
    result = subprocess.run(
        [sys.executable, '-c', code, tmp_path / 'frames.npy', f'{tmp_path}/'],
        capture_output=True, text=True, timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count('FaceMesh.process') == 1 and result.stdout.count('\n') == 1
    for mode in 'video', 'image':
        detector = FaceMeshDetector(mode, 1)
        expected = [detector.detect(bgr)[0] for bgr in frames]
        detector.close()
        np.testing.assert_array_equal(np.load(tmp_path / f'{mode}.npy'), expected)


@pytest.mark.slow
def test_a_signal_may_come_while_the_networks_run(face_mesh):
    result = subprocess.run(
        [sys.executable, '-c', INTERRUPTED], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, '[1, 1, 1] [1, 1, 1]\n'), result.stderr
