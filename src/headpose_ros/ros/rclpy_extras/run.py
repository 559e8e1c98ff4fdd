# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Life of a node process, from start to a clean end."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from threadpoolctl import threadpool_limits

from headpose_ros.errors import ParameterError, StartError
from headpose_ros.ros.rclpy_extras.overrides import unused_parameters
from headpose_ros.ros.rclpy_extras.transport import use_large_image_profile


def run_node(
    create: Callable[[], Node],
    name: str,
    args: list[str] | None,
    spin: Callable[[Node], None] | None = None,
    *,
    publishes_images: bool = False,
) -> int:
    """Make a node and let it run until Ctrl-C, SIGTERM or a shutdown from outside.

    What it publishes in ``destroy_node`` still goes out then, unless ``spin`` is given.

    :param create: makes the node; a ``StartError`` or a bad parameter is told in one line.
    :param name: of the logger for what goes wrong at the start.
    :param args: of the command line; ``None`` for those of the process.
    :param spin: lets the node run until the end, in place of rclpy's, under rclpy's own handlers
        of signals; it may raise what ``create`` may.
    :param publishes_images: whether Fast DDS should let large ones through.
    :return: exit code of the process: 0 for a clean end, 1 when the node could not start.
    """
    if publishes_images:
        use_large_image_profile()
    node = None
    try:
        # Before rclpy's own handler, which calls this one.
        signal.signal(signal.SIGINT, _interrupt_once)
        if spin is None:
            signal.signal(signal.SIGTERM, _interrupt_once)
        try:
            _init(args, SignalHandlerOptions.ALL if spin else SignalHandlerOptions.NO)
            node = create()
            for sentence in unused_parameters(node, args):
                node.get_logger().warning(sentence)
            # The matrices of a few faces are small: what numpy's threads would take part in is
            # over before they have begun, and waiting for more they keep a whole core busy.
            threadpool_limits(limits=1, user_api='blas')
            (spin or _spin)(node)
        except ExternalShutdownException:
            pass
        except (StartError, ParameterException, ParameterError) as error:
            get_logger(name).fatal(f'cannot start: {error}')
            return 1
        except Exception:
            # A signal that comes while the node is being made pulls the context away under it.
            if rclpy.ok():
                raise
    except KeyboardInterrupt:  # at any line above, those that catch something included
        pass
    finally:
        # After another reason to end a Ctrl-C must not disturb either.
        _ignore_signals()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _init(args: list[str] | None, handlers: SignalHandlerOptions) -> None:
    try:
        rclpy.init(args=args, signal_handler_options=handlers)
    except Exception as error:  # of rcl's own, for arguments and files that cannot be read
        raise StartError(str(error)) from error


def _spin(node: Node) -> None:
    """Spin without rclpy's handlers of signals, after which nothing can be published any more."""
    with _woken_by_signals():
        rclpy.spin(node)


@contextmanager
def _woken_by_signals() -> Iterator[None]:
    """Let a signal end a wait of the executor: only then Python calls its handler."""
    waking, writing = socket.socketpair()
    writing.setblocking(False)

    def wake() -> None:
        while waking.recv(1):
            rclpy.get_global_executor().wake()

    thread = Thread(target=wake, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writing.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        writing.close()
        thread.join()
        waking.close()


def _ignore_signals() -> None:
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, signal.SIG_IGN)


def _interrupt_once(*_: object) -> None:
    # Under ros2 launch a Ctrl-C reaches the process twice, and the second one must not disturb:
    # it can come before any line after this one.
    _ignore_signals()
    # Python reports what is raised where nobody can catch it, as in the end of an object that this
    # leaves half made.
    sys.unraisablehook = lambda _: None
    raise KeyboardInterrupt
