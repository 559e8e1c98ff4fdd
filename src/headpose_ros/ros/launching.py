# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the launch files start.

Arguments are empty by default and worked out when the nodes are made, in a scope of their own: a
launch file may include these ones more than once, and its own arguments and environment stay.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, OpaqueFunction
from launch.logging import get_logger
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_topic_name import validate_topic_name

from headpose_ros.assets.paths import find_resource
from headpose_ros.ros.rclpy_extras.transport import SWITCH, large_image_environment

PARAMETERS = 'config/headpose.yaml'

TRACKED = '/humans/faces/tracked'  # as in ros.output.hri

# What ROS takes for a namespace, without a slash at its ends.
NAMESPACE = re.compile(r'[A-Za-z_]\w*(/[A-Za-z_]\w*)*', re.ASCII)

Values = dict[str, str]

# Topic of each calibration or depth that was named, to the images it is for, in this launch
# process.
_named: dict[str, str] = {}


def argument(
    name: str, description: str, default: str | None = '', **more: Any
) -> DeclareLaunchArgument:
    """An argument of a launch file; ``None`` for one that must be given."""
    return DeclareLaunchArgument(name, default_value=default, description=description, **more)


switch = partial(argument, default='false', choices=['true', 'false'])


def describe_launch(
    *own: DeclareLaunchArgument, cameras: Callable[[Values], list[str]]
) -> LaunchDescription:
    """The description of a launch file: nodes for each camera, with a page if wanted.

    :param own: arguments beside those that both launch files have.
    :param cameras: the namespace of each camera, from the values of all arguments.
    """
    arguments = [
        *own,
        argument('image', 'Topic of the camera images, in the namespace of the node.', 'image'),
        argument(
            'camera_info', 'Topic of the calibration of the camera; when empty camera_info beside '
            'the images: /front/camera_info for /front/image_raw.',
        ),
        argument(
            'depth', 'Topic of depth that is registered to the images, raw or compressedDepth, to '
            'measure distances with; when empty the parameter use_depth counts.',
        ),
        argument(
            'params_file', 'YAML file with the parameters of headpose_node; when empty '
            f'{PARAMETERS} of the package, of which a changed copy is a good start.',
        ),
        switch('use_sim_time', 'Take the time from /clock, as with a simulator or a bag.'),
        switch(
            'large_images', 'Start what publishes images with the Fast DDS profile for large '
            'ones, unless Fast DDS is configured already or /dev/shm is too small; false leaves '
            'Fast DDS as it is.', default='true',
        ),
        switch(
            'hri', 'Publish everybody as ROS4HRI (REP-155) has it too, on /humans/faces; needs '
            'hri_msgs.'
        ),
        switch('view', 'Show it on a web page too, which needs NiceGUI.'),
        argument(
            'view_host', 'Address that the page is served on; with 0.0.0.0 anyone on the network '
            'can see the camera and change the parameters.', '127.0.0.1',
        ),
        argument(
            'view_port', 'Port of the page; with several cameras of the first one, the others '
            'have those after it.', '8080',
        ),
    ]

    def start(context: LaunchContext) -> list[Node]:
        values = {each.name: context.launch_configurations[each.name] for each in arguments}
        return _nodes(values, cameras(values), context)

    return LaunchDescription([GroupAction([*arguments, OpaqueFunction(function=start)])])


