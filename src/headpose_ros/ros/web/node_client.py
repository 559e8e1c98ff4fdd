# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The services of the node: its parameters, and the neutral pose."""

from collections.abc import Sequence

from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent, ParameterType
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_parameter_events
from std_srvs.srv import Trigger

from headpose_ros.errors import NoAnswerError
from headpose_ros.ros.web.asyncio_bridge import AsyncioBridge


class NodeClient:
    """Reads and sets numbers among the parameters of a node, and calls it.

    :param shown: full name of the node.

    :ivar descriptors: of the parameters by name; empty until they are read.
    :ivar values: as they are now; empty until they are read.
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

        :raises NoAnswerError: the node does not answer.
        """
        request = DescribeParameters.Request(names=self._names)
        described = await self._bridge.call(self._describe, request)
        got = await self._bridge.call(self._get, GetParameters.Request(names=self._names))
        self.descriptors = {each.name: each for each in described.descriptors}
        self.values = {
            name: value.double_value
            for name, value in zip(self._names, got.values, strict=True)
            if value.type == ParameterType.PARAMETER_DOUBLE
        }

    def forget(self) -> None:
        """The node went: what it comes back with is not known."""
        self.values = {}

    async def set(self, name: str, value: float) -> str:
        """Set a parameter; why it was not set, or nothing."""
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
        """Call ``calibrate_neutral`` or ``reset_neutral``: whether it worked, and what it says."""
        try:
            response = await self._bridge.call(self._triggers[name], Trigger.Request())
        except NoAnswerError as error:
            return False, str(error)
        return response.success, response.message

    def _on_event(self, event: ParameterEvent) -> None:
        if event.node != self._shown or not self.values:  # without any, all are about to be read
            return
        for parameter in [*event.new_parameters, *event.changed_parameters]:
            if parameter.name in self._names:
                self.values[parameter.name] = parameter.value.double_value
