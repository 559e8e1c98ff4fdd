# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Camera, node and subscriber in three processes, alternating with FaceMesh in an empty node."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.frames import HD, VGA, make_frames
from benchmarks.options import Turns, Video
from benchmarks.stream import Tally, bare_command, headpose_command, measure, reference_command
from benchmarks.targets import Figure, figures_table

OURS, REFERENCE, BARE, PLAIN = 'headpose', 'reference', 'bare', 'plain'

CAMERA_RATE = 30.0  # Hz
FAST_RATE = 300.0  # Hz, more than the node can process


def run(video: Video = None, turns: Turns = 8) -> None:
    """Measure and print; a turn has 4 s."""
    figures, _ = measure_node(turns, video)
    print(figures_table(figures))


def measure_node(
    turns: int, video: Path | None = None
) -> tuple[list[Figure], dict[str, dict[str, Tally]]]:
    """Loss, latency and CPU of the node: figures, and tallies at 30 Hz by kind of frames."""
    figures, tallies = [], {}
    nodes = {OURS: headpose_command(OURS), REFERENCE: reference_command(REFERENCE)}
    for name, source in (('built-in head', None), *((('video', video),) if video else ())):
        for size in (VGA, HD):
            frames = f'{name}, {size[0]}x{size[1]}'
            tallies[frames] = measure(nodes, make_frames(size, source), CAMERA_RATE, turns)
            figures += _at_camera_rate(frames, tallies[frames])
    return [*figures, *_with_fast_camera(turns), *_with_annotated_image(turns)], tallies


def _at_camera_rate(name: str, tallies: dict[str, Tally]) -> list[Figure]:
    ours, reference = tallies[OURS], tallies[REFERENCE]
    return [
        Figure(
            f'frames lost at 30 Hz, {name}', f'{ours.lost} of {ours.published}',
            f'FaceMesh in an empty node, {reference.lost} of {reference.published}',
            ours.lost, 0,
        ),
        *(
            Figure(
                f'latency at 30 Hz, p{percent}, {name}', f'{ours.latency(percent):.1f} ms',
                f'FaceMesh in an empty node, {reference.latency(percent):.1f} ms',
                ours.latency(percent) - reference.latency(percent), target, ' ms',
            )
            for percent, target in ((50, 2), (95, 8))
        ),
        Figure(
            f'CPU per frame at 30 Hz, {name}', f'{ours.cpu_a_frame:.2f} ms',
            f'FaceMesh in an empty node, {reference.cpu_a_frame:.2f} ms',
            ours.cpu_a_frame / reference.cpu_a_frame, 1.15,
        ),
    ]


def _with_fast_camera(turns: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'rates'
        nodes = {
            OURS: headpose_command(OURS),
            BARE: bare_command(BARE, file),
            REFERENCE: reference_command(REFERENCE),
        }
        tallies = measure(nodes, make_frames(VGA), FAST_RATE, turns)
        bare = float(np.median(np.loadtxt(file, ndmin=1)))
    ours, reference = tallies[OURS], tallies[REFERENCE]
    return [
        Figure(
            f'camera at {FAST_RATE:.0f} Hz, 640x480', f'{ours.rate:.0f} poses/s',
            f'bare loop concurrently, {bare:.0f} frames/s; '
            f'FaceMesh in an empty node, {reference.rate:.0f}',
            ours.rate / bare, 0.85, at_least=True,
        ),
        Figure(
            f'latency grows at {FAST_RATE:.0f} Hz: last tenth of a turn to first, p50',
            f'{_by_tenth(ours, -1):.1f} ms', f'{_by_tenth(ours, 0):.1f} ms',
            _by_tenth(ours, -1) / _by_tenth(ours, 0), 1.2,
        ),
    ]


def _with_annotated_image(turns: int) -> list[Figure]:
    nodes = {OURS: headpose_command(OURS), PLAIN: headpose_command(PLAIN)}
    tallies = measure(nodes, make_frames(VGA), CAMERA_RATE, turns, annotated=OURS)
    with_image, without = tallies[OURS].cpu_a_frame, tallies[PLAIN].cpu_a_frame
    return [
        Figure(
            'CPU per frame with a subscriber to the annotated image, 640x480',
            f'{with_image:.2f} ms', f'without, {without:.2f} ms', with_image - without, 2.5, ' ms',
        )
    ]


def _by_tenth(tally: Tally, index: int) -> float:
    """Median latency, ms, in a tenth of all turns."""
    return 1e3 * float(np.median(np.array_split(tally.latencies, 10)[index]))
