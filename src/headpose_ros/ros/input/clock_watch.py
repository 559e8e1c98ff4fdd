# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether simulated time goes on, where a node takes it from ``/clock``."""

import time

from rclpy.node import Node

CLOCK = '/clock'
PATIENCE = 3.0  # seconds in which the clock may stand still, as before it is discovered


class ClockWatch:
    """Looks now and then at the clock of a node."""

    def __init__(self, node: Node):
        self._node = node
        self._last = 0  # nanoseconds of its clock
        self._since = time.monotonic()

    def problem(self) -> str:
        """Why no simulated time goes by, and what to do; empty where it does or is not used."""
        clock = self._node.get_clock()
        if not clock.ros_time_is_active:
            return ''
        now = clock.now().nanoseconds
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        if time.monotonic() - self._since < PATIENCE:
            return ''
        if self._node.count_publishers(CLOCK):
            return f'{CLOCK} stands still at {now * 1e-9:.1f} s; is it paused?'
        return (
            f'no {CLOCK}: use_sim_time is true, and nobody publishes it; start the simulator, or '
            'ros2 bag play --clock, or leave use_sim_time out'
        )
