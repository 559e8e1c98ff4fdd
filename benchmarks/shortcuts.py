# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What each shortcut through other packages' private parts gains, in turns with the plain way."""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.estimator_speed import take_turns
from benchmarks.frames import HD, VGA, forth_and_back, make_frames
from benchmarks.options import Turns
from benchmarks.plain_node import PLAIN
from benchmarks.stream import NAMESPACE, Tally, headpose_command, measure
from benchmarks.targets import Figure, figures_table
from headpose_ros.detection import face_mesh_graph
from headpose_ros.detection.face_mesh_graph import FaceMeshGraph, PlainFaceMesh
from headpose_ros.quiet import silent_stderr

# Below which a shortcut is not worth its lines: 2 %.
WORTH = 0.98

CAMERA_RATE, FAST_RATE = 30.0, 300.0  # Hz

MATPLOTLIB = 'import of MediaPipe without matplotlib'

IMPORT_QUICKLY = 'import headpose_ros.detection.mediapipe_common as m; m.import_mediapipe()'
IMPORT_PLAINLY = 'import headpose_ros.detection.mediapipe_common, mediapipe'


def run(turns: Turns = 8) -> None:
    """Measure and print."""
    print(figures_table(measure_all(turns)))


def measure_all(turns: int) -> list[Figure]:
    """A figure for each shortcut: time with it by time without it."""
    figures = [_import(turns)]
    for size in (VGA, HD):
        figures += _face_mesh(size, 3 * turns)
    return [*figures, *_node(turns)]


def _figure(what: str, ours: float, plain: float, unit: str) -> Figure:
    return Figure(what, f'{ours:.3g} {unit}', f'without, {plain:.3g} {unit}', ours / plain, WORTH)


def _import(turns: int) -> Figure:
    seconds: dict[str, list[float]] = {IMPORT_QUICKLY: [], IMPORT_PLAINLY: []}
    for _ in range(turns):
        for code, times in seconds.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, '-c', code], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    return _figure(MATPLOTLIB, *(float(np.median(times)) for times in seconds.values()), 's')


def _face_mesh(size: tuple[int, int], turns: int) -> list[Figure]:
    frames = [np.ascontiguousarray(bgr[..., ::-1]) for bgr in make_frames(size)]
    for rgb in frames:
        rgb.flags.writeable = False
    options = {
        'static_image_mode': False, 'max_num_faces': 1, 'refine_landmarks': True,
        'min_detection_confidence': 0.5, 'min_tracking_confidence': 0.5,
    }
    with silent_stderr():
        contenders: dict[str, Callable] = {
            'graph': FaceMeshGraph(**options).run,
            'parsed': _with_protobuf(FaceMeshGraph(**options).run),
            'plain': PlainFaceMesh(**options).run,
        }
        with threadpool_limits(1, user_api='blas'):
            seconds = take_turns(contenders, forth_and_back(frames), turns)
    ms = {name: 1e3 * float(np.median(times)) for name, times in seconds.items()}
    where = f'{size[0]}x{size[1]}'
    return [
        _figure(f'FaceMesh, graph fed directly, {where}', ms['graph'], ms['plain'], 'ms a frame'),
        _figure(f'landmarks from the bytes, {where}', ms['graph'], ms['parsed'], 'ms a frame'),
    ]


def _with_protobuf(run: Callable) -> Callable:
    """A graph's ``run`` whose answers are parsed by protobuf."""
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    def parse(content: bytes) -> np.ndarray:
        return face_mesh_graph.as_array(NormalizedLandmarkList.FromString(content).landmark)

    def run_parsed(rgb: np.ndarray) -> list[np.ndarray]:
        quick, face_mesh_graph.read_landmarks = face_mesh_graph.read_landmarks, parse
        try:
            return run(rgb)
        finally:
            face_mesh_graph.read_landmarks = quick

    return run_parsed


def _node(turns: int) -> list[Figure]:
    figures = []
    for name, what in (('events', 'no event handlers'), ('burst', 'images taken in a burst')):
        assert name in PLAIN
        nodes = {
            'headpose': headpose_command('headpose'),
            'plain': [
                sys.executable, '-m', 'benchmarks.plain_node', name,
                '--ros-args', '-r', f'__ns:={NAMESPACE}/plain',
            ],
        }
        for rate in (CAMERA_RATE, FAST_RATE):
            tallies = measure(nodes, make_frames(VGA), rate, turns)
            ours, plain = tallies['headpose'], tallies['plain']
            figures.append(_figure(
                f'{what}, CPU at {rate:g} Hz', ours.cpu_a_frame, plain.cpu_a_frame, 'ms a frame'
            ))
            if rate == FAST_RATE:
                figures.append(_figure(
                    f'{what}, time a frame at {rate:g} Hz', _ms(ours), _ms(plain), 'ms'
                ))
    return figures


def _ms(tally: Tally) -> float:
    return 1e3 / tally.rate
