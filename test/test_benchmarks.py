# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The benchmarks measure what they say: one short turn of each kind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from installed import needs
from ros_side import LIMIT

from benchmarks.frames import VGA, forth_and_back, make_frames
from benchmarks.report import plot_crowd, plot_latency
from benchmarks.stream import Tally
from benchmarks.targets import Figure, figures_table

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments, environment=None):
    result = subprocess.run(
        [sys.executable, '-m', 'benchmarks', *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
        timeout=2 * LIMIT,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split('|')[1:-1] for line in result.stdout.splitlines() if line.startswith('|')]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.mark.slow
def test_the_estimator_is_compared_with_the_bare_loop():
    rows = run('estimator', '--turns', 1)
    others = sum('face_landmarker' in what or 'both' in what for what, *_ in rows)
    assert len(rows) == 9 + others and others == 2 * ('HEADPOSE_FACE_LANDMARKER' in os.environ)
    for what, ours, against, result, *_ in rows:
        ours, against, result = (float(re.search(r'-?[\d.]+', cell)[0]) for cell in
                                 (ours, against, result))
        if what.startswith('estimator'):  # frames a second, which are whole
            rounding = 0.5 / ours + 0.5 / against + 0.005
            assert result == pytest.approx(ours / against, rel=rounding)
        elif what.startswith('everything'):  # ms, of two decimals
            assert result == pytest.approx(ours - against, abs=0.02, rel=0.005)
        else:
            assert result == pytest.approx(ours / against, rel=0.01)


@pytest.mark.slow
def test_depth_is_measured():
    rows = dict(run('depth'))
    assert len(rows) == 5 and all(float(ms) >= 0.0 for ms in rows.values())
    assert float(rows['3 faces with depth']) > float(rows['1 face, depth missing'])


@pytest.mark.slow
@needs('hri_msgs', 'vision_msgs')
def test_what_messages_cost(ros):
    rows = run('outputs', '--turns', 1, environment=ros.environment)
    names = [name for name, _ in rows]
    heard = ['none', 'roi', 'landmarks', 'cropped', 'aligned', 'all']
    assert names == ['head_pose/heads and detections', *(f'ROS4HRI: {name}' for name in heard)]
    assert float(rows[1][1]) < float(rows[-1][1])


@pytest.mark.slow
def test_a_stream_is_measured_from_camera_to_subscriber(ros, tmp_path):
    code = '''
from benchmarks.frames import VGA, make_frames
from benchmarks.stream import headpose_command, measure, reference_command
nodes = {'ours': headpose_command('ours'), 'other': reference_command('other')}
for name, tally in measure(nodes, make_frames(VGA)[:10], 30.0, 1).items():
    print('|', name, tally.published, len(tally.latencies), tally.latency(50), tally.cpu_a_frame)
'''
    result = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, env={**os.environ, **ros.environment},
        capture_output=True, text=True, timeout=2 * LIMIT,
    )
    assert result.returncode == 0, result.stderr
    lines = [line.split()[1:] for line in result.stdout.splitlines() if line.startswith('|')]
    assert [name for name, *_ in lines] == ['ours', 'other']
    for _, published, came, latency, cpu in lines:
        assert 0 < int(came) <= int(published)
        assert float(latency) > 0.0 and float(cpu) > 0.0


def test_frames_go_forth_and_back_without_a_jump():
    frames = make_frames(VGA)[:5]
    order = [next(i for i, f in enumerate(frames) if f is each) for each in forth_and_back(frames)]
    assert order == [0, 1, 2, 3, 4, 3, 2, 1]


def test_targets_are_limits_from_above_or_below():
    lower = Figure('rate', '90', '100', 0.9, 0.93, at_least=True)
    upper = Figure('latency', '12 ms', '10 ms', 2.0, 2.0, ' ms')
    assert not lower.is_met
    assert upper.is_met
    table = figures_table([lower, upper])
    assert '| rate | 90 | 100 | 0.9 | ≥ 0.93 | **no** |' in table
    assert '| latency | 12 ms | 10 ms | 2 ms | ≤ 2 ms | yes |' in table


def test_plots_are_drawn(tmp_path):
    cv2 = pytest.importorskip('cv2')
    tally = Tally(100, list(np.random.default_rng(0).uniform(0.005, 0.02, 100)), 0.9, 3.3)
    plot_latency({'built-in head': {'headpose': tally, 'reference': tally}}, tmp_path / 'a.png')
    crowd = {1: [tally], 2: [tally, tally]}
    plot_crowd(crowd, crowd, tmp_path / 'b.png')
    for name in ('a.png', 'b.png'):
        assert cv2.imread(str(tmp_path / name)).std() > 10
