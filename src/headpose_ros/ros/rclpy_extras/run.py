# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Life of a node process, from start to a clean end."""

import signal
import sys
from collections.abc import Callable

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node
from threadpoolctl import threadpool_limits

from headpose_ros.errors import ParameterError, StartError
from headpose_ros.ros.rclpy_extras.overrides import unused_parameters
from headpose_ros.ros.rclpy_extras.transport import use_large_image_profile


def run_node(
    create: Callable[[], Node],
    name: str,
    args: list[str] | None,
    spin: Callable[[Node], None] = rclpy.spin,
    *,
    publishes_images: bool = False,
) -> int:
    """Make a node and let it run until Ctrl-C, SIGTERM or a shutdown from outside.

    :param create: makes the node; a ``StartError`` or a bad parameter is told in one line.
    :param name: of the logger for what goes wrong at the start.
    :param args: of the command line; ``None`` for those of the process.
    :param spin: lets the node run until the end; it may raise what ``create`` may.
    :param publishes_images: whether Fast DDS should let large ones through.
    :return: exit code of the process: 0 for a clean end, 1 when the node could not start.
    """
    if publishes_images:
        use_large_image_profile()
    node = None
    try:
        # Before rclpy's own handler, which calls this one.
        signal.signal(signal.SIGINT, _interrupt_once)
        try:
            _init(args)
            node = create()
            for sentence in unused_parameters(node, args):
                node.get_logger().warning(sentence)
            # The matrices of a few faces are small: what numpy's threads would take part in is
            # over before they have begun, and waiting for more they keep a whole core busy.
            threadpool_limits(limits=1, user_api='blas')
            spin(node)
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
        # After another reason to end, such as SIGTERM, a Ctrl-C must not disturb either.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _init(args: list[str] | None) -> None:
    try:
        rclpy.init(args=args)
    except Exception as error:  # of rcl's own, for arguments and files that cannot be read
        mixed = 'Sequence should be of same type' in str(error)
        cure = '; write all numbers of a list alike, such as [0.0, 5.0, 0.0]' if mixed else ''
        raise StartError(f'{error}{cure}') from error


def _interrupt_once(*_: object) -> None:
    # Under ros2 launch a Ctrl-C reaches the process twice, and the second one must not disturb:
    # it can come before any line after this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python reports what is raised where nobody can catch it, as in the end of an object that this
    # leaves half made.
    sys.unraisablehook = lambda _: None
    raise KeyboardInterrupt
