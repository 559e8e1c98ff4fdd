# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The launch files, for real where ROS 2 has launch_ros, and what can be checked where not."""

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
from ament_index_python.packages import get_packages_with_prefixes
from geometry_msgs.msg import PoseWithCovarianceStamped, Vector3Stamped
from installed import installed, needs
from rcl_interfaces.srv import GetParameters
from ros_side import LIMIT
from sensor_msgs.msg import CameraInfo

from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.ros.rclpy_extras.transport import PROFILE_VARIABLES
from headpose_ros.rotation import rotation_from_rpy

ROOT = Path(__file__).resolve().parents[1]
ONE, SEVERAL = 'headpose.launch.py', 'headpose_multi.launch.py'

BOTH = {
    'image': 'image', 'camera_info': '', 'depth': '', 'params_file': '', 'use_sim_time': 'false',
    'large_images': 'true', 'hri': 'false', 'view': 'false', 'view_host': '127.0.0.1',
    'view_port': '8080',
}
DEFAULTS = {
    ONE: {'namespace': '', 'camera': 'false', **BOTH},
    SEVERAL: {'cameras': None, **BOTH},
}

each_file = pytest.mark.parametrize('file', [ONE, SEVERAL])


needs_launch = needs('launch_ros', 'ros2launch', 'colcon')


def test_what_they_name_is_installed():
    setup = (ROOT / 'setup.py').read_text()
    assert "share('launch', '*.launch.py')" in setup
    assert "share('config', '*')" in setup
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
        command = '. install/setup.bash && exec ros2 launch "$@"'
        self._log = (workspace / 'launch.log').open('w')
        self._process = subprocess.Popen(
            ['bash', '-c', command, 'launch', *arguments],
            cwd=workspace, env={**os.environ, **environment}, start_new_session=True,
            stdout=self._log, stderr=subprocess.STDOUT,
        )

    def wait_for(self, text):
        end = time.monotonic() + LIMIT
        while text not in self._output():
            assert self._process.poll() is None and time.monotonic() < end, self._output()
            time.sleep(0.1)

    def processes(self):
        """Ids of the processes by their names, such as ``headpose_node``."""
        started = re.findall(r'\[(\w+)-\d+\]: process started with pid \[(\d+)\]', self._output())
        return {name: int(pid) for name, pid in started}

    def environment(self, name):
        """Environment that a process was started with."""
        words = Path(f'/proc/{self.processes()[name]}/environ').read_text().split('\0')
        return dict(word.partition('=')[::2] for word in words)

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
    """Starts ``ros2 launch`` with arguments and a file, of the package where it is a name."""
    started = []

    def start(file, *arguments, **environment):
        words = [file] if isinstance(file, Path) else ['headpose_ros', file]
        environment = {**ros.environment, **environment}
        started.append(Launch(workspace, environment, *words, *arguments))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


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
@pytest.mark.parametrize('argument, topic', [
    ('depth:=/camera/depth', '/camera/depth'), ('depth:=aligned/image', '/robot/aligned/image'),
    ('', None),
])
def test_depth_is_used_where_its_topic_is_named(ros, launch, argument, topic):
    launch(ONE, 'namespace:=robot', *filter(None, [argument]))
    request = GetParameters.Request(names=['use_depth'])
    response = ros.call(GetParameters, '/robot/headpose_node/get_parameters', request)
    assert response.values[0].bool_value == (topic is not None)
    if topic is not None:
        ros.spin_until(lambda: ros.node.count_subscribers(topic), f'a subscription of {topic}')


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
        request = GetParameters.Request(names=['id_prefix'])
        response = ros.call(GetParameters, f'/{name}/headpose_node/get_parameters', request)
        assert response.values[0].string_value == f'{name}_'
    output = launched.interrupt()
    assert len(set(re.findall(r'process started with pid \[(\d+)\]', output))) == 2
    assert output.count('process has finished cleanly') == 2
    assert 'Traceback' not in output


