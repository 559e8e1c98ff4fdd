# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's networks one by one, without its own ``process``."""

import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from headpose_ros.detection.face_mesh import FULL_RANGE, SHORT_RANGE, face_mesh_network
from headpose_ros.detection.factory import create_detector
from headpose_ros.detection.mediapipe_common import as_array, in_pixels
from headpose_ros.detection.mediapipe_graph import DetectionGraph, LandmarkGraph, read_landmarks
from headpose_ros.detection.region import Region
from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation

WIDTH, HEIGHT = 640, 480
RATE = 30.0  # Hz

# Signals at times that differ by half a millisecond, over the time of some images.
INTERRUPTED = '''
import signal
import numpy as np
from itertools import count
from headpose_ros.detection.factory import create_detector
from headpose_ros.media.sample_head.rendered_head import RenderedHead

class Interrupted(BaseException):
    pass

def interrupt(*_):
    raise Interrupted

video, bgr = create_detector('face_mesh', 'video', 5), RenderedHead(640, 480).render(np.eye(3))
stamps = count()
def detect():  # looks for others in each frame
    return len(video.detect(bgr, next(stamps) / 10.0))
expected = [detect() for _ in range(3)]
signal.signal(signal.SIGALRM, interrupt)
for number in range(1, 41):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005 * number)
        while True:
            detect()
    except Interrupted:
        pass
print(expected, [detect() for _ in range(3)])
video.close()
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


@pytest.fixture(scope='module')
def graph(face_mesh):
    graph = LandmarkGraph()
    yield graph
    graph.close()


def sample(count):
    """Frames of the built-in head in motion, from its loop of 12 seconds."""
    head = RenderedHead(WIDTH, HEIGHT)
    return [head.render(sample_rotation(12.0 * i / count)) for i in range(count)]


def test_a_followed_face_has_the_landmarks_that_process_gives(graph):
    from mediapipe.python.solutions import face_mesh

    frames = sample(24)
    with face_mesh.FaceMesh(refine_landmarks=True) as expected:
        # It finds the face, and looks again where that was until the face is still.
        for _ in range(30):
            before = faces_of(expected, frames[0])[0]
        for bgr in frames:
            region = Region.around_landmarks(before)
            face = graph.fit(bgr, region)
            (before,) = faces_of(expected, bgr)
            # Both of them show the network nearly the same pixels: MediaPipe's regions are of
            # single precision.
            np.testing.assert_allclose(face.landmarks, before, atol=0.01)
            assert face.score > 0.9


def faces_of(face_mesh, bgr):
    answer = face_mesh.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    return [_one_by_one(message) for message in answer.multi_face_landmarks or []]


@pytest.mark.parametrize('side', ['left', 'top', 'right', 'bottom'])
def test_a_face_at_the_border_is_fitted_as_well(graph, rendered_head, side):
    bgr = rendered_head.render(np.eye(3))
    whole = graph.fit(bgr, Region(320.0, 240.0, 300.0))
    left, top, right, bottom = map(round, whole.box)
    rows, columns = {
        'left': (slice(None), slice(left + 8, None)),
        'top': (slice(top + 8, None), slice(None)),
        'right': (slice(None), slice(right - 8)),
        'bottom': (slice(bottom - 8), slice(None)),
    }[side]
    corner = np.array([columns.start or 0, rows.start or 0, 0.0])
    region = Region.around_landmarks(whole.landmarks - corner)
    face = graph.fit(np.ascontiguousarray(bgr[rows, columns]), region)
    away = np.linalg.norm(face.landmarks + corner - whole.landmarks, axis=1)
    assert away.mean() < 0.05 * whole.box.longer_side and face.score > 0.9


@pytest.mark.parametrize('region', [
    Region(-500.0, 240.0, 300.0), Region(320.0, 5000.0, 300.0), Region(1000.0, 240.0, 100.0, 1.0),
], ids=str)
def test_outside_of_the_image_there_is_no_face(graph, rendered_head, region):
    assert graph.fit(rendered_head.render(np.eye(3)), region) is None


def test_where_there_is_no_face_the_score_is_next_to_nothing(graph):
    face = graph.fit(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), Region(320.0, 240.0, 300.0))
    assert face is None or face.score < 0.1


def test_the_same_region_has_the_same_landmarks_whatever_was_before(graph, rendered_head, photo):
    bgr, region = rendered_head.render(np.eye(3)), Region(320.0, 240.0, 300.0, 0.1)
    first = graph.fit(bgr, region)
    graph.fit(photo, Region(150.0, 130.0, 200.0))
    again = graph.fit(bgr, region)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)
    assert first.score == again.score


@pytest.mark.parametrize('network', [SHORT_RANGE, FULL_RANGE])
def test_detections_are_those_of_the_public_class(face_mesh, rendered_head, network):
    from mediapipe.python.solutions.face_detection import FaceDetection

    graph = DetectionGraph(network, 0.5)
    with FaceDetection(0.5, int(network == FULL_RANGE)) as expected:
        for position in ((0.0, 0.0, 0.6), (0.1, 0.0, 0.8), (-0.1, 0.05, 0.5)):
            rgb = cv2.cvtColor(rendered_head.render(np.eye(3), position), cv2.COLOR_BGR2RGB)
            (candidate,) = graph.find(rgb)
            (detection,) = expected.process(rgb).detections
            assert candidate.score == pytest.approx(detection.score[0])
            box = detection.location_data.relative_bounding_box
            assert (candidate.region.x, candidate.region.y) == pytest.approx(
                ((box.xmin + box.width / 2) * WIDTH, (box.ymin + box.height / 2) * HEIGHT)
            )
    assert graph.find(np.zeros((HEIGHT, WIDTH, 3), np.uint8)) == []
    graph.close()


def test_below_the_confidence_nothing_is_proposed(face_mesh, rendered_head):
    rgb = cv2.cvtColor(rendered_head.render(np.eye(3)), cv2.COLOR_BGR2RGB)
    counts = []
    for confidence in (0.5, 1.0):
        graph = DetectionGraph(SHORT_RANGE, confidence)
        counts.append(len(graph.find(rgb)))
        graph.close()
    assert counts == [1, 0]


def test_after_a_failure_the_network_starts_anew(face_mesh, rendered_head):
    network = face_mesh_network(0.5)
    bgr, region = rendered_head.render(np.eye(3)), Region(320.0, 240.0, 300.0)
    first = network.fit(bgr, region)
    for spoilt in (replace(region, side=float('nan')), None):
        with pytest.raises((ValueError, RuntimeError, TypeError, AttributeError)):
            network.fit(bgr, spoilt)
        again = network.fit(bgr, region)
        np.testing.assert_array_equal(first.landmarks, again.landmarks)
    network.close()


# What the private parts of MediaPipe are to be without, and then the landmarks of some frames.
WITHOUT = '''
import sys, warnings
import numpy as np
from mediapipe.python import _framework_bindings, solution_base
{spoil}
from headpose_ros.detection.factory import create_detector
frames = np.load(sys.argv[1])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    for mode in 'video', 'image':
        detector = create_detector('face_mesh', mode, 5)
        faces = [detector.detect(bgr, i / 30) for i, bgr in enumerate(frames)]
        np.save(sys.argv[2] + mode, [face.landmarks for (face,) in faces])
        detector.close()
