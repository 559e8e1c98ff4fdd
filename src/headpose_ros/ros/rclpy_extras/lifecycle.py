# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What rclpy leaves to its users in transitions: none ends the process, warnings are logged."""

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
    """Decorate a transition so that an exception in it is logged; rclpy keeps it for itself."""

    @wraps(transition)
    def told(node: LifecycleNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            # After a signal everything fails, and nobody needs to know.
            if node.context.ok():
                node.get_logger().error(
                    f'{transition.__name__} failed: {type(error).__name__}: {error}'
                )
            return TransitionCallbackReturn.ERROR

    return told


def refuse_impossible_transitions(node: LifecycleNode) -> None:
    """Let the node refuse transitions that its state does not have.

    Up to Jazzy rclpy raises an error for them, which would end the process that spins the node;
    from rclpy 9 (Kilted) on it refuses them itself.
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
    """Log what the core warns of; what other packages say to programmers is left out."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always', UserWarning)
        try:
            yield
        finally:
            for warning in caught:
                if Path(warning.filename).resolve().is_relative_to(_CORE):
                    node.get_logger().warning(str(warning.message))