@needs_launch
@needs('hri_msgs')
def test_several_cameras_have_one_list_of_faces(ros, launch, rendered_head):
    from hri_msgs.msg import IdsList

    launched = launch(SEVERAL, 'cameras:=front,on', 'image:=image_raw', 'hri:=true')
    lists = ros.collect(IdsList, '/humans/faces/tracked')
    images = [ros.image_publisher(f'/{name}/image_raw') for name in ('front', 'on')]
    image = ros.image(rendered_head.render(np.eye(3)), 100.0)

    def send():
        for publisher in images:
            publisher.publish(image)

    ros.spin_until(
        lambda: lists and lists[-1].ids == ['front_f1', 'on_f1'], 'faces of both', each=send
    )
    output = launched.interrupt()
    ros.spin_until(lambda: not lists[-1].ids, 'an empty list')
    assert output.count('process has finished cleanly') == 3
    assert 'Traceback' not in output


@needs_launch
@pytest.mark.skipif(installed('hri_msgs'), reason='hri_msgs is installed here')
def test_hri_without_its_messages_is_told_before_anything_starts(launch):
    output = launch(ONE, 'hri:=true').finish(1)
    assert 'hri is true, but hri_msgs is not installed; install it' in output
    assert 'Traceback' not in output
    assert 'process started' not in output


@needs_launch
@pytest.mark.parametrize('file, cameras', [(ONE, ['']), (SEVERAL, ['front/', 'rear/'])])
def test_pages_are_served_and_end_cleanly(launch, file, cameras):
    port = free_port()
    arguments = ['cameras:=front,rear'] if file == SEVERAL else []
    launched = launch(file, 'view:=true', f'view_port:={port}', *arguments)
    for number, camera in enumerate(cameras, port):
        launched.wait_for(f': http://localhost:{number}')
        with urlopen(f'http://localhost:{number}', timeout=LIMIT) as page:
            assert f'<title>{camera}headpose_node: head pose</title>' in page.read().decode()
    output = launched.interrupt()
    assert output.count('process has finished cleanly') == 2 * len(cameras)
    assert 'Traceback' not in output


@needs_launch
@pytest.mark.parametrize(
    'cameras', ['front,front', 'front,', ',', 'front rear', '2nd', 'a//b', 'a/b,a_b']
)
def test_cameras_that_cannot_be_namespaces_are_told(launch, cameras):
    output = launch(SEVERAL, f'cameras:={cameras}').finish(code=1)
    assert f'cameras is {cameras!r}; expected unique' in output
    assert 'Traceback' not in output
    assert 'process started' not in output


@needs_launch
@each_file
def test_its_arguments_are_shown_with_plain_defaults(launch, file):
    output = launch(file, '--show-args').finish()
    shown = re.findall(r"    '(\w+)':\n        (\S.+)\n(?:        \(default: '(.*)'\))?", output)
    assert {name: default for name, _, default in shown} == {
        name: default or '' for name, default in DEFAULTS[file].items()
    }
    assert ('cameras' in DEFAULTS[file]) == ("'cameras'" in output)


@needs_launch
@pytest.mark.parametrize('argument, told', [
    ("image:=it's", 'image is "it\'s"; expected a topic name'),
    ('camera_info:=a b', "camera_info is 'a b'; expected a topic name"),
    ('depth:=a b', "depth is 'a b'; expected a topic name"),
    ('namespace:=2nd', "namespace is '2nd'; expected names of letters, digits and _"),
    ('params_file:=none.yaml', "params_file is 'none.yaml', which does not exist"),
    ('view_port:=http', "view_port is 'http'; expected a port"),
    ('view:=yes', 'Argument "view" provided value "yes" is not valid'),
])
def test_what_cannot_be_is_told_before_anything_starts(launch, argument, told):
    output = launch(ONE, argument, *['view:=true'] * argument.startswith('view_port')).finish(1)
    assert told in output
    assert 'Traceback' not in output
    assert 'process started' not in output


@pytest.fixture
def usb_cam(tmp_path):
    """Environment with a stand-in for usb_cam, which says how it was started."""
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/usb_cam').touch()
    script = tmp_path / 'lib/usb_cam/usb_cam_node_exe'
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\necho started with "$@"\nexec sleep 1000\n')
    script.chmod(0o755)
    prefixes = f'{tmp_path}{os.pathsep}{os.environ.get("AMENT_PREFIX_PATH", "")}'
    return {'AMENT_PREFIX_PATH': prefixes}


@needs_launch
def test_a_camera_that_is_not_installed_is_told_before_anything_starts(launch):
    if 'usb_cam' in get_packages_with_prefixes():
        pytest.skip('usb_cam is installed here')
    output = launch(ONE, 'camera:=true').finish(1)
    assert 'camera is true, but usb_cam is not installed; install it' in output
    assert 'Traceback' not in output
    assert 'process started' not in output


