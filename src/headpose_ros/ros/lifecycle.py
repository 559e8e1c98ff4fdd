# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What rclpy's lifecycle node leaves to its users: no transition may end the process."""

from collections.abc import Callable
from functools import wraps

from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

Transition = Callable[[LifecycleNode, LifecycleState], TransitionCallbackReturn]


def told_if_it_fails(transition: Transition) -> Transition:
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

    rclpy raises an error for them, which would end the process that spins the node.
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
