# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs all benchmarks and writes docs/performance.md with plots."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
from matplotlib.figure import Figure
from typer import Option

from benchmarks import (
    crowd,
    estimator_speed,
    finding,
    landmark_extraction,
    node_speed,
    profile,
    start_up,
)
from benchmarks.options import Aflw2000, Turns, Video
from benchmarks.stream import Tally
from benchmarks.targets import figures_table

PAGE = 'performance.md'

_IMAGES = 200  # for landmark extraction; all images take most of an hour

_LANDMARKS = (
    f'`python -m training landmarks`, the first {_IMAGES} photographs of AFLW2000-3D, augmented '
    f'(`python -m benchmarks landmarks AFLW2000 --images {_IMAGES} --augment --rounds 1`).'
)

BEGIN, END = '<!-- measured: begin -->', '<!-- measured: end -->'


def run(
    out: Annotated[
        Path, Option(help=f'Folder whose {PAGE} gets the figures, between its marks.')
    ] = Path('docs'),
    turns: Turns = 8,
    video: Video = None,
    aflw2000: Aflw2000 = None,
) -> None:
    """Measure everything and write the page."""
    out.mkdir(parents=True, exist_ok=True)
    figures = estimator_speed.measure(3 * turns, video)
    node_figures, tallies = node_speed.measure_node(turns, video)
    figures += node_figures + start_up.measure(max(turns // 2, 1))
    faces, cameras = crowd.measure_faces(turns // 4 + 1), crowd.measure_cameras(turns // 4 + 1)
    plot_latency(tallies, out / 'performance_latency.png')
    plot_crowd(faces, cameras, out / 'performance_crowd.png')
    landmarks = None
    if aflw2000 is not None:
        landmarks = landmark_extraction.measure(aflw2000, _IMAGES, rounds=1, augment=True)
        figures.append(landmark_extraction.figure(landmarks))
    parts = [
        _conditions(),
        figures_table(figures),
        '![Latency of the node and of FaceMesh in an empty node](performance_latency.png)',
        '## Several faces, several cameras',
        '30 Hz; faces in one 1280x720 image with `max_faces` 5; 640x480 cameras, each with its '
        'own node.',
        crowd.table(faces, 'faces').to_markdown(index=False),
        crowd.table(cameras, 'cameras').to_markdown(index=False),
        '![CPU and latency by number of faces and cameras](performance_crowd.png)',
        "## Where the node's time goes",
        'Time that its thread spends in Python at 30 Hz, 640x480, from py-spy. FaceMesh runs '
        'outside Python.',
        profile.measure_parts(turns).to_markdown(index=False),
    ]
    if landmarks is not None:
        parts += [
            '## How soon faces are found\n\n`python -m benchmarks finding`.',
            *(
                f'{text}\n\n{rows.to_markdown(index=False)}'
                for text, rows in finding.measure(aflw2000)
            ),
            '## Landmarks of a dataset for training',
            _LANDMARKS,
            landmarks.to_markdown(index=False, floatfmt='.2f'),
        ]
    _write(out / PAGE, '\n\n'.join(parts))
    print(f'wrote {out / PAGE} and plots')


def plot_latency(tallies: dict[str, dict[str, Tally]], path: Path) -> None:
    """Draw the cumulative distribution of latency."""
    figure = Figure(figsize=(4.5 * len(tallies), 3.6), layout='constrained')
    axes = figure.subplots(1, len(tallies), sharey=True, squeeze=False)[0]
    labels = {node_speed.OURS: 'headpose_ros', node_speed.REFERENCE: 'FaceMesh in an empty node'}
    for each, (frames, nodes) in zip(axes, tallies.items(), strict=True):
        for name, tally in nodes.items():
            shares = np.linspace(0.0, 100.0, len(tally.latencies))
            each.plot(1e3 * np.sort(tally.latencies), shares, label=labels[name])
        each.set(title=frames, xlabel='image stamp to pose received, ms', xlim=(0, None))
        each.set_xlim(0.0, 2.0 * max(tally.latency(95) for tally in nodes.values()))
        each.grid(alpha=0.3)
    axes[0].set(ylabel='share of the poses, %')
    axes[0].legend(loc='lower right')
    figure.savefig(path, dpi=100)


def plot_crowd(faces: crowd.Crowd, cameras: crowd.Crowd, path: Path) -> None:
    """Draw CPU and latency over the number of faces and of cameras."""
    figure = Figure(figsize=(9, 6), layout='constrained')
    axes = figure.subplots(2, 2, sharex='col')
    for (top, bottom), (what, numbers) in zip(
        axes.T, (('faces', faces), ('cameras', cameras)), strict=True
    ):
        x = list(numbers)
        cores = [sum(t.cpu / t.seconds for t in tallies) for tallies in numbers.values()]
        top.bar(x, cores, width=0.6)
        top.set(ylabel=f'cores, of {psutil.cpu_count()}', title=f'{what}, 30 Hz each')
        for percent in (50, 95):
            latency = [
                np.mean([tally.latency(percent) for tally in tallies])
                for tallies in numbers.values()
            ]
            bottom.plot(x, latency, marker='o', label=f'p{percent}')
        bottom.set(xlabel=what, ylabel='latency, ms', xticks=x)
        bottom.set_ylim(bottom=0.0)
        bottom.legend(loc='upper left')
        for each in (top, bottom):
            each.grid(alpha=0.3)
            each.spines[['top', 'right']].set_visible(False)
    figure.savefig(path, dpi=100)


def _conditions() -> str:
    load = ', '.join(f'{x:.1f}' for x in os.getloadavg())
    packages = ', '.join(f'{name} {version(name)}' for name in ('mediapipe', 'numpy'))
    return (
        f'{psutil.cpu_count()} cores ({platform.machine()}), Python '
        f'{platform.python_version()}, {packages}; load average at the end {load}.'
    )


def _write(page: Path, measured: str) -> None:
    """Write the measurements between the markers of the page, or a new page."""
    text = page.read_text(encoding='utf-8') if page.exists() else f'{BEGIN}\n{END}\n'
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f'{before}{BEGIN}\n\n{measured}\n\n{END}{after}', encoding='utf-8')
