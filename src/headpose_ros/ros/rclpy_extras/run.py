# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs a node process, from start to clean shutdown."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from threadpoolctl import threadpool_limits

from headpose_ros.errors import ParameterError, StartError
from headpose_ros.ros.rclpy_extras.overrides import unused_parameters
from headpose_ros.ros.rclpy_extras.transport import use_large_image_profile

# Signals that end a node.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_node(
    create: Callable[[], Node],
    name: str,
    args: list[str] | None,
    spin: Callable[[Node], None] | None = None,
    *,
    publishes_images: bool = False,
) -> int:
    """Create a node and spin it until Ctrl-C, SIGTERM or an external shutdown.

    What it publishes in ``destroy_node`` is still sent after a signal, unless ``spin`` is given:
    rclpy's own signal handlers would invalidate its publishers at once.

    :param create: creates the node; a ``StartError`` or a bad parameter is logged in one line.
    :param name: of the logger for errors at startup.
    :param args: command line; ``None`` for that of the process.
    :param spin: replaces spinning, under rclpy's own signal handlers; may raise what ``create``
        may.
    :param publishes_images: whether to use the Fast DDS profile for large images.
    :return: exit code of the process: 0 after a clean shutdown, 1 if the node could not start.
    """
    if publishes_images:
        use_large_image_profile()
    end = Future()  # done at the first signal
    if spin is not None:
        return _run(create, name, args, SignalHandlerOptions.ALL, spin, end)
    with _called_on_signals(lambda: end.done() or end.set_result(None)):
        # First of all, as an exception raised by a signal can get lost in an import.
        signal.signal(signal.SIGTERM, _interrupt_once)
        return _run(create, name, args, SignalHandlerOptions.NO, partial(_spin, end), end)


def _run(
    create: Callable[[], Node], name: str, args: list[str] | None,
    handlers: SignalHandlerOptions, spin: Callable[[Node], None], end: Future,
) -> int:
    node = None
    try:
        # Before rclpy's own handler, which calls this one.
        signal.signal(signal.SIGINT, _interrupt_once)
        try:
            _init(args, handlers)
            node = create()
            for sentence in unused_parameters(node, args):
                node.get_logger().warning(sentence)
            # The matrices of a few faces are too small for numpy's threads, which would keep a
            # whole core busy waiting for work.
            threadpool_limits(limits=1, user_api='blas')
            spin(node)
        except ExternalShutdownException:
            pass
        except (StartError, ParameterException, ParameterError) as error:
            get_logger(name).fatal(f'cannot start: {error}')
            return 1
        except Exception:
            # A signal while the node is being created interrupts whatever it is doing.
            if rclpy.ok() and not end.done():
                raise
    except KeyboardInterrupt:  # at any line above, except clauses included
        pass
    finally:
        # A Ctrl-C must not interrupt any other shutdown either.
        _ignore_signals()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _init(args: list[str] | None, handlers: SignalHandlerOptions) -> None:
    try:
        rclpy.init(args=args, signal_handler_options=handlers)
    except Exception as error:  # of rcl, for unreadable arguments and files
        mixed = 'Sequence should be of same type' in str(error)
        cure = '; use one number type per list, such as [0.0, 5.0, 0.0]' if mixed else ''
        raise StartError(f'{error}{cure}') from error


def _spin(end: Future, node: Node) -> None:
    """Spin until a future is done; signals raise no exceptions in callbacks meanwhile."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    rclpy.spin_until_future_complete(node, end)


@contextmanager
def _called_on_signals(callback: Callable[[], None]) -> Iterator[None]:
    """Call a function for each signal, in a thread of its own."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)

    def read() -> None:
        while reading.recv(1):
            callback()

    thread = Thread(target=read, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writing.fileno())
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        writing.close()
        thread.join()
        reading.close()


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt_once(*_: object) -> None:
    # Under ros2 launch a Ctrl-C reaches the process twice; the second one, which may come before
    # any line after this one, is ignored.
    _ignore_signals()
    # Python reports what is raised where it cannot be caught, as in the finaliser of an object
    # that is left half-constructed.
    sys.unraisablehook = lambda _: None
    raise KeyboardInterrupt
