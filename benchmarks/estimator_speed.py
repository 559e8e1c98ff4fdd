# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The core in one process: estimator and follower, alternating with a bare FaceMesh loop."""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count, cycle
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.bare import BareFaceMesh
from benchmarks.frames import HD, RATE, VGA, Size, forth_and_back, in_light, make_frames
from benchmarks.options import Turns, Video
from benchmarks.targets import Figure, figures_table
from headpose_ros.assets.bundle import find_bundle
from headpose_ros.detection import face_landmarker, face_mesh
from headpose_ros.detection.factory import BOTH, DETECTORS
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import HeadFollower

# Frames per turn: long enough for warm caches, as when running alone.
BLOCK = 20

WARM_UP = 1  # turns ignored

# Frames before that, and seconds between them: the whole image is searched once.
SETTLING, STEP = 30, 0.2


def run(video: Video = None, turns: Turns = 25) -> None:
    """Measure and print."""
    print(figures_table(measure(turns, video)))


def measure(turns: int, video: Path | None = None) -> list[Figure]:
    """Frames per second of the estimator, and time of everything except FaceMesh."""
    figures = []
    for name, source in (('built-in head', None), *((('video', video),) if video else ())):
        for size in (VGA, HD):
            figures += _measure(f'{name}, {size[0]}x{size[1]}', size, source, turns)
    return figures + _measure_crowd(HD, turns) + _measure_detectors(VGA, turns)


def _measure(name: str, size: Size, video: Path | None, turns: int) -> list[Figure]:
    frames = forth_and_back(make_frames(size, video))
    bare = BareFaceMesh()
    with (
        threadpool_limits(1, user_api='blas'),  # as the node does
        HeadPoseEstimator(mode='video') as estimator,
        HeadPoseEstimator(mode='video', search_rate=0.0) as followed,
    ):
        for each in (estimator, followed):
            _settle(each, frames[0])
        contenders = {
            'bare': bare.faces,
            'estimator': _as_fast_as_it_can(estimator),
            'follower': _follow(followed),
        }
        # Means: each search falls on a single frame.
        ms = _mean_ms(take_turns(contenders, frames, turns))
    ours, reference = 1e3 / ms['estimator'], 1e3 / ms['bare']
    return [
        Figure(
            f'estimator, one face, {name}', f'{ours:.0f} frames/s',
            f'bare loop, {reference:.0f} frames/s', ours / reference, 0.95, at_least=True,
        ),
        Figure(
            f'everything except FaceMesh and searching, {name}',
            f'{ms["follower"]:.2f} ms per frame', f'bare loop, {ms["bare"]:.2f} ms',
            ms['follower'] - ms['bare'], 0.5, ' ms',
        ),
    ]


def _measure_crowd(size: Size, turns: int) -> list[Figure]:
    """No face and five faces, against one, at the rate of a camera.

    In changing light the whole image is searched in turns, as when the camera moves.
    """
    still = {heads: forth_and_back(make_frames(size, heads=heads)) for heads in (0, 1, 5)}
    frames = {(heads, 'static scene'): each for heads, each in still.items()} | {
        (heads, 'changing light'): [in_light(frame, i) for i, frame in enumerate(each)]
        for heads, each in still.items()
    }
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1, user_api='blas'))
        contenders = {}
        for case, pictures in frames.items():
            estimator = stack.enter_context(HeadPoseEstimator(mode='video'))
            _settle(estimator, pictures[0])
            update = _follow(estimator)
            next_ = cycle(pictures)
            contenders[case] = lambda _, update=update, next_=next_: update(next(next_))
        ms = _mean_ms(take_turns(contenders, still[1], turns))
    figures, where = [], f'{size[0]}x{size[1]}, 30 Hz'
    for scene in ('static scene', 'changing light'):
        one = ms[1, scene]
        for what, heads, target in (('no face in view', 0, 2.0), ('five faces', 5, 4.2)):
            figures.append(Figure(
                f'{what}, {where}, {scene}', f'{ms[heads, scene]:.2f} ms per frame',
                f'one tracked face, {one:.2f} ms', ms[heads, scene] / one, target,
            ))
    one, changing = (ms[1, scene] for scene in ('static scene', 'changing light'))
    return [*figures, Figure(
        f'one face, {where}, changing light', f'{changing:.2f} ms per frame',
        f'static scene, {one:.2f} ms', changing / one, 1.5,
    )]


def _measure_detectors(size: Size, turns: int) -> list[Figure]:
    """The other detectors against FaceMesh, if their bundle is installed."""
    try:
        find_bundle()
    except DetectorUnavailableError:
        return []
    frames = forth_and_back(make_frames(size))
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1, user_api='blas'))
        contenders = {}
        for name in DETECTORS:
            estimator = stack.enter_context(HeadPoseEstimator(name, 'video', search_rate=0.0))
            _settle(estimator, frames[0])
            contenders[name] = _follow(estimator)
        ms = _mean_ms(take_turns(contenders, frames, turns))
    default = ms[face_mesh.NAME]
    return [
        Figure(
            f'detector {name}, one face, {size[0]}x{size[1]}', f'{ms[name]:.2f} ms per frame',
            f'{face_mesh.NAME}, {default:.2f} ms', ms[name] / default, target,
        )
        for name, target in ((face_landmarker.NAME, 4.5), (BOTH, 6.0))
    ]


def _settle(estimator: HeadPoseEstimator, frame: np.ndarray) -> None:
    for i in range(SETTLING):
        estimator.estimate(frame, stamp=(i - SETTLING) * STEP)


def _as_fast_as_it_can(estimator: HeadPoseEstimator) -> Callable[[np.ndarray], object]:
    """With stamps at camera rate, which schedule the searches."""
    spent = 0.0

    def estimate(bgr: np.ndarray) -> object:
        nonlocal spent
        start = time.perf_counter()
        heads = estimator.estimate(bgr, stamp=spent)
        spent += time.perf_counter() - start
        return heads

    return estimate


def _follow(estimator: HeadPoseEstimator) -> Callable[[np.ndarray], object]:
    follower, stamps = HeadFollower(estimator), count(1)
    return lambda bgr: follower.update(bgr, next(stamps) / RATE)


def _mean_ms(seconds: dict[Any, list[float]]) -> dict[Any, float]:
    return {name: 1e3 * float(np.mean(values)) for name, values in seconds.items()}


def take_turns(
    contenders: dict[Any, Callable[[np.ndarray], object]], frames: list[np.ndarray], turns: int
) -> dict[Any, list[float]]:
    """Seconds per frame, by contender, alternating every ``BLOCK`` frames."""
    seconds: dict[Any, list[float]] = defaultdict(list)
    for turn in range(WARM_UP + turns):
        block = [frames[(turn * BLOCK + i) % len(frames)] for i in range(BLOCK)]
        for name, function in contenders.items():
            for bgr in block:
                start = time.perf_counter()
                function(bgr)
                if turn >= WARM_UP:
                    seconds[name].append(time.perf_counter() - start)
    return seconds
