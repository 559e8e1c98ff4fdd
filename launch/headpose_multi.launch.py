"""Start headpose_node for several cameras, each in a namespace and a process of its own."""

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from headpose_ros.ros.transport import use_large_image_profile


def generate_launch_description():
    """Describe the arguments, and the nodes that follow from them."""
    use_large_image_profile()
    share = get_package_share_directory('headpose_ros')
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'cameras',
                description='Names of the cameras with commas between, such as front,rear. Each '
                'is the namespace of its topics and of its node.',
            ),
            DeclareLaunchArgument(
                'image',
                default_value='image',
                description='Topic of the camera images, in the namespace of each camera.',
            ),
            DeclareLaunchArgument(
                'camera_info',
                default_value='camera_info',
                description='Topic of the calibration, in the namespace of each camera.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([share, 'config', 'headpose.yaml']),
                description='YAML file with the parameters of the nodes.',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                choices=['true', 'false'],
                description='Take the time from /clock.',
            ),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context):
    """Nodes of the cameras that the argument names."""
    text = LaunchConfiguration('cameras').perform(context)
    cameras = [name.strip().strip('/') for name in text.split(',')]
    if not all(cameras) or len(set(cameras)) < len(cameras):
        raise RuntimeError(
            f'cameras is {text!r}; want different names with commas between, such as front,rear'
        )
    use_sim_time = ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)
    return [
        Node(
            package='headpose_ros',
            executable='headpose_node',
            namespace=camera,
            parameters=[
                LaunchConfiguration('params_file'),
                # Two cameras count their people each for itself.
                {'use_sim_time': use_sim_time, 'tf_prefix': f'{camera.replace("/", "_")}_'},
            ],
            remappings=[
                ('image', LaunchConfiguration('image')),
                ('camera_info', LaunchConfiguration('camera_info')),
            ],
            output='screen',
        )
        for camera in cameras
    ]
