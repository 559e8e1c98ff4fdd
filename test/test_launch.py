"""The launch file, for real where ROS 2 has launch_ros, and what can be checked where not."""

import ast
import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import Vector3Stamped
from ros_side import LIMIT

ROOT = Path(__file__).resolve().parents[1]
LAUNCH_FILE = ROOT / 'launch' / 'headpose.launch.py'


def installed(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


needs_launch = pytest.mark.skipif(
    not installed('launch_ros', 'ros2launch', 'colcon'),
    reason='launch_ros, ros2launch and colcon are not installed here: source a ROS 2 to have them',
)


def calls(name):
    """Keyword arguments of each call of a function in the launch file, those that are constant."""
    for node in ast.walk(ast.parse(LAUNCH_FILE.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', None) == name:
            constant = {
                k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)
            }
            yield [a.value for a in node.args if isinstance(a, ast.Constant)], constant


def test_it_names_executables_that_the_package_has():
    entry_points = re.findall(r'(\w+) = \{NAME\}', (ROOT / 'setup.py').read_text())
    own = [k['executable'] for _, k in calls('Node') if k['package'] == 'headpose_ros']
    assert own == ['headpose_node']
    assert set(own) <= set(entry_points)


def test_every_argument_is_described_and_declared_before_it_is_used():
    declared = {args[0]: keywords for args, keywords in calls('DeclareLaunchArgument')}
    assert set(declared) == {'image', 'params_file', 'namespace', 'use_sim_time', 'camera'}
    assert all(keywords['description'] for keywords in declared.values())
    assert {args[0] for args, _ in calls('LaunchConfiguration')} == set(declared)


def test_what_it_names_is_installed():
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

    def __init__(self, workspace, environment, *arguments):
        command = '. install/setup.bash && exec ros2 launch headpose_ros headpose.launch.py "$@"'
        self._log = (workspace / 'launch.log').open('w+')
        self._process = subprocess.Popen(
            ['bash', '-c', command, 'launch', *arguments],
            cwd=workspace, env={**os.environ, **environment}, start_new_session=True,
            stdout=self._log, stderr=subprocess.STDOUT,
        )

    def interrupt(self):
        """Ctrl-C, which a terminal sends to the whole group; the output."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self.finish()

    def finish(self):
        """Wait for a good end; the output."""
        code = self._process.wait(LIMIT)
        self._log.seek(0)
        output = self._log.read()
        assert code == 0, output
        return output

    def kill(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._log.close()


@needs_launch
def test_launched_node_gives_poses_and_ends_cleanly(ros, workspace, rendered_head, tmp_path):
    parameters = tmp_path / 'own.yaml'
    parameters.write_text('/**:\n  ros__parameters:\n    max_faces: 2\n')
    launch = Launch(
        workspace, ros.environment, 'namespace:=robot', 'image:=/front/image_raw',
        f'params_file:={parameters}',
    )
    try:
        publisher = ros.image_publisher('/front/image_raw')
        poses = ros.collect(Vector3Stamped, '/robot/head_pose')
        bgr = rendered_head.render(np.eye(3))
        ros.spin_until(
            lambda: poses, 'a pose', each=lambda: publisher.publish(ros.image(bgr))
        )
        output = launch.interrupt()
    finally:
        launch.kill()
    assert 'process has finished cleanly' in output
    assert 'Traceback' not in output


@needs_launch
def test_its_arguments_are_shown(ros, workspace):
    launch = Launch(workspace, ros.environment, '--show-args')
    try:
        output = launch.finish()
    finally:
        launch.kill()
    for name in ('image', 'params_file', 'namespace', 'use_sim_time', 'camera'):
        assert f"'{name}':" in output
