# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Contents of the launch files.

Arguments are empty by default and evaluated when the nodes are created, in a scope of their own: a
launch file may include these more than once, and its own arguments and environment are unchanged.
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

# A valid ROS namespace, without leading and trailing slashes.
NAMESPACE = re.compile(r'[A-Za-z_]\w*(/[A-Za-z_]\w*)*', re.ASCII)

Values = dict[str, str]

# Calibration or depth topics given so far in this launch process, to their image topics.
_named: dict[str, str] = {}


def argument(
    name: str, description: str, default: str | None = '', **more: Any
) -> DeclareLaunchArgument:
    """A launch argument; ``None`` as default for a required one."""
    return DeclareLaunchArgument(name, default_value=default, description=description, **more)


switch = partial(argument, default='false', choices=['true', 'false'])


def describe_launch(
    *own: DeclareLaunchArgument, cameras: Callable[[Values], list[str]]
) -> LaunchDescription:
    """Launch description: nodes for each camera, and optionally a web page.

    :param own: arguments in addition to those of both launch files.
    :param cameras: returns the namespace of each camera, given all argument values.
    """
    arguments = [
        *own,
        argument('image', 'Image topic, relative to the namespace of the node.', 'image'),
        argument(
            'camera_info', 'Calibration topic; default: camera_info next to the image topic '
            '(/front/camera_info for /front/image_raw).',
        ),
        argument(
            'depth', 'Topic of depth images registered to the camera, raw or compressedDepth; '
            'enables use_depth.',
        ),
        argument(
            'params_file', 'YAML file with the parameters of headpose_node; default: '
            f'{PARAMETERS} of this package, which you can copy and edit.',
        ),
        switch('use_sim_time', 'Use /clock, as with a simulator or a bag.'),
        switch(
            'large_images', 'Start image publishers with the Fast DDS profile for large images, '
            'unless Fast DDS is configured already or /dev/shm is too small; false leaves Fast '
            'DDS unchanged.', default='true',
        ),
        switch(
            'hri', 'Also publish ROS4HRI (REP-155) on /humans/faces; needs hri_msgs.'
        ),
        switch('view', 'Also serve a web page (view_node); needs NiceGUI.'),
        argument(
            'view_host', 'Address of the web page; with 0.0.0.0 anyone on the network can see the '
            'camera and change the parameters.', '127.0.0.1',
        ),
        argument(
            'view_port', 'Port of the web page; with several cameras that of the first one, the '
            'others use the next ports.', '8080',
        ),
    ]

    def start(context: LaunchContext) -> list[Node]:
        values = {each.name: context.launch_configurations[each.name] for each in arguments}
        return _nodes(values, cameras(values), context)

    return LaunchDescription([GroupAction([*arguments, OpaqueFunction(function=start)])])


def _nodes(values: Values, namespaces: list[str], context: LaunchContext) -> list[Node]:
    # Only if true, as params_file may set it as well.
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
        _require('camera', 'usb_cam', 'or use another camera driver')
        nodes.append(Node(
            package='usb_cam', executable='usb_cam_node_exe', name='usb_cam',
            namespace=namespaces[0],
            parameters=[{'frame_id': 'camera_optical_frame', **use_sim_time}],
            remappings=[('image_raw', image), ('camera_info', info)], **publishing,
        ))
    if hri:
        _require('hri', 'hri_msgs', 'or leave hri out')
    # Each of several cameras has its own list; faces_node merges them.
    lists = [(TRACKED, TRACKED.lstrip('/'))] if hri and 'cameras' in values else []
    if lists:
        nodes.append(Node(
            package='headpose_ros', executable='faces_node', output='screen',
            parameters=[{'cameras': _as_text(','.join(namespaces)), **use_sim_time}],
        ))
    for namespace in namespaces:
        # Each camera numbers its own tracks: both may have an f1.
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
    """The argument ``namespace``, for one camera.

    :raises RuntimeError: not a valid namespace.
    """
    text = values['namespace']
    if text.strip('/') and not NAMESPACE.fullmatch(text.strip('/')):
        raise RuntimeError(
            f'namespace is {text!r}; expected names of letters, digits and _ (no leading digit), '
            'separated by /, such as namespace:=robot'
        )
    return [text]


def cameras_of(values: Values) -> list[str]:
    """Camera names in the argument ``cameras``.

    :raises RuntimeError: not valid as namespaces, or two would have the same track IDs.
    """
    text = values['cameras']
    cameras = [name.strip().strip('/') for name in text.split(',')]
    are_unique = len(set(map(_id_prefix, cameras))) == len(cameras)
    if not all(map(NAMESPACE.fullmatch, cameras)) or not are_unique:
        raise RuntimeError(
            f'cameras is {text!r}; expected unique, comma-separated names of letters, digits and '
            '_ (no leading digit), such as cameras:=front,rear'
        )
    return cameras


def _as_text(value: str) -> ParameterValue:
    # Otherwise launch_ros parses on as a bool and 1_2 as a number.
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
                f'{name} is {topic!r}; expected a topic name ({reason})'
            ) from error
    for name, topic in (('camera_info', named), ('depth', values['depth'])):
        if topic and _named.setdefault(topic, image) != image:
            get_logger('headpose_ros').warning(
                f'{name} is {topic} for both {_named[topic]} and {image}; if it is left over from '
                'another include, set it for each'
            )
    raw = image.removesuffix('/compressed')
    return image, named or f'{raw[:raw.rfind("/") + 1]}camera_info'


def _parameters_file(given: str) -> str:
    path = Path(given).expanduser() if given else find_resource(PARAMETERS)
    if path is None or not path.is_file():
        raise RuntimeError(
            f'params_file is {given!r}, which does not exist; name a file, or leave it out for '
            f'{PARAMETERS} of this package'
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
        raise RuntimeError(f'view_port is {text!r}; expected a port from 1 to 65535')
    return int(text)
