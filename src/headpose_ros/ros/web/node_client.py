# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Bridge between a ROS node and an asyncio loop, and a client of another node's services."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.client import Client
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, qos_profile_parameter_events
from rclpy.subscription import Subscription
from std_srvs.srv import Trigger

from headpose_ros.errors import NoAnswerError

# Seconds; a calibration of the neutral pose takes five at most.
PATIENCE = 8.0


class AsyncioBridge:
    """Spins a node in a thread of its own, for an asyncio loop in another."""

    def __init__(self, node: Node):
        self.node = node
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._thread = Thread(target=self._spin, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start spinning; to be called in the loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if started."""
        self._executor.shutdown()
        if self._thread.is_alive():
            self._thread.join()

    def do(self, function: Callable[[], None]) -> None:
        """Call a function in the thread of the node."""
        self._executor.create_task(function)

    def subscribe(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile
    ) -> Subscription:
        """Subscription whose callback runs in the loop; to be called by ``do`` or before start."""
        def hand_over(message: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(callback, message)

        return self.node.create_subscription(kind, topic, hand_over, qos)

    async def call(self, client: Client, request: Any) -> Any:
        """Response of a service.

        :raises NoAnswerError: no response.
        """
        if not client.service_is_ready():
            raise NoAnswerError(f'service {client.srv_name} is not available')
        answer: Future = Future()
        answer.set_running_or_notify_cancel()  # so that it can be set after a timeout
        client.call_async(request).add_done_callback(lambda done: answer.set_result(done.result()))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE)
        except asyncio.TimeoutError as error:
            raise NoAnswerError(
                f'{client.srv_name} did not respond within {PATIENCE:.0f} s'
            ) from error

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()


class NodeClient:
    """Reads and sets numeric parameters of a node, and calls its services.

    :param shown: full name of the node.

    :ivar descriptors: of the parameters, by name; empty until read.
    :ivar values: current values, by name; empty until read.
    """

    def __init__(self, bridge: AsyncioBridge, shown: str, names: Sequence[str]):
        self.descriptors: dict[str, ParameterDescriptor] = {}
        self.values: dict[str, float] = {}
        self._names = list(names)
        self._shown = shown
        self._bridge = bridge
        create = bridge.node.create_client
        self._describe = create(DescribeParameters, f'{shown}/describe_parameters')
        self._get = create(GetParameters, f'{shown}/get_parameters')
        self._set = create(SetParameters, f'{shown}/set_parameters')
        self._triggers = {
            name: create(Trigger, f'{shown}/{name}')
            for name in ('calibrate_neutral', 'reset_neutral')
        }
        bridge.subscribe(
            ParameterEvent, '/parameter_events', self._on_event, qos_profile_parameter_events
        )

    async def read(self) -> None:
        """Read descriptors and values.

        :raises NoAnswerError: the node does not respond.
        """
        request = DescribeParameters.Request(names=self._names)
        described = await self._bridge.call(self._describe, request)
        got = await self._bridge.call(self._get, GetParameters.Request(names=self._names))
        self.descriptors = {each.name: each for each in described.descriptors}
        self.values = {
            name: _number(value)
            for name, value in zip(self._names, got.values, strict=True)
            if value.type != ParameterType.PARAMETER_NOT_SET
        }

    def forget(self) -> None:
        """Forget the values of a node that is gone; it may return with others."""
        self.values = {}

    async def set(self, name: str, value: float) -> str:
        """Set a parameter; return why it was refused, or an empty string."""
        parameter = Parameter(name, value=float(value)).to_parameter_msg()
        try:
            request = SetParameters.Request(parameters=[parameter])
            (result,) = (await self._bridge.call(self._set, request)).results
        except NoAnswerError as error:
            return str(error)
        if not result.successful:
            return result.reason
        self.values[name] = value
        return ''

    async def trigger(self, name: str) -> tuple[bool, str]:
        """Call ``calibrate_neutral`` or ``reset_neutral``; return success and message."""
        try:
            response = await self._bridge.call(self._triggers[name], Trigger.Request())
        except NoAnswerError as error:
            return False, str(error)
        return response.success, response.message

    def _on_event(self, event: ParameterEvent) -> None:
        if event.node != self._shown or not self.values:  # all are about to be read
            return
        for parameter in [*event.new_parameters, *event.changed_parameters]:
            if parameter.name in self._names:
                self.values[parameter.name] = _number(parameter.value)


def _number(value: ParameterValue) -> float:
    is_whole = value.type == ParameterType.PARAMETER_INTEGER  # as set by "ros2 param set ... 30"
    return float(value.integer_value if is_whole else value.double_value)