def _nodes(values: Values, namespaces: list[str], context: LaunchContext) -> list[Node]:
    # Only where it is true: params_file may say so as well.
    use_sim_time = {'use_sim_time': True} if values['use_sim_time'] == 'true' else {}
    hri = {'publish_hri': True} if values['hri'] == 'true' else {}
    image, info = _topics(values)
    depth = values['depth']
    use_depth = {'use_depth': True} if depth else {}
    is_off = values['large_images'] == 'false'
    environment = {SWITCH: '0'} if is_off else large_image_environment(context.environment)
    publishing = {'additional_env': environment, 'output': 'screen'}
    parameters = _parameters_file(values['params_file'])
    nodes = []
    if values.get('camera') == 'true':
        _require('camera', 'usb_cam', 'or start another camera driver')
        nodes.append(Node(
            package='usb_cam', executable='usb_cam_node_exe', name='usb_cam',
            namespace=namespaces[0],
            parameters=[{'frame_id': 'camera_optical_frame', **use_sim_time}],
            remappings=[('image_raw', image), ('camera_info', info)], **publishing,
        ))
    if hri:
        _require('hri', 'hri_msgs', 'or leave hri out')
    # Of several cameras each has a list of its own, of which faces_node makes one.
    lists = [(TRACKED, TRACKED.lstrip('/'))] if hri and 'cameras' in values else []
    if lists:
        nodes.append(Node(
            package='headpose_ros', executable='faces_node', output='screen',
            parameters=[{'cameras': _as_text(','.join(namespaces)), **use_sim_time}],
        ))
    for namespace in namespaces:
        # Each camera counts its people for itself: both may have an f1.
        prefix = {'id_prefix': _as_text(_id_prefix(namespace))} if 'cameras' in values else {}
        nodes.append(Node(
            package='headpose_ros', executable='headpose_node', namespace=namespace,
            parameters=[parameters, {**use_sim_time, **prefix, **use_depth, **hri}],
            remappings=[
                ('image', image), ('camera_info', info), *lists,
                *([('depth', depth)] if depth else []),
            ],
            **publishing,
        ))
    if values['view'] == 'true':
        nodes += [
            Node(
                package='headpose_ros', executable='view_node', namespace=namespace,
                parameters=[{'host': values['view_host'], 'port': port}], output='screen',
            )
            for port, namespace in enumerate(namespaces, _port(values['view_port']))
        ]
    return nodes


def namespace_of(values: Values) -> list[str]:
    """The argument ``namespace``, as that of one camera.

    :raises RuntimeError: it cannot be a namespace.
    """
    text = values['namespace']
    if text.strip('/') and not NAMESPACE.fullmatch(text.strip('/')):
        raise RuntimeError(
            f'namespace is {text!r}; want names of letters, digits and _ (no digit first), with / '
            'between, such as namespace:=robot'
        )
    return [text]


def cameras_of(values: Values) -> list[str]:
    """Names of the cameras in the argument ``cameras``.

    :raises RuntimeError: they cannot be namespaces, or the track IDs of two would be the same.
    """
    text = values['cameras']
    cameras = [name.strip().strip('/') for name in text.split(',')]
    is_each_another = len(set(map(_id_prefix, cameras))) == len(cameras)
    if not all(map(NAMESPACE.fullmatch, cameras)) or not is_each_another:
        raise RuntimeError(
            f'cameras is {text!r}; want different names of letters, digits and _ (no digit '
            'first), with commas between, such as cameras:=front,rear'
        )
    return cameras


def _as_text(value: str) -> ParameterValue:
    # Otherwise launch_ros takes on for a bool and 1_2 for a number.
    return ParameterValue(value, value_type=str)


def _id_prefix(camera: str) -> str:
    return f'{camera.replace("/", "_")}_'


def _topics(values: Values) -> tuple[str, str]:
    """Topics of images and calibration."""
    image, named = values['image'], values['camera_info']
    for name, topic in (('image', image), ('camera_info', named), ('depth', values['depth'])):
        try:
            if topic or name == 'image':
                validate_topic_name(topic)
        except InvalidTopicNameException as error:
            reason = str(error).partition('\n')[0].rstrip(':')
            raise RuntimeError(
                f'{name} is {topic!r}; want the name of a topic ({reason})'
            ) from error
    for name, topic in (('camera_info', named), ('depth', values['depth'])):
        if topic and _named.setdefault(topic, image) != image:
            get_logger('headpose_ros').warning(
                f'{name} is {topic} for the images on {image} as it was for those on '
                f'{_named[topic]}; if it is left over from another include, give each its own'
            )
    raw = image.removesuffix('/compressed')
    return image, named or f'{raw[:raw.rfind("/") + 1]}camera_info'


def _parameters_file(given: str) -> str:
    path = Path(given).expanduser() if given else find_resource(PARAMETERS)
    if path is None or not path.is_file():
        raise RuntimeError(
            f'params_file is {given!r}, and there is no such file; name one, or leave it out for '
            f'{PARAMETERS} of the package'
        )
    return str(path)


def _require(argument: str, package: str, otherwise: str) -> None:
    try:
        get_package_prefix(package)
    except PackageNotFoundError as error:
        raise RuntimeError(
            f'{argument} is true, but {package} is not installed; install it (on Ubuntu: '
            f'ros-$ROS_DISTRO-{package.replace("_", "-")}), {otherwise}'
        ) from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise RuntimeError(f'view_port is {text!r}; want a port from 1 to 65535')
    return int(text)
