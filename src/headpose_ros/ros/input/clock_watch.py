# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether simulated time is advancing, where a node uses ``/clock``."""

import time

from rclpy.node import Node

CLOCK = '/clock'
PATIENCE = 3.0  # seconds the clock may stand still, as before it is discovered


class ClockWatch:
    """Checks the clock of a node, when polled."""

    def __init__(self, node: Node):
        self._node = node
        self._last = 0  # nanoseconds of its clock
        self._since = time.monotonic()

    def problem(self) -> str:
        """Why simulated time is not advancing, with the remedy; empty if it is, or is not used."""
        clock = self._node.get_clock()
        if not clock.ros_time_is_active:
            return ''
        now = clock.now().nanoseconds
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        if time.monotonic() - self._since < PATIENCE:
            return ''
        if self._node.count_publishers(CLOCK):
            return f'{CLOCK} is stuck at {now * 1e-9:.1f} s; is it paused?'
        return (
            f'no {CLOCK} publisher, but use_sim_time is true; start the simulator or ros2 bag '
            'play --clock, or leave use_sim_time out'
        )
