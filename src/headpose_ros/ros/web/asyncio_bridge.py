# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A ROS node beside an asyncio loop, each in its own thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any

from rclpy.client import Client
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from headpose_ros.errors import NoAnswerError

# Seconds; a calibration of the neutral pose gives up after five.
PATIENCE = 8.0


class AsyncioBridge:
    """Spins a node in a thread, for an asyncio loop in another."""

    def __init__(self, node: Node):
        self.node = node
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

    def do(self, function: Callable[[], None]) -> None:
        """Call a function in the thread of the node."""
        self._executor.create_task(function)

    def subscribe(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile
    ) -> Subscription:
        """Subscription whose callback runs in the loop; made by ``do`` or before the start."""
        def hand_over(message: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(callback, message)

        return self.node.create_subscription(kind, topic, hand_over, qos)

    async def call(self, client: Client, request: Any) -> Any:
        """Response of a service.

        :raises NoAnswerError: there is none.
        """
        if not client.service_is_ready():
            raise NoAnswerError(f'there is no service {client.srv_name}')
        answer: Future = Future()
        answer.set_running_or_notify_cancel()  # so that it can be set when nobody waits any more
        client.call_async(request).add_done_callback(lambda done: answer.set_result(done.result()))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE)
        except asyncio.TimeoutError as error:
            raise NoAnswerError(
                f'{client.srv_name} did not answer within {PATIENCE:.0f} s'
            ) from error

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()
