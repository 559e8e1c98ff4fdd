# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The launch files, for real where ROS 2 has launch_ros, and what can be checked where not."""

import ast
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped, Vector3Stamped
from rcl_interfaces.srv import GetParameters
from ros_side import LIMIT
from sensor_msgs.msg import CameraInfo

from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.rotation import rotation_from_rpy

ROOT = Path(__file__).resolve().parents[1]
ONE, SEVERAL = 'headpose.launch.py', 'headpose_multi.launch.py'

VIEW = {'view', 'view_host', 'view_port'}
ARGUMENTS = {
    ONE: {'image', 'camera_info', 'params_file', 'namespace', 'use_sim_time', 'camera', *VIEW},
    SEVERAL: {'cameras', 'image', 'camera_info', 'params_file', 'use_sim_time', *VIEW},
}

each_file = pytest.mark.parametrize('file', [ONE, SEVERAL])


def installed(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


needs_launch = pytest.mark.skipif(
    not installed('launch_ros', 'ros2launch', 'colcon'),
    reason='launch_ros, ros2launch and colcon are not installed here: source a ROS 2 to have them',
)


def calls(file, name):
    """Arguments of each call of a function in a launch file, those that are constant."""
    for node in ast.walk(ast.parse((ROOT / 'launch' / file).read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', None) == name:
            constant = {
                k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)
            }
            yield [a.value for a in node.args if isinstance(a, ast.Constant)], constant


@each_file
def test_it_names_executables_that_the_package_has(file):
    entry_points = re.findall(r'(\w+) = \{NAME\}', (ROOT / 'setup.py').read_text())
    own = [k['executable'] for _, k in calls(file, 'Node') if k['package'] == 'headpose_ros']
    assert own == ['headpose_node', 'view_node']
    assert set(own) <= set(entry_points)


@each_file
def test_every_argument_is_described_and_every_one_that_is_used_is_declared(file):
    declared = {args[0]: keywords for args, keywords in calls(file, 'DeclareLaunchArgument')}
    assert set(declared) == ARGUMENTS[file]
    assert all(keywords['description'] for keywords in declared.values())
    assert {args[0] for args, _ in calls(file, 'LaunchConfiguration')} == set(declared)


def test_what_they_name_is_installed():
    setup = (ROOT / 'setup.py').read_text()
    assert "share('launch', '*.launch.py')" in setup
    assert "share('config')" in setup
    assert (ROOT / 'config' / 'headpose.yaml').is_file()


@pytest.fixture(scope='module')
def workspace(tmp_path_factory):
    """A colcon workspace with the package built in it."""
    folder = tmp_path_factory.mktemp('workspace')
    result = subprocess.run(
        [sys.executable, '-m', 'colcon', 'build', '--base-paths', ROOT],
        cwd=folder, capture_output=True, text=True,
    )
    assert result.returncode == 0, result.stderr
    return folder


class Launch:
    """``ros2 launch`` of the package in a process group of its own, as in a terminal."""

    def __init__(self, workspace, environment, file, *arguments):
        command = '. install/setup.bash && exec ros2 launch headpose_ros "$@"'
        self._log = (workspace / 'launch.log').open('w')
        self._process = subprocess.Popen(
            ['bash', '-c', command, 'launch', file, *arguments],
            cwd=workspace, env={**os.environ, **environment}, start_new_session=True,
            stdout=self._log, stderr=subprocess.STDOUT,
        )

    def wait_for(self, text):
        end = time.monotonic() + LIMIT
        while text not in self._output():
            assert self._process.poll() is None and time.monotonic() < end, self._output()
            time.sleep(0.1)

    def interrupt(self):
        """Ctrl-C, which a terminal sends to the whole group; the output."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self.finish()

    def finish(self, code=0):
        """Wait for the end, with that exit code; the output."""
        ended_with = self._process.wait(LIMIT)
        output = self._output()
        assert ended_with == code, output
        return output

    def _output(self):
        return Path(self._log.name).read_text()

    def kill(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._log.close()


@pytest.fixture
def launch(ros, workspace):
    """Starts ``ros2 launch`` with a file of the package and arguments."""
    started = []

    def start(file, *arguments):
        started.append(Launch(workspace, ros.environment, file, *arguments))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@needs_launch
def test_launched_node_gives_poses_and_ends_cleanly(ros, launch, rendered_head, tmp_path):
    parameters = tmp_path / 'own.yaml'
    parameters.write_text('/**:\n  ros__parameters:\n    max_faces: 2\n')
    launched = launch(
        ONE, 'namespace:=robot', 'image:=/front/image_raw', f'params_file:={parameters}'
    )
    images = ros.image_publisher('/front/image_raw')
    # Beside the images, where it is by default.
    infos = ros.image_publisher('/front/camera_info', kind=CameraInfo)
    angles = ros.collect(Vector3Stamped, '/robot/head_pose')
    poses = ros.collect(PoseWithCovarianceStamped, '/robot/head_pose/pose')
    bgr = rendered_head.render(np.eye(3))

    def send():
        message = ros.image(bgr)
        size = (message.width, message.height)
        infos.publish(camera_info_message(message.header, *size, rendered_head.camera_matrix))
        images.publish(message)

    ros.spin_until(lambda: angles and poses, 'a pose', each=send)
    request = GetParameters.Request(names=['max_faces'])
    response = ros.call(GetParameters, '/robot/headpose_node/get_parameters', request)
    assert response.values[0].integer_value == 2
    output = launched.interrupt()
    assert 'process has finished cleanly' in output
    assert 'Traceback' not in output


@needs_launch
def test_several_cameras_have_a_node_each(ros, launch, rendered_head):
    launched = launch(SEVERAL, 'cameras:=front,rear', 'image:=image_raw')
    degrees = {'front': 30.0, 'rear': -30.0}  # of yaw
    poses = {name: ros.collect(Vector3Stamped, f'/{name}/head_pose') for name in degrees}
    images = {name: ros.image_publisher(f'/{name}/image_raw') for name in degrees}
    pictures = {
        name: rendered_head.render(rotation_from_rpy([0.0, 0.0, np.radians(yaw)]))
        for name, yaw in degrees.items()
    }

    def send():
        for name, publisher in images.items():
            publisher.publish(ros.image(pictures[name], frame_id=f'{name}_camera'))

    ros.spin_until(
        lambda: min(map(len, poses.values())) >= 5, 'poses from both', each=send, period=0.1
    )
    for name, yaw in degrees.items():
        assert {pose.header.frame_id for pose in poses[name]} == {f'{name}_camera'}
        assert np.degrees(poses[name][-1].vector.z) == pytest.approx(yaw, abs=12.0)
        request = GetParameters.Request(names=['tf_prefix'])
        response = ros.call(GetParameters, f'/{name}/headpose_node/get_parameters', request)
        assert response.values[0].string_value == f'{name}_'
    output = launched.interrupt()
    assert len(set(re.findall(r'process started with pid \[(\d+)\]', output))) == 2
    assert output.count('process has finished cleanly') == 2
    assert 'Traceback' not in output


@needs_launch
@pytest.mark.parametrize('file, cameras', [(ONE, ['']), (SEVERAL, ['front/', 'rear/'])])
def test_pages_are_served_and_end_cleanly(launch, file, cameras):
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    arguments = ['cameras:=front,rear'] if file == SEVERAL else []
    launched = launch(file, 'view:=true', f'view_port:={port}', *arguments)
    for number, camera in enumerate(cameras, port):
        launched.wait_for(f'is shown on http://localhost:{number}')
        with urlopen(f'http://localhost:{number}', timeout=LIMIT) as page:
            assert f'<title>{camera}headpose_node: head pose</title>' in page.read().decode()
    output = launched.interrupt()
    assert output.count('process has finished cleanly') == 2 * len(cameras)
    assert 'Traceback' not in output


@needs_launch
@pytest.mark.parametrize('cameras', ['front,front', 'front,', ',', 'front rear', '2nd', 'a//b'])
def test_cameras_that_cannot_be_namespaces_are_told(launch, cameras):
    output = launch(SEVERAL, f'cameras:={cameras}').finish(code=1)
    assert f'cameras is {cameras!r}; want different names' in output
    assert 'Traceback' not in output
    assert 'process started' not in output


@needs_launch
@each_file
def test_its_arguments_are_shown(launch, file):
    output = launch(file, '--show-args').finish()
    assert set(re.findall(r"'(\w+)':\n", output)) == ARGUMENTS[file]
