# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Gain of each shortcut through private parts of other packages, against the public interface."""

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
from headpose_ros.detection import mediapipe_graph
from headpose_ros.detection.base import LandmarkNetwork
from headpose_ros.detection.face_mesh import PlainFaceMesh
from headpose_ros.detection.mediapipe_graph import LandmarkGraph
from headpose_ros.detection.region import Region
from headpose_ros.detection.view_network import ViewNetwork
from headpose_ros.quiet import silent_stderr

# Minimum gain of a shortcut: 2 %.
WORTH = 0.98

CAMERA_RATE, FAST_RATE = 30.0, 300.0  # Hz

MATPLOTLIB = 'import of MediaPipe without matplotlib'

IMPORT_QUICKLY = 'import headpose_ros.detection.mediapipe_common as m; m.import_mediapipe()'
IMPORT_PLAINLY = 'import headpose_ros.detection.mediapipe_common, mediapipe'


def run(turns: Turns = 8) -> None:
    """Measure and print."""
    print(figures_table(measure_all(turns)))


def measure_all(turns: int) -> list[Figure]:
    """A figure for each shortcut: time with it relative to time without."""
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
    frames = make_frames(size)
    with silent_stderr():
        graph, parsed = LandmarkGraph(), LandmarkGraph()
        contenders: dict[str, Callable] = {
            'graph': _follow(graph),
            'parsed': _with_protobuf(_follow(parsed)),
            'plain': _follow(ViewNetwork(PlainFaceMesh(0.5))),
        }
        with threadpool_limits(1, user_api='blas'):
            seconds = take_turns(contenders, forth_and_back(frames), turns)
    ms = {name: 1e3 * float(np.median(times)) for name, times in seconds.items()}
    where = f'{size[0]}x{size[1]}'
    return [
        _figure(f'landmarks by the graph, {where}', ms['graph'], ms['plain'], 'ms per frame'),
        _figure(f'landmarks from the bytes, {where}', ms['graph'], ms['parsed'], 'ms per frame'),
    ]


def _follow(network: LandmarkNetwork) -> Callable:
    """Fits landmarks in the region of the previous frame."""
    regions: list[Region] = []

    def follow(bgr: np.ndarray) -> None:
        height, width = bgr.shape[:2]
        middle = Region(width / 2.0, height / 2.0, height / 2.0)
        face = network.fit(bgr, regions.pop() if regions else middle)
        assert face is not None
        regions.append(Region.around_landmarks(face.landmarks))

    return follow


def _with_protobuf(run: Callable) -> Callable:
    """A graph's ``run`` with results parsed by protobuf."""
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    def parse(content: bytes) -> np.ndarray:
        return mediapipe_graph.as_array(NormalizedLandmarkList.FromString(content).landmark)

    def run_parsed(bgr: np.ndarray) -> None:
        quick, mediapipe_graph.read_landmarks = mediapipe_graph.read_landmarks, parse
        try:
            run(bgr)
        finally:
            mediapipe_graph.read_landmarks = quick

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
                f'{what}, CPU at {rate:g} Hz', ours.cpu_a_frame, plain.cpu_a_frame, 'ms per frame'
            ))
            if rate == FAST_RATE:
                figures.append(_figure(
                    f'{what}, time per frame at {rate:g} Hz', _ms(ours), _ms(plain), 'ms'
                ))
    return figures


def _ms(tally: Tally) -> float:
    return 1e3 / tally.rate