@needs_launch
@pytest.mark.parametrize('argument, variables, are_set', [
    ('large_images:=true', {}, True),
    ('large_images:=false', {}, False),
    ('large_images:=true', {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}, False),
])
def test_only_what_publishes_images_has_the_profile(launch, usb_cam, argument, variables, are_set):
    arguments = ['camera:=true', 'namespace:=robot', 'view:=true', f'view_port:={free_port()}']
    launched = launch(ONE, *arguments, argument, **usb_cam, **variables)
    launched.wait_for('web page of')
    launched.wait_for('started with')
    launched.wait_for('images from /robot/image, ')
    with_profile = {
        name for name in launched.processes()
        if set(PROFILE_VARIABLES) & set(launched.environment(name))
    }
    assert with_profile == ({'usb_cam_node_exe', 'headpose_node'} if are_set else set())
    output = launched.interrupt()
    for rule in 'image_raw:=image', 'camera_info:=camera_info', '__ns:=/robot':
        assert f'-r {rule}' in output
    assert 'Traceback' not in output


# Includes each camera, says what is left over, and starts a process of its own.
PARENT = '''
from launch import LaunchDescription
from launch.actions import ExecuteProcess, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

PATH = [FindPackageShare('headpose_ros'), 'launch', 'headpose.launch.py']


def tell(context):
    print('left over:', *sorted(context.launch_configurations), flush=True)


def generate_launch_description():
    file = PythonLaunchDescriptionSource(PathJoinSubstitution(PATH))
    return LaunchDescription([
        *(IncludeLaunchDescription(file, launch_arguments=each.items()) for each in {cameras}),
        OpaqueFunction(function=tell),
        ExecuteProcess(cmd=['env'], output='screen'),
    ])
'''


@pytest.fixture
def including(launch, tmp_path):
    """Starts a launch file that includes the one of the package once for each camera."""

    def start(*cameras):
        path = tmp_path / 'parent.launch.py'
        path.write_text(PARENT.replace('{cameras}', repr(cameras)))
        return launch(path)

    return start


@needs_launch
def test_it_can_be_included_for_each_camera(ros, including):
    names = ['front', 'rear']
    launched = including(*({'namespace': n, 'image': f'/{n}/image_raw'} for n in names))

    def listening(topic):
        return {info.node_namespace for info in ros.node.get_subscriptions_info_by_topic(topic)}

    for name in names:
        for topic in f'/{name}/image_raw', f'/{name}/camera_info':
            ros.spin_until(lambda t=topic, n=name: listening(t) == {f'/{n}'}, topic)
    launched.wait_for('[env-3]: process has finished cleanly')
    output = launched.interrupt()
    assert 'left over: image namespace\n' in output
    assert not any(variable in output for variable in PROFILE_VARIABLES)
    assert 'left over from another include' not in output
    assert output.count('process has finished cleanly') == 3


@needs_launch
def test_a_camera_info_that_is_left_over_is_told(including):
    front = {'namespace': 'front', 'image': '/front/image_raw', 'camera_info': '/front/info'}
    launched = including(front, {'namespace': 'rear', 'image': '/rear/image_raw'})
    launched.wait_for(
        'camera_info is /front/info for both /front/image_raw and /rear/image_raw; if it is left '
        'over from another include, set it for each'
    )


@needs_launch
def test_a_file_about_another_node_is_told(launch, tmp_path):
    file = tmp_path / 'own.yaml'
    file.write_text('headpose_node:\n  ros__parameters:\n    max_faces: 2\n')
    launched = launch(ONE, 'namespace:=robot', f'params_file:={file}')
    launched.wait_for(
        f'{file} has parameters for /headpose_node but none for /robot/headpose_node'
    )


@needs_launch
def test_simulated_time_may_be_in_the_file(ros, launch, tmp_path):
    file = tmp_path / 'own.yaml'
    file.write_text('/**:\n  ros__parameters:\n    use_sim_time: true\n')
    launch(ONE, f'params_file:={file}')
    request = GetParameters.Request(names=['use_sim_time'])
    response = ros.call(GetParameters, '/headpose_node/get_parameters', request)
    assert response.values[0].bool_value
