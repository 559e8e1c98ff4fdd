# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""TF frames of heads, where the ROS 2 of the machine has tf2_ros."""

from collections.abc import Iterable

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from std_msgs.msg import Header

from headpose_ros.errors import TransformsUnavailableError
from headpose_ros.ros.output.messages import fill_quaternion
from headpose_ros.six_dof import CameraPose


class HeadTransforms:
    """Broadcasts ``face_<id>`` (REP-155) for heads, in the frame of the image.

    :raises TransformsUnavailableError: tf2_ros is not installed.
    """

    def __init__(self, node: Node, prefix: str):
        try:
            from tf2_ros import TransformBroadcaster
        except ImportError as error:
            raise TransformsUnavailableError(
                f'publish_tf is true, but tf2_ros cannot be imported ({error}); install it (on '
                'Ubuntu: ros-$ROS_DISTRO-tf2-ros-py), or set publish_tf to false'
            ) from error
        self._node = node
        self._prefix = prefix
        self._broadcaster = TransformBroadcaster(node)
        self._last_stamp = None

    def publish(self, header: Header, poses: Iterable[tuple[int, CameraPose]]) -> None:
        """Broadcast the frames of one image: track ID of each person, and where the head is."""
        # TF refuses the same frame at the same time again, with a warning in every listener.
        if header.stamp == self._last_stamp:
            return
        self._last_stamp = header.stamp
        transforms = []
        for track_id, pose in poses:
            name = f'{self._prefix}face_{track_id}'
            message = TransformStamped(header=header, child_frame_id=name)
            translation = message.transform.translation
            translation.x, translation.y, translation.z = pose.position.tolist()
            fill_quaternion(message.transform.rotation, pose.quaternion)
            transforms.append(message)
        if transforms:
            self._broadcaster.sendTransform(transforms)

    def has_listeners(self) -> bool:
        """Whether anybody listens to TF."""
        return self._node.count_subscribers('/tf') > 0

    def close(self) -> None:
        """Give the publisher back."""
        self._node.destroy_publisher(self._broadcaster.pub_tf)
