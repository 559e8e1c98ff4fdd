# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A ROS node beside an asyncio loop, each in its own thread."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from rclpy.client import Client
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from headpose_ros.errors import NoAnswerError

# Seconds; a calibration of the neutral pose gives up after five.
PATIENCE = 8.0


class AsyncioBridge:
    """Spins a node, and hands calls from one thread to the other.

    :param node: whose callbacks run in the thread.
    """

    def __init__(self, node: Node):
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._thread = Thread(target=self._spin, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin; to be called in the loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if it was begun."""
        self._executor.shutdown()
        if self._thread.is_alive():
            self._thread.join()

    def do(self, function: Callable[..., Any], *args: Any) -> None:
        """Call a function in the thread of the node."""
        self._executor.create_task(function, *args)

    def tell(self, function: Callable[..., Any], *args: Any) -> None:
        """Call a function in the loop, from the thread of the node."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    async def call(self, client: Client, request: Any) -> Any:
        """Response of a service.

        :raises NoAnswerError: there is none.
        """
        if not client.service_is_ready():
            raise NoAnswerError(f'there is no service {client.srv_name}')
        answer = asyncio.get_running_loop().create_future()

        def take(response: Any) -> None:
            if not answer.done():
                answer.set_result(response)

        def send() -> None:
            future = client.call_async(request)
            future.add_done_callback(lambda done: self.tell(take, done.result()))

        self.do(send)
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except asyncio.TimeoutError as error:
            raise NoAnswerError(
                f'{client.srv_name} did not answer within {PATIENCE:.0f} s'
            ) from error

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()
