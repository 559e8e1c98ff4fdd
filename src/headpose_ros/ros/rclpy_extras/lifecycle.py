# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Lifecycle transitions that never end the process; their exceptions and warnings are logged."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node

Transition = Callable[[LifecycleNode, LifecycleState], TransitionCallbackReturn]

_CORE = Path(__file__).resolve().parents[2]


def log_exceptions(transition: Transition) -> Transition:
    """Decorate a transition to log its exceptions, which rclpy swallows."""

    @wraps(transition)
    def logged(node: LifecycleNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            # After a signal everything fails, which is not worth a log line.
            if node.context.ok():
                node.get_logger().error(
                    f'{transition.__name__} failed: {type(error).__name__}: {error}'
                )
            return TransitionCallbackReturn.ERROR

    return logged


def refuse_impossible_transitions(node: LifecycleNode) -> None:
    """Make the node refuse transitions that are invalid in its state.

    Up to Jazzy rclpy raises an error for them, which would end the process; from rclpy 9 (Kilted)
    on it refuses them itself.
    """
    service = node._service_change_state
    change_state = service.callback

    def refuse_or_change(
        request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        try:
            return change_state(request, response)
        except Exception as error:  # RCLError, which rclpy does not export
            node.get_logger().warning(f'transition refused: {error}')
            response.success = False
            return response

    service.callback = refuse_or_change


@contextmanager
def core_warnings_logged(node: Node) -> Iterator[None]:
    """Log warnings of the core; those of other packages are left out."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always', UserWarning)
        try:
            yield
        finally:
            for warning in caught:
                if Path(warning.filename).resolve().is_relative_to(_CORE):
                    node.get_logger().warning(str(warning.message))
