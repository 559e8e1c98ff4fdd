# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images per second of ``python -m training landmarks``, on one core and on all.

Rounds of the same command take turns: on one core that it is pinned to, on all cores, and, for the
best that the machine gives, as many unrelated ones side by side as there are cores, each pinned to
one. What it takes to start, and end, is measured by the command on a few images.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import pandas as pd
from typer import Argument, Option

from benchmarks.errors import BenchmarkError
from benchmarks.targets import Figure

ROOT = Path(__file__).resolve().parents[1]
FEW = 10  # images

ONE, ALL, BEST = 'one core', 'all cores', 'one core each, in parallel'


def run(
    dataset: Annotated[Path, Argument(help='Folder of a dataset, such as AFLW2000-3D.')],
    images: Annotated[int | None, Option(help='Only the first N images.')] = None,
    rounds: Annotated[int, Option(help='Of each.')] = 3,
    augment: Annotated[
        bool, Option('--augment', help='Include augmentations, 18 times as slow.')
    ] = False,
) -> None:
    """Measure and print."""
    table = measure(dataset, images, rounds, augment)
    print(table.to_string(index=False, float_format='{:.2f}'.format))


def measure(
    dataset: Path, images: int | None = None, rounds: int = 3, augment: bool = False
) -> pd.DataFrame:
    """Measure ``python -m training landmarks``.

    :param dataset: its folder.
    :param images: only the first ones; ``None`` for all.
    :param rounds: of each way to run it, 1 or more; medians are reported.
    :param augment: include augmentations.
    :return: one row per way to run it: ``run``, ``seconds`` of the command, ``images/s``, ``of
        cores x one core`` and ``of the best``, and the latter three again ``after the start``,
        whose time is measured on a few images.
    :raises BenchmarkError: the command fails, or there are too few images.
    """
    if rounds < 1:
        raise BenchmarkError(f'{rounds} rounds; expected 1 or more')
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = _link(dataset, folder / 'images', images)
        few = _link(dataset, folder / 'few', FEW)
        if count <= few:
            raise BenchmarkError(
                f'{dataset}: {count} images; expected more than {FEW}'
            )
        measured = []
        for turn in range(rounds):
            for way in (ONE, ALL, BEST):
                seconds = _seconds(way, folder / 'images', turn, augment)
                start = _seconds(way, folder / 'few', turn, augment)
                measured.append((turn, way, count, few, seconds, start))
    return _table(measured)


def figure(table: pd.DataFrame) -> Figure:
    """Utilisation of all cores, from the result of ``measure``."""
    rates = table.set_index('run')['images/s']
    cores = len(_cores())
    return Figure(
        f'landmarks for training, {cores} cores', f'{rates[ALL]:.1f} images/s',
        f'{cores} x one core, {cores} x {rates[ONE]:.1f} images/s',
        rates[ALL] / (cores * rates[ONE]), 0.9, at_least=True,
    )


def _table(measured: list[tuple]) -> pd.DataFrame:
    columns = ['round', 'run', 'count', 'few', 'seconds', 'start']
    data = pd.DataFrame(measured, columns=columns).set_index(['round', 'run'])
    cores = len(_cores())
    runs = data.index.get_level_values('run')
    parallel = pd.Series([cores if name == BEST else 1 for name in runs], data.index)
    rates = {
        '': parallel * data['count'] / data['seconds'],
        ' after the start': parallel
        * (data['count'] - data['few'])
        / (data['seconds'] - data['start']),
    }
    for suffix, rate in rates.items():
        turns = rate.unstack('run')
        data[f'images/s{suffix}'] = rate
        data[f'of cores x one core{suffix}'] = turns.div(cores * turns[ONE], axis=0).stack()
        data[f'of the best{suffix}'] = turns.div(turns[BEST], axis=0).stack()
    shown = data.drop(columns=['count', 'few', 'start'])
    return shown.groupby('run').median().loc[[ONE, ALL, BEST]].reset_index()


def _seconds(way: str, images: Path, turn: int, augment: bool) -> float:
    """Time of the command, s; the mean of several in parallel."""
    cores = _cores()
    if way == ALL:
        return _wait([_Command(images, cores, augment)])
    if way == BEST:
        return _wait([_Command(images, [core], augment) for core in cores])
    return _wait([_Command(images, [cores[turn % len(cores)]], augment)])


class _Command:
    """The command in a process with CPU affinity, started now."""

    def __init__(self, images: Path, cores: Sequence[int], augment: bool):
        self._begin = time.monotonic()
        options = ['--augment' if augment else '--no-augment', '--jobs', str(len(cores))]
        self._out = tempfile.TemporaryDirectory()
        out = Path(self._out.name) / 'landmarks.npz'
        command = [sys.executable, '-m', 'training', 'landmarks', images, '--out', out, *options]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def wait(self) -> float:
        """Elapsed seconds."""
        _, printed = self._process.communicate()
        seconds = time.monotonic() - self._begin
        self._out.cleanup()
        if self._process.returncode:
            reason = printed.strip().rpartition('\n')[2]
            raise BenchmarkError(f'python -m training landmarks failed: {reason}')
        return seconds


def _wait(commands: list[_Command]) -> float:
    return sum(command.wait() for command in commands) / len(commands)


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def _link(dataset: Path, folder: Path, images: int | None) -> int:
    """Create a folder with the first images of a dataset and their labels; returns the count."""
    count = 0
    for image in islice(sorted(dataset.rglob('*.jpg')), images):
        link = folder / image.relative_to(dataset)
        link.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ('.jpg', '.mat', '.txt'):
            if image.with_suffix(suffix).is_file():
                link.with_suffix(suffix).symlink_to(image.with_suffix(suffix).absolute())
        count += 1
    return count
