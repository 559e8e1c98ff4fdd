# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether people face the camera and TF frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from headpose_ros.attention import facing_camera, facing_point
from headpose_ros.errors import TransformsUnavailableError
from headpose_ros.people.follower import People

CAMERA = 'camera'  # target that needs no TF frame

WARNING_PERIOD = 10.0  # seconds between warnings of missing frames


class AttentionTargets:
    """Estimates which targets the people in an image face.

    Listens to TF only between ``listen`` and ``close``.

    :param frames: TF frames. ``face_<id>`` of a person in the same image needs no TF.
    :raises TransformsUnavailableError: there are frames, but tf2_ros is not installed.
    """

    def __init__(self, node: Node, frames: Sequence[str]):
        self._node = node
        self._frames = [name for name in frames if name]
        self._buffer: Any = None
        self._listener: Any = None
        if self._frames:
            try:
                import tf2_ros  # noqa: F401
            except ImportError as error:
                raise TransformsUnavailableError(
                    f'attention_frames is set, but tf2_ros cannot be imported ({error}); install '
                    'it (on Ubuntu: ros-$ROS_DISTRO-tf2-ros-py), or leave attention_frames empty'
                ) from error

    def listen(self) -> None:
        """Subscribe to TF, if it is needed."""
        if self._frames and self._listener is None:
            from tf2_ros import Buffer, TransformListener

            self._buffer = Buffer()
            self._listener = TransformListener(self._buffer, self._node, spin_thread=False)

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
        targets = {f'face_{head.track_id}': people.poses.of(head).position for head in located}
        problems = []
        for name in self._frames:
            if name not in targets:
                try:
                    targets[name] = self._find(name, header)
                except LookupError as error:
                    problems.append(str(error))
                    continue
            for head in located:
                if name != f'face_{head.track_id}':
                    pose = people.poses.of(head)
                    result[head.track_id][name] = facing_point(pose, targets[name], angle)
        if problems:
            self._node.get_logger().warning(
                f'attention_frames: {"; ".join(problems)}', throttle_duration_sec=WARNING_PERIOD
            )
        return result

    def _find(self, name: str, header: Header) -> np.ndarray:
        """Current position of a frame, (3,) metres in the frame of the image.

        :raises LookupError: it has no transform.
        """
        from tf2_ros import TransformException

        try:
            found = self._buffer.lookup_transform(header.frame_id, name, Time())
        except TransformException as error:
            raise LookupError(
                f'no transform from {name!r} to the camera frame {header.frame_id!r}: {error}'
            ) from error
        at = found.transform.translation
        return np.array([at.x, at.y, at.z])

    def close(self) -> None:
        """Destroy the subscriptions."""
        if self._listener is not None:
            self._listener.unregister()
            self._listener = None
