# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Starting a node: parameters that it does not have, files about another, an early Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rcl_interfaces.srv import GetParameters
from ros_side import LIMIT

NODES = ('headpose_node', 'camera_node', 'view_node', 'faces_node')


@pytest.mark.parametrize('node, given, told', [
    ('headpose_node', 'max_sdt:=30.0', "unknown parameter 'max_sdt'; did you mean 'max_std'?"),
    ('camera_node', 'sourcce:=sample', "unknown parameter 'sourcce'; did you mean 'source'?"),
    ('view_node', 'xyz:=1', "unknown parameter 'xyz'; known: "),
])
def test_a_parameter_that_is_not_there_is_named(ros, node, given, told):
    process = ros.start(node, '--ros-args', '-p', given)
    process.wait_for(told)
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0


def test_what_ros_itself_takes_is_not_named(ros):
    given = ['use_sim_time:=false', 'qos_overrides./parameter_events.publisher.depth:=5']
    options = [word for each in given for word in ('-p', each)]
    process = ros.start('headpose_node', '--ros-args', *options)
    process.wait_for('images from')
    assert 'unknown parameter' not in process.output


@pytest.mark.parametrize('key, is_used', [
    ('headpose_node', False),
    ('/robot/headpose_nod', False),
    ('/robot/headpose_node', True),
    ('robot/headpose_node', True),
    ('/robot/*', True),
    ('/**', True),
    ('/**/headpose_node', True),
])
def test_a_file_about_another_node_is_named(ros, tmp_path, key, is_used):
    file = tmp_path / 'parameters.yaml'
    file.write_text(f'{key}:\n  ros__parameters:\n    max_faces: 3\n')
    process = ros.start(
        'headpose_node', '--ros-args', '-r', '__ns:=/robot', '--params-file', str(file)
    )
    process.wait_for('images from')
    told = f'{file} has parameters for /{key.lstrip("/")} but none for /robot/headpose_node'
    assert (told in process.output) != is_used
    request = GetParameters.Request(names=['max_faces'])
    response = ros.call(GetParameters, '/robot/headpose_node/get_parameters', request)
    assert response.values[0].integer_value == (3 if is_used else 5)


def test_a_missing_file_ends_the_start(ros, tmp_path):
    missing = str(tmp_path / 'none.yaml')
    process = ros.start('headpose_node', '--ros-args', '--params-file', missing)
    assert process.exit_code() == 1
    assert 'cannot start' in process.output and 'none.yaml' in process.output
    assert 'Traceback' not in process.output


@pytest.mark.parametrize('node, module', [
    ('headpose_node', 'rclpy'),
    ('headpose_node', 'numpy'),
    ('headpose_node', 'cv2'),
    ('headpose_node', 'headpose_ros.ros.parameters'),
    ('headpose_node', 'headpose_ros.ros.pipeline'),
    ('camera_node', 'sensor_msgs.msg'),
    ('camera_node', 'headpose_ros.ros.rclpy_extras.run'),
    ('view_node', 'rclpy.node'),
])
def test_a_ctrl_c_while_it_is_imported_is_quiet(ros, node, module):
    # With this option Python says when it has imported a module.
    process = subprocess.Popen(
        [sys.executable, '-X', 'importtime', '-m', 'headpose_ros.ros', node],
        env={**os.environ, **ros.environment}, stderr=subprocess.PIPE, text=True,
    )
    limit = threading.Timer(LIMIT, process.kill)
    limit.start()
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith('import time:') and line.split('|')[-1].strip() == module:
            process.send_signal(signal.SIGINT)
    limit.cancel()
    assert process.wait(LIMIT) == 0
    assert any(line.rstrip().endswith(f' {module}') for line in lines)
    told = [line for line in lines if not line.startswith('import time:')]
    assert not any('Traceback' in line or 'KeyboardInterrupt' in line for line in told), told


def test_a_ctrl_c_while_mediapipe_is_imported_is_quiet(ros):
    process = ros.start('headpose_node')
    maps = Path(f'/proc/{process.pid}/maps')
    end = time.monotonic() + LIMIT
    while 'mediapipe' not in maps.read_text():
        assert time.monotonic() < end, process.output
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0
    assert 'Traceback' not in process.output


def test_a_node_that_is_none_is_refused():
    command = [sys.executable, '-m', 'headpose_ros.ros', 'headpose']
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith(f'usage: python -m headpose_ros.ros {{{",".join(NODES)}}}')
