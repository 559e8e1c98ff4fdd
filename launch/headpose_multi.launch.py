# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start headpose_node for several cameras, each in a namespace and a process of its own."""

import re

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, PythonExpression
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from headpose_ros.ros.rclpy_extras.transport import use_large_image_profile

# What ROS takes for a namespace, without a slash at its ends.
NAMESPACE = re.compile(r'[A-Za-z_]\w*(/[A-Za-z_]\w*)*', re.ASCII)


def generate_launch_description():
    """Describe the arguments, and the nodes that follow from them."""
    use_large_image_profile()
    share = get_package_share_directory('headpose_ros')
    image = LaunchConfiguration('image')
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'cameras',
                description='Names of the cameras with commas between, such as front,rear. Each '
                'is the namespace of its topics and of its node (/front/image, /front/head_pose), '
                'and the tf_prefix of its TF frames (front_face_1).',
            ),
            DeclareLaunchArgument(
                'image',
                default_value='image',
                description='Topic of the camera images, within the namespace of each camera.',
            ),
            DeclareLaunchArgument(
                'camera_info',
                # Where camera drivers put it: beside the images.
                default_value=PythonExpression(
                    ["'", image, "'[:'", image, "'.rfind('/') + 1] + 'camera_info'"]
                ),
                description='Topic of the calibration, within the namespace of each camera; by '
                'default camera_info beside the images: color/camera_info for color/image_raw.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([share, 'config', 'headpose.yaml']),
                description='YAML file with the parameters of all nodes, or of each by its name, '
                'such as /front/headpose_node; a copy of the default, changed, is a good start.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                choices=['true', 'false'],
                description='Take the time from /clock, as with a simulator or a bag.',
            ),
            DeclareLaunchArgument(
                'view',
                default_value='false',
                choices=['true', 'false'],
                description='Show each camera on a web page too, which needs NiceGUI.',
            ),
            DeclareLaunchArgument(
                'view_host',
                default_value='127.0.0.1',
                description='Address that the page is served on; with 0.0.0.0 anyone on the '
                'network can see the camera and change the parameters.',
            ),
            DeclareLaunchArgument(
                'view_port',
                default_value='8080',
                description="Port of the first camera's page; the others have those after it.",
            ),
            OpaqueFunction(function=_nodes),
            OpaqueFunction(
                function=_pages, condition=IfCondition(LaunchConfiguration('view'))
            ),
        ]
    )


def _cameras(context):
    """Names of the cameras."""
    text = LaunchConfiguration('cameras').perform(context)
    cameras = [name.strip().strip('/') for name in text.split(',')]
    if not all(map(NAMESPACE.fullmatch, cameras)) or len(set(cameras)) < len(cameras):
        raise RuntimeError(
            f'cameras is {text!r}; want different names of letters, digits and _ (no digit '
            'first), with commas between, such as cameras:=front,rear'
        )
    return cameras


def _nodes(context):
    """Nodes of the cameras that the argument names."""
    use_sim_time = ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)
    return [
        Node(
            package='headpose_ros',
            executable='headpose_node',
            namespace=camera,
            parameters=[
                LaunchConfiguration('params_file'),
                # Each camera counts its people for itself: both may have a face_1.
                {'use_sim_time': use_sim_time, 'tf_prefix': f'{camera.replace("/", "_")}_'},
            ],
            remappings=[
                ('image', LaunchConfiguration('image')),
                ('camera_info', LaunchConfiguration('camera_info')),
            ],
            output='screen',
        )
        for camera in _cameras(context)
    ]


def _pages(context):
    """Pages of the cameras."""
    first_port = int(LaunchConfiguration('view_port').perform(context))
    return [
        Node(
            package='headpose_ros',
            executable='view_node',
            namespace=camera,
            parameters=[{'host': LaunchConfiguration('view_host'), 'port': port}],
            output='screen',
        )
        for port, camera in enumerate(_cameras(context), first_port)
    ]
