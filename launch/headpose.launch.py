# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start headpose_node, and a camera beside it if wanted."""

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, PythonExpression
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from headpose_ros.ros.rclpy_extras.transport import use_large_image_profile


def generate_launch_description():
    """Describe the nodes and the arguments."""
    # For camera drivers too, which this process starts with its own environment.
    use_large_image_profile()
    share = get_package_share_directory('headpose_ros')
    image = LaunchConfiguration('image')
    namespace = LaunchConfiguration('namespace')
    use_sim_time = ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'image', default_value='image', description='Topic of the camera images.'
            ),
            DeclareLaunchArgument(
                'camera_info',
                # Where camera drivers put it: beside the images.
                default_value=PythonExpression(
                    ["'", image, "'[:'", image, "'.rfind('/') + 1] + 'camera_info'"]
                ),
                description='Topic of the calibration of the camera; by default camera_info '
                'beside the images: /front/camera_info for /front/image_raw.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([share, 'config', 'headpose.yaml']),
                description='YAML file with the parameters of headpose_node; a copy of the '
                'default, changed, is a good start.',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description='Namespace of all nodes and of all topics that do not begin with /.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                choices=['true', 'false'],
                description='Take the time from /clock, as with a simulator or a bag.',
            ),
            DeclareLaunchArgument(
                'camera',
                default_value='false',
                choices=['true', 'false'],
                description='Start the camera driver usb_cam too, which has to be installed.',
            ),
            DeclareLaunchArgument(
                'view',
                default_value='false',
                choices=['true', 'false'],
                description='Show it on a web page too, which needs NiceGUI.',
            ),
            DeclareLaunchArgument(
                'view_host',
                default_value='127.0.0.1',
                description='Address that the page is served on; with 0.0.0.0 anyone on the '
                'network can see the camera and change the parameters.',
            ),
            DeclareLaunchArgument(
                'view_port', default_value='8080', description='Port of the page.'
            ),
            Node(
                package='headpose_ros',
                executable='headpose_node',
                namespace=namespace,
                parameters=[LaunchConfiguration('params_file'), {'use_sim_time': use_sim_time}],
                remappings=[('image', image), ('camera_info', LaunchConfiguration('camera_info'))],
                output='screen',
            ),
            Node(
                package='usb_cam',
                executable='usb_cam_node_exe',
                name='usb_cam',
                namespace=namespace,
                parameters=[{'frame_id': 'camera_optical_frame', 'use_sim_time': use_sim_time}],
                remappings=[
                    ('image_raw', image), ('camera_info', LaunchConfiguration('camera_info')),
                ],
                condition=IfCondition(LaunchConfiguration('camera')),
                output='screen',
            ),
            Node(
                package='headpose_ros',
                executable='view_node',
                namespace=namespace,
                parameters=[
                    {
                        'host': LaunchConfiguration('view_host'),
                        'port': ParameterValue(LaunchConfiguration('view_port'), value_type=int),
                    }
                ],
                condition=IfCondition(LaunchConfiguration('view')),
                output='screen',
            ),
        ]
    )
