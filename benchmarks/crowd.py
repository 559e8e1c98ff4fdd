# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Several faces in one camera, and several cameras on one machine."""

import pandas as pd
import psutil

from benchmarks.frames import HD, VGA, make_frames
from benchmarks.options import Turns
from benchmarks.stream import Tally, headpose_command, measure

FACES = (1, 2, 3, 4, 5)
CAMERAS = (1, 2, 3, 4)
CAMERA_RATE = 30.0  # Hz

Crowd = dict[int, list[Tally]]  # number of faces or cameras to tally of each node


def run(turns: Turns = 3) -> None:
    """Measure and print; a turn has 4 s."""
    print(table(measure_faces(turns), 'faces').to_markdown(index=False))
    print(table(measure_cameras(turns), 'cameras').to_markdown(index=False))


def measure_faces(turns: int) -> Crowd:
    """1 to 5 faces at 1280x720, with ``max_faces`` 5."""
    node = {'headpose': headpose_command('headpose', max_faces=max(FACES))}
    return {
        faces: list(
            measure(node, make_frames(HD, heads=faces), CAMERA_RATE, turns, together=True).values()
        )
        for faces in FACES
    }


def measure_cameras(turns: int) -> Crowd:
    """1 to 4 cameras at 640x480, each with its own node and one face."""
    frames = make_frames(VGA)
    crowd = {}
    for cameras in CAMERAS:
        names = [f'headpose_{i}' for i in range(cameras)]
        nodes = {name: headpose_command(name) for name in names}
        tallies = measure(nodes, frames, CAMERA_RATE, turns, together=True)
        crowd[cameras] = list(tallies.values())
    return crowd


def table(crowd: Crowd, what: str) -> pd.DataFrame:
    """Rate, CPU and latency by number of faces or cameras, means over the nodes."""
    rows = []
    for number, tallies in crowd.items():
        cores = sum(tally.cpu / tally.seconds for tally in tallies)
        rows.append({
            what: number,
            'poses/s per camera': f'{_mean([t.rate for t in tallies]):.1f}',
            'CPU per frame, ms': f'{_mean([t.cpu_a_frame for t in tallies]):.1f}',
            f'cores in all, of {psutil.cpu_count()}': f'{cores:.2f}',
            'latency p50, ms': f'{_mean([t.latency(50) for t in tallies]):.1f}',
            'latency p95, ms': f'{_mean([t.latency(95) for t in tallies]):.1f}',
        })
    return pd.DataFrame(rows)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
