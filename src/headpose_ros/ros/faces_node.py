# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Node that merges the faces of several cameras into one list, as ROS4HRI requires."""

import time
from functools import partial
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.validate_full_topic_name import validate_full_topic_name
from std_msgs.msg import Header

from headpose_ros.errors import HriUnavailableError, ParameterError, StartError
from headpose_ros.ros.output.hri import LOOK_PERIOD, QOS, SILENCE, TRACKED, FaceList, hri_messages
from headpose_ros.ros.rclpy_extras.run import run_node
from headpose_ros.ros.rclpy_extras.shortcuts import NO_SUBSCRIPTION_EVENTS, steady_timer

NAME = 'faces_node'

CAMERAS = ParameterDescriptor(
    description='Comma-separated camera names; the faces of each are on '
    '<camera>/humans/faces/tracked.', additional_constraints='unique names', read_only=True,
)


class FacesNode(Node):
    """Subscribes to ``<camera>/humans/faces/tracked`` of each camera, and publishes one list.

    The faces of a camera that is silent for a second are removed.

    :raises ParameterError: ``cameras`` is not a list of valid names.
    :raises StartError: ``hri_msgs`` is not installed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(NAME, **options)
        cameras = _cameras(self.declare_parameter('cameras', '', CAMERAS).value)
        try:
            kind = hri_messages(f'{NAME} was started').IdsList
        except HriUnavailableError as error:
            raise StartError(str(error)) from error
        self._list = FaceList(self)
        self._ids: dict[str, list[str]] = {camera: [] for camera in cameras}
        self._received = dict.fromkeys(cameras, 0.0)  # seconds of time.monotonic
        subscriptions = [
            self.create_subscription(
                kind, f'{camera}{TRACKED}', partial(self._on_list, camera), QOS,
                event_callbacks=NO_SUBSCRIPTION_EVENTS,
            )
            for camera in cameras
        ]
        steady_timer(self, LOOK_PERIOD, self._look)
        topics = ', '.join(each.topic_name for each in subscriptions)
        self.get_logger().info(f'merging {topics} into {self._list.topic}')

    def _on_list(self, camera: str, message: Any) -> None:
        self._ids[camera], self._received[camera] = list(message.ids), time.monotonic()
        self._publish(message.header)

    def _publish(self, header: Header) -> None:
        self._list.publish(header, [i for ids in self._ids.values() for i in ids])

    def _look(self) -> None:
        silent_since = time.monotonic() - SILENCE
        silent = [
            name for name, ids in self._ids.items() if ids and self._received[name] < silent_since
        ]
        if silent:
            for camera in silent:
                self._ids[camera] = []
            self._publish(Header(stamp=self.get_clock().now().to_msg()))
        self._list.warn_of_rivals()

    def destroy_node(self) -> None:
        """Publish an empty list first."""
        if self.context.ok():
            self._list.clear()
            self._list.close()
        super().destroy_node()


def _cameras(text: str) -> list[str]:
    names = [name.strip().strip('/') for name in text.split(',')]
    try:
        for name in names:
            validate_full_topic_name(f'/{name}')
        is_good = len(set(names)) == len(names)
    except InvalidTopicNameException:
        is_good = False
    if not is_good:
        raise ParameterError(
            f'cameras is {text!r}; expected unique, comma-separated names of letters, digits and '
            '_ (no leading digit), such as front,rear'
        )
    return names


def main(args: list[str] | None = None) -> int:
    """Run the node; return the exit code of the process."""
    return run_node(FacesNode, NAME, args)
