# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The soak command, and what it says of memory that grows."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from ros_side import LIMIT

from benchmarks.soak import Sample, complaint, growth

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


def test_a_short_soak_leaves_a_table_and_a_plot(ros, tmp_path):
    result = subprocess.run(
        [sys.executable, '-m', 'benchmarks', 'soak', '--minutes', '0.1', '--out', str(tmp_path)],
        cwd=ROOT, env={**os.environ, **ros.environment}, capture_output=True, text=True,
        timeout=180,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r'rate +[\d.]+ poses/s', result.stdout)
    assert 'too short to measure memory growth' in result.stdout
    with (tmp_path / 'soak.csv').open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 6
    assert all(100 < row['memory'] < 2000 and row['rate'] > 5 for row in rows[1:])
    assert all(0 < row['latency_p50'] <= row['latency_p95'] for row in rows[1:])
    assert cv2.imread(str(tmp_path / 'soak.png')).std() > 10


def made_up(memory):
    return [Sample(float(i), m, 30.0, 8.0, 9.0, 30.0) for i, m in enumerate(memory)]


def test_growth_counts_from_the_first_minute_on():
    noise = np.random.default_rng(0).normal(0, 0.5, 600)  # MB, several times what is seen
    settling = np.minimum(np.arange(600), 60)  # 1 MB a second, for a minute
    assert growth(made_up(300 + settling + noise)) == pytest.approx(0, abs=1)
    leaking = settling + np.maximum(np.arange(600) - 60, 0) / 54  # 10 MB in the nine minutes
    assert growth(made_up(300 + leaking)) == pytest.approx(10, abs=0.2)
    assert growth(made_up(np.full(62, 300.0))) is None


def test_growth_of_5_mb_is_too_much():
    leak = np.maximum(np.arange(600) - 60, 0) / 540
    assert complaint(made_up(300 + 4.9 * leak)) == ''
    assert 'memory grew by 5.' in complaint(made_up(300 + 5.2 * leak))


def test_a_node_that_dies_is_told_and_what_was_measured_is_kept(ros, tmp_path):
    soak = subprocess.Popen(
        [sys.executable, '-m', 'benchmarks', 'soak', '--minutes', '5', '--out', str(tmp_path)],
        cwd=ROOT, env={**os.environ, **ros.environment}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    try:
        ros.spin_until(
            lambda: (tmp_path / 'soak.csv').exists()
            and len((tmp_path / 'soak.csv').read_text().splitlines()) > 3,
            'some samples',
        )
        (node,) = (
            child for child in psutil.Process(soak.pid).children()
            if 'headpose_node' in child.cmdline()
        )
        node.kill()
        output, _ = soak.communicate(timeout=LIMIT)
    finally:
        soak.terminate()
        soak.wait(LIMIT)
    assert soak.returncode == 1
    assert 'headpose_node exited with code -9' in output
    assert re.search(r'rate +[\d.]+ poses/s', output)
    assert (tmp_path / 'soak.png').exists()
    assert 'Traceback' not in output