print(*(str(each.message) for each in caught if each.category is UserWarning), sep='\\n')
'''


@pytest.mark.slow
@pytest.mark.parametrize('spoil', [
    'sys.modules["mediapipe.python._framework_bindings.calculator_graph"] = None\n'
    'del _framework_bindings.calculator_graph',
    # The public classes change their own options by it.
    'from mediapipe.python.solutions.face_detection import FaceDetection\n'
    'from mediapipe.python.solutions.face_mesh import FaceMesh\n'
    'base = solution_base.SolutionBase\n'
    'FaceMesh._modify_calculator_options = base._modify_calculator_options\n'
    'FaceDetection._modify_calculator_options = base._modify_calculator_options\n'
    'del base._modify_calculator_options',
])
def test_without_private_parts_the_landmarks_are_nearly_the_same_and_one_warning_says_so(
    face_mesh, tmp_path, spoil
):
    frames = sample(36)[:12]
    np.save(tmp_path / 'frames.npy', frames)
    code = WITHOUT.format(spoil=spoil)
    result = subprocess.run(
        [sys.executable, '-c', code, tmp_path / 'frames.npy', f'{tmp_path}/'],
        capture_output=True, text=True, timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count('FaceMesh.process') == 1 and result.stdout.count('\n') == 1
    for mode in 'video', 'image':
        detector = create_detector('face_mesh', mode, 5)
        expected = [
            face.landmarks
            for i, bgr in enumerate(frames) for face in detector.detect(bgr, i / RATE)
        ]
        detector.close()
        found = np.load(tmp_path / f'{mode}.npy')
        size = np.ptp(expected[0][:, 0])
        away = np.linalg.norm(found - expected, axis=2).mean(axis=1)
        assert away.mean() < 0.015 * size and away.max() < 0.03 * size


@pytest.mark.slow
def test_a_signal_may_come_while_the_networks_run(face_mesh):
    result = subprocess.run(
        [sys.executable, '-c', INTERRUPTED], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, '[1, 1, 1] [1, 1, 1]\n'), result.stderr
