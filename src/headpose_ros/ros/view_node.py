# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Node that serves a web page of headpose_node, for machines without a screen."""

import ipaddress
import os
import signal
import socket
from typing import Any

from rclpy.node import Node

from headpose_ros.errors import StartError
from headpose_ros.ros.parameters import ViewParameters, declare_parameters
from headpose_ros.ros.rclpy_extras.run import run_node

NAME = 'view_node'


class ViewNode(Node):
    """Subscribes to the outputs of ``headpose_node`` and calls its services; nothing else."""

    def __init__(self, **options: Any) -> None:
        super().__init__(NAME, **options)
        self.settings = declare_parameters(self, ViewParameters)

    @property
    def shown(self) -> str:
        """Full name of the node shown."""
        return f'{self.get_namespace().rstrip("/")}/{self.settings.node}'


def serve(node: ViewNode) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    :raises StartError: the page cannot be served.
    """
    # Until the web server handles both signals: nothing here checks whether ROS was shut down.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    with _listen(node.settings.host, node.settings.port) as listening:
        try:
            from headpose_ros.ros.web.server import serve_page
        except ImportError as error:
            raise StartError(
                f"the page needs NiceGUI ({error}); install it with: pip install 'nicegui>=3.5,<4'"
            ) from error
        serve_page(node, node.shown, listening, _log_address(node, listening))


def _listen(host: str, port: int) -> socket.socket:
    """Listening socket; early clients wait."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise StartError(
            f'host is {host!r}, not a valid address ({error.strerror}); expected an address of '
            'this machine, such as 127.0.0.1, or 0.0.0.0 for all'
        ) from error
    try:
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, dualstack_ipv6=both)
    except OSError as error:
        raise StartError(
            f'cannot listen on {host}, port {port} ({os.strerror(error.errno)}); choose another '
            f'port with --ros-args -p port:={port % 65535 + 1}'
        ) from error


def _log_address(node: ViewNode, listening: socket.socket) -> str:
    """Log the address of the page; return the warning if other machines can open it."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_loopback:
        node.get_logger().info(f'web page of {node.shown}: http://localhost:{port}')
        return ''
    if ipaddress.ip_address(host).is_unspecified:
        host = socket.gethostname()
    warning = (
        f'Anyone on this network can open http://{host}:{port}, see the camera and change the '
        'parameters.'
    )
    node.get_logger().warning(f'web page of {node.shown}: {warning}')
    return warning


def main(args: list[str] | None = None) -> int:
    """Run the node; return the exit code of the process."""
    return run_node(ViewNode, NAME, args, serve)
