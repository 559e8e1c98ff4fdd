# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the node says of itself on ``/diagnostics``, once a second."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile

from headpose_ros.ros.input.stream_watch import Load

PERIOD = 1.0  # seconds

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    :ivar level: ``WARN`` or ``ERROR``.
    :ivar text: what, and what to do.
    """

    level: bytes
    text: str


@dataclass(frozen=True)
class Report:
    """How the node is.

    :ivar state: in a few words, for when all is well.
    :ivar findings: what is not well.
    :ivar hardware: the camera, by its topic.
    :ivar values: figures by their names.
    """

    state: str
    findings: tuple[Finding, ...]
    hardware: str
    values: Mapping[str, object]


class Diagnostics:
    """Publishes a report of a node once a second, on a steady clock.

    :param node: the node.
    :param report: gives the report; called before each message.
    """

    def __init__(self, node: Node, report: Callable[[], Report]):
        self._node = node
        self._report = report
        self._publisher = node.create_publisher(
            DiagnosticArray, '/diagnostics', QoSProfile(depth=10)
        )
        # A steady clock, so that it goes on without a /clock in simulated time too.
        node.create_timer(PERIOD, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish(self) -> None:
        message = DiagnosticArray(status=[self._status(self._report())])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _status(self, report: Report) -> DiagnosticStatus:
        findings = sorted(report.findings, key=lambda each: each.level, reverse=True)
        return DiagnosticStatus(
            level=findings[0].level if findings else OK,
            name=status_name(self._node.get_fully_qualified_name()),
            message='; '.join(each.text for each in findings) or report.state,
            hardware_id=report.hardware,
            values=[KeyValue(key=key, value=str(value)) for key, value in report.values.items()],
        )


def status_name(node: str) -> str:
    """Name of the status of a node, given the full name of that."""
    return f'{node.lstrip("/")}: head pose'


def load_values(load: Load | None) -> Iterator[tuple[str, str]]:
    """Figures of a load with their units; of none, a dash each."""
    numbers = {
        'camera rate (Hz)': load and f'{load.camera_rate:.1f}',
        'processed rate (Hz)': load and f'{load.rate:.1f}',
        'busy (%)': load and f'{100 * load.busy:.0f}',
        'work p50 (ms)': load and f'{1e3 * load.work[0]:.1f}',
        'work p95 (ms)': load and f'{1e3 * load.work[1]:.1f}',
        'latency from stamp p50 (ms)': load and f'{1e3 * load.latency[0]:.1f}',
        'latency from stamp p95 (ms)': load and f'{1e3 * load.latency[1]:.1f}',
    }
    yield from ((name, text or '-') for name, text in numbers.items())
