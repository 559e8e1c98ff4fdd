# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The demo, as ``make demo`` runs it."""

import os
import re
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from functools import partial

import cv2
import pytest
from ros_domain import Domain

pytestmark = pytest.mark.slow


@pytest.fixture
def run():
    """Runs the demo with arguments, in a domain of its own."""
    domain = Domain()
    yield partial(run_demo, domain)
    domain.close()


def run_demo(domain, *arguments):
    environment = {
        **os.environ, 'ROS_DOMAIN_ID': str(domain.number),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    }
    return subprocess.run(
        [sys.executable, '-m', 'headpose_ros.ros.demo', *map(str, arguments)],
        env=environment, capture_output=True, text=True, timeout=180,
    )


def test_it_shows_poses_and_leaves_a_video(run, tmp_path):
    out = tmp_path / 'demo.mp4'
    result = run('--seconds', 5, '--out', out)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r'roll +[+-][\d.]+°  pitch +[+-][\d.]+°  yaw +[+-][\d.]+°', result.stdout)
    frames, poses = (
        int(re.search(rf'{name} +(\d+)', result.stdout)[1]) for name in ('frames in', 'poses out')
    )
    rate = float(re.search(r'rate +([\d.]+) poses/s', result.stdout)[1])
    assert frames > 0
    assert 0.0 < rate <= poses / 5 + 0.05  # as it is rounded
    assert re.search(r'latency +p50 [\d.]+ ms, p95 [\d.]+ ms', result.stdout)
    assert str(out) in result.stdout
    video = cv2.VideoCapture(str(out))
    images = 0
    while video.read()[0]:
        images += 1
    assert images == video.get(cv2.CAP_PROP_FRAME_COUNT) > 1


def test_a_source_that_is_not_there_is_told(run):
    result = run('--source', 'nowhere.mp4', '--seconds', 1)
    assert result.returncode == 1
    assert 'nowhere.mp4: no such source' in result.stdout + result.stderr
    assert 'Traceback' not in result.stdout + result.stderr


def test_with_view_it_starts_the_page(run, tmp_path):
    with ExitStack() as stack:
        with suppress(OSError):  # taken already, which is as well
            stack.enter_context(socket.create_server(('127.0.0.1', 8080)))
        result = run('--view', '--out', tmp_path / 'demo.mp4')
    assert result.returncode == 1
    assert 'web page: http://localhost:8080' in result.stdout
    assert 'cannot listen on 127.0.0.1, port 8080' in result.stderr
    assert 'view_node exited with code 1' in result.stderr
