# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether people face the camera and TF frames."""

from collections.abc import Sequence

import numpy as np
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from headpose_ros.attention import facing_camera, facing_point
from headpose_ros.errors import TransformsUnavailableError
from headpose_ros.people.follower import People

CAMERA = 'camera'  # target that needs no TF frame

WARNING_PERIOD = 10.0  # seconds between warnings of one frame


class AttentionTargets:
    """Estimates which targets the people in an image face.

    :param frames: TF frames. ``face_<id>`` of a person in the same image needs no TF.
    :raises TransformsUnavailableError: there are frames, but tf2_ros is not installed.
    """

    def __init__(self, node: Node, frames: Sequence[str]):
        self._node = node
        self._frames = [name for name in frames if name]
        self._listener = None
        if self._frames:
            try:
                from tf2_ros import Buffer, TransformListener
            except ImportError as error:
                raise TransformsUnavailableError(
                    f'attention_frames is set, but tf2_ros cannot be imported ({error}); install '
                    'it (on Ubuntu: ros-$ROS_DISTRO-tf2-ros-py), or leave attention_frames empty'
                ) from error
            self._buffer = Buffer()
            self._listener = TransformListener(self._buffer, node, spin_thread=False)

    def facing(self, header: Header, people: People, angle: float) -> dict[str, dict[str, float]]:
        """Track ID to target name to the probability that the head points at it.

        Targets other than the camera need a calibrated camera and a transform.

        :param header: of the image.
        :param angle: radians, half-angle of the cone.
        """
        result = {head.track_id: {CAMERA: facing_camera(head, angle)} for head in people.heads}
        located = [head for head in people.heads if head.sight is not None]
        if not self._frames or not located:
            return result
        faces = {f'face_{head.track_id}': people.poses.of(head).position for head in located}
        for name in self._frames:
            target = faces[name] if name in faces else self._find(name, header)
            for head in located if target is not None else ():
                if name != f'face_{head.track_id}':
                    pose = people.poses.of(head)
                    result[head.track_id][name] = facing_point(pose, target, angle)
        return result

    def _find(self, name: str, header: Header) -> np.ndarray | None:
        """Current position of a frame, (3,) metres in the frame of the image."""
        from tf2_ros import TransformException

        try:
            found = self._buffer.lookup_transform(header.frame_id, name, Time())
        except TransformException as error:
            self._node.get_logger().warning(
                f'attention_frames: no transform from {name!r} to the camera frame '
                f'{header.frame_id!r}: {error}', throttle_duration_sec=WARNING_PERIOD,
            )
            return None
        at = found.transform.translation
        return np.array([at.x, at.y, at.z])

    def close(self) -> None:
        """Destroy the subscriptions."""
        if self._listener is not None:
            self._listener.unregister()
            self._listener = None
