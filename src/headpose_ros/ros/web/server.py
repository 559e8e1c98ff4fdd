# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Web server of the page and its annotated image."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from nicegui import Client, app, ui
from rclpy.node import Node
from starlette.middleware.trustedhost import TrustedHostMiddleware

from headpose_ros.errors import NoAnswerError
from headpose_ros.ros.web.controls import CONTROLS
from headpose_ros.ros.web.node_client import AsyncioBridge, NodeClient
from headpose_ros.ros.web.page import STREAM, build_page
from headpose_ros.ros.web.state import NodeState

LOOK_PERIOD = 0.5  # seconds between checks of the node, open pages and the server
END_PERIOD = 2  # seconds for open connections to close

# Names of this machine in a browser; any other that resolves to it is DNS rebinding.
LOCAL_NAMES = ['localhost', '127.0.0.1']

BOUNDARY = 'image'
BOUNDARY_LINE = f'--{BOUNDARY}\r\n'.encode()


class _Server(uvicorn.Server):
    """Shuts down cleanly, and once, however often SIGINT and SIGTERM arrive.

    Under ros2 launch a Ctrl-C reaches the process twice. At the second one uvicorn's own server
    quits without cleaning up, and at the end it raises both again, inside its event loop.
    """

    def __init__(self, outer: FastAPI):
        super().__init__(uvicorn.Config(
            outer, log_level='warning', timeout_graceful_shutdown=END_PERIOD
        ))
        # From now on, so that neither interrupts the setup.
        for number in signal.SIGINT, signal.SIGTERM:
            signal.signal(number, self.handle_exit)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def handle_exit(self, *_: object) -> None:
        self.should_exit = True


def serve_page(node: Node, shown: str, listening: socket.socket, warning: str) -> None:
    """Serve the page of a node until Ctrl-C or SIGTERM, which are ignored afterwards.

    :param node: used for subscriptions and service calls; spun meanwhile.
    :param shown: full name of the node on the page.
    :param warning: shown on the page; empty if only this machine can open it.
    """
    outer = FastAPI(openapi_url=None)
    server = _Server(outer)
    bridge = AsyncioBridge(node)
    state = NodeState(bridge, shown)
    client = NodeClient(bridge, shown, [each.parameter for each in CONTROLS])

    @outer.get(STREAM)
    async def stream() -> StreamingResponse:
        return StreamingResponse(
            _parts(state, server),
            media_type=f'multipart/x-mixed-replace; boundary={BOUNDARY}',
            # Otherwise it would be compressed, and buffered.
            headers={'Cache-Control': 'no-store', 'Content-Encoding': 'identity'},
        )

    async def look() -> None:
        if not node.context.ok():  # after a Ctrl-C that was lost in an import
            server.should_exit = True
        state.set_watched(any(
            page.has_socket_connection for page in list(Client.instances.values())
        ))
        if state.status is None:
            client.forget()
        elif not client.values:
            with suppress(NoAnswerError):  # it has just started or gone; the next check retries
                await client.read()

    if not warning:
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES)
    app.on_startup(bridge.start)
    app.timer(LOOK_PERIOD, look)
    name = shown.lstrip('/')
    ui.run_with(
        outer,
        root=lambda: build_page(name, state, client, warning),
        title=f'{name}: head pose',
        favicon='🙂',
        dark=None,
        show_welcome_message=False,
    )
    try:
        server.run(sockets=[listening])
    finally:
        bridge.stop()


async def _parts(state: NodeState, server: uvicorn.Server) -> AsyncIterator[bytes]:
    """The annotated image as motion JPEG, each frame unchanged."""
    # A browser keeps loading the page until the second part of an image begins.
    first = _part(state.image)
    yield BOUNDARY_LINE + first + first
    while not server.should_exit:
        with suppress(asyncio.TimeoutError):
            yield _part(await asyncio.wait_for(state.next_image(), LOOK_PERIOD))


def _part(jpeg: bytes) -> bytes:
    head = f'Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n'.encode()
    # A browser shows an image at the next boundary: send it at once.
    return head + jpeg + b'\r\n' + BOUNDARY_LINE
