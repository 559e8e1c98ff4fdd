# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The web server of the page."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from nicegui import Client, app, ui
from starlette.middleware.trustedhost import TrustedHostMiddleware

from headpose_ros.errors import NoAnswerError
from headpose_ros.ros.web.asyncio_bridge import AsyncioBridge
from headpose_ros.ros.web.node_client import NodeClient
from headpose_ros.ros.web.page import Page
from headpose_ros.ros.web.state import NodeState
from headpose_ros.ros.web.stream import STREAM, stream_images
from headpose_ros.ros.web.subscriptions import Subscriptions

LOOK_PERIOD = 0.5  # seconds between two looks at who is there, the node and open pages
END_PERIOD = 2  # seconds for what is open to end

# Names of this machine in a browser; another one that leads here is a trick of some web site.
LOCAL_NAMES = ['localhost', '127.0.0.1']


class _Server(uvicorn.Server):
    """Ends by itself, and once, however often SIGINT and SIGTERM come.

    Under ros2 launch a Ctrl-C reaches the process twice. At the second one uvicorn's own server
    leaves all where it is, and at the end it sends both again, into the middle of its event loop.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in signal.SIGINT, signal.SIGTERM:
            signal.signal(number, self.handle_exit)
        yield

    def handle_exit(self, *_: object) -> None:
        self.should_exit = True


def serve_page(
    listening: socket.socket,
    shown: str,
    bridge: AsyncioBridge,
    state: NodeState,
    client: NodeClient,
    subscriptions: Subscriptions,
    warning: str,
    is_ending: Callable[[], bool],
) -> None:
    """Serve the page of a node until Ctrl-C or SIGTERM, which do nothing more after it.

    :param listening: socket.
    :param shown: full name of the node.
    :param bridge: is started, and has to be stopped by the caller.
    :param warning: what people must know of this page; empty where only this machine sees it.
    :param is_ending: whether one of them came before the server could take it.
    """
    outer = FastAPI(openapi_url=None)
    server = _Server(uvicorn.Config(
        outer, log_level='warning', timeout_graceful_shutdown=END_PERIOD
    ))

    @outer.get(STREAM)
    async def stream() -> StreamingResponse:
        return stream_images(state, lambda: server.should_exit)

    async def start() -> None:
        bridge.start()
        server.should_exit = server.should_exit or is_ending()

    async def look() -> None:
        subscriptions.set_watched(any(
            page.has_socket_connection for page in list(Client.instances.values())
        ))
        if state.silence(time.monotonic()) is not None:
            client.forget()
        elif not client.values:
            with suppress(NoAnswerError):  # it has just come or gone; the next look asks again
                await client.read()

    if not warning:
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES)
    app.on_startup(start)
    app.timer(LOOK_PERIOD, look)
    name = shown.lstrip('/')
    ui.run_with(
        outer,
        root=lambda: Page(name, state, client, warning),
        title=f'{name}: head pose',
        favicon='🙂',
        dark=None,
        show_welcome_message=False,
    )
    server.run(sockets=[listening])
