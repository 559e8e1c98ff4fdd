# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What ``headpose_ros.ros.rclpy_extras`` leans on is there, and still needed.

Where a test fails with another rclpy, look at the module that it is about.
"""

from importlib.metadata import distributions

import pytest
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import QoSProfile
from ros_domain import Domain
from std_msgs.msg import Int32

from headpose_ros.ros.rclpy_extras.lifecycle import refuse_impossible_transitions
from headpose_ros.ros.rclpy_extras.overrides import unused_parameters
from headpose_ros.ros.rclpy_extras.shortcuts import take_waiting

LIMIT = 30.0  # seconds
NAMES = ('rclpy', 'ros-rclpy')  # of ROS 2 as sourced, of the wheels
RCLPY = max(int(d.version.partition('.')[0]) for d in distributions() if d.name in NAMES)


@pytest.fixture
def spun():
    """Makes nodes, and an executor that spins them until a future is done."""
    domain, context = Domain(), rclpy.Context()
    rclpy.init(context=context, domain_id=domain.number)
    executor, nodes = SingleThreadedExecutor(context=context), []

    def make(kind, name):
        nodes.append(kind(name, context=context))
        executor.add_node(nodes[-1])
        return nodes[-1]

    make.executor = executor
    yield make
    for node in nodes:
        node.destroy_node()
    executor.shutdown()
    rclpy.try_shutdown(context=context)
    domain.close()


def activate_too_early(spun, node):
    """Ask a node that is not configured to become active; the answer."""
    client = spun(Node, 'asking').create_client(ChangeState, f'/{node.get_name()}/change_state')
    assert client.wait_for_service(LIMIT)
    request = ChangeState.Request()
    request.transition.id = Transition.TRANSITION_ACTIVATE
    future = client.call_async(request)
    spun.executor.spin_until_future_complete(future, LIMIT)
    return future.result()


def test_an_impossible_transition_is_refused_and_the_node_stays(spun):
    node = spun(LifecycleNode, 'guarded')
    refuse_impossible_transitions(node)
    assert not activate_too_early(spun, node).success
    assert node.trigger_configure().name == 'SUCCESS'


@pytest.mark.skipif(RCLPY >= 9, reason='rclpy 9 (Kilted) refuses by itself')
def test_without_that_it_still_ends_the_process(spun):
    with pytest.raises(Exception, match='(?i)transition'):
        activate_too_early(spun, spun(LifecycleNode, 'plain'))


def test_a_waiting_message_is_taken_with_its_number(spun):
    node = spun(Node, 'both_ends')
    subscription = node.create_subscription(Int32, 'numbers', lambda _: None, QoSProfile(depth=5))
    assert take_waiting(subscription, Int32) is None
    publisher = node.create_publisher(Int32, 'numbers', QoSProfile(depth=5))
    for number in (7, 8):
        publisher.publish(Int32(data=number))
    assert publisher.wait_for_all_acked(rclpy.duration.Duration(seconds=LIMIT))
    taken = [take_waiting(subscription, Int32) for _ in range(2)]
    assert [message.data for message, _ in taken] == [7, 8]
    first, second = (info['publication_sequence_number'] for _, info in taken)
    assert second == first + 1


def test_a_parameter_that_is_not_declared_is_known(spun):
    def given(name, context):
        return Node(name, context=context, cli_args=['--ros-args', '-p', 'unknown:=1'])

    node = spun(given, 'plain')
    assert 'unknown' not in node.get_parameters_by_prefix('')
    (sentence,) = unused_parameters(node, [])
    assert sentence.startswith("unknown parameter 'unknown'; ")
