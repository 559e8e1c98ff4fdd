# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose_node`` without one of its shortcuts, for comparison.

Run as ``python -m benchmarks.plain_node SHORTCUT``, a key of ``PLAIN``.
"""

import sys

from headpose_ros.ros import headpose_node
from headpose_ros.ros.input import camera_info_input, image_input
from headpose_ros.ros.output import publishers


def _without_burst() -> None:
    image_input.TURN = 0.0


def _without_events() -> None:
    image_input.NO_SUBSCRIPTION_EVENTS = camera_info_input.NO_SUBSCRIPTION_EVENTS = None
    publishers.NO_PUBLISHER_EVENTS = None


PLAIN = {'burst': _without_burst, 'events': _without_events}


if __name__ == '__main__':
    PLAIN[sys.argv.pop(1)]()
    sys.exit(headpose_node.main())
