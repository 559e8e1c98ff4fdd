# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The core in one process: estimator and follower, in turns with a bare FaceMesh loop."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.bare import BareFaceMesh
from benchmarks.frames import HD, RATE, VGA, Size, forth_and_back, make_frames
from benchmarks.options import Turns, Video
from benchmarks.targets import Figure, figures_table
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import HeadFollower

# Frames of a turn: long enough that each finds its own data in the caches, as it would alone.
BLOCK = 20

WARM_UP = 1  # turns that do not count


def run(video: Video = None, turns: Turns = 25) -> None:
    """Measure and print."""
    print(figures_table(measure(turns, video)))


def measure(turns: int, video: Path | None = None) -> list[Figure]:
    """Frames a second of the estimator, and what all but FaceMesh takes."""
    figures = []
    for name, source in (('built-in head', None), *((('video', video),) if video else ())):
        for size in (VGA, HD):
            figures += _measure(f'{name}, {size[0]}x{size[1]}', size, source, turns)
    return figures


def _measure(name: str, size: Size, video: Path | None, turns: int) -> list[Figure]:
    frames = forth_and_back(make_frames(size, video))
    stamps = iter(np.arange(1, 10**7) / RATE)
    bare = BareFaceMesh()
    with (
        threadpool_limits(1, user_api='blas'),  # as the node does
        HeadPoseEstimator(mode='video') as estimator,
        HeadPoseEstimator(mode='video') as followed,
    ):
        follower = HeadFollower(followed)
        contenders = {
            'bare': bare.faces,
            'estimator': estimator.estimate,
            'follower': lambda bgr: follower.update(bgr, next(stamps)),
        }
        seconds = take_turns(contenders, frames, turns)
    medians = {key: float(np.median(values)) for key, values in seconds.items()}
    ours, reference = 1.0 / medians['estimator'], 1.0 / medians['bare']
    rest = 1e3 * (medians['follower'] - medians['bare'])
    return [
        Figure(
            f'estimator, one face, {name}', f'{ours:.0f} frames/s',
            f'bare loop, {reference:.0f} frames/s', ours / reference, 0.93, at_least=True,
        ),
        Figure(
            f'everything but FaceMesh, {name}', f'{1e3 * medians["follower"]:.2f} ms a frame',
            f'bare loop, {1e3 * medians["bare"]:.2f} ms', rest, 0.5, ' ms',
        ),
    ]


def take_turns(
    contenders: dict[str, Callable[[np.ndarray], object]], frames: list[np.ndarray], turns: int
) -> dict[str, list[float]]:
    """Seconds of each frame, by contender; they take turns of ``BLOCK`` frames."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for turn in range(WARM_UP + turns):
        block = [frames[(turn * BLOCK + i) % len(frames)] for i in range(BLOCK)]
        for name, function in contenders.items():
            for bgr in block:
                start = time.perf_counter()
                function(bgr)
                if turn >= WARM_UP:
                    seconds[name].append(time.perf_counter() - start)
    return seconds
