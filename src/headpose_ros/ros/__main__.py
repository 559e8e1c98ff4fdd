# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Entry points of the nodes: ``python -m headpose_ros.ros NODE``, and the ROS executables.

The imports of a node take a second, during which Ctrl-C exits as cleanly as later on.
"""

import os
import signal
import sys
from functools import partial
from importlib import import_module

NODES = ('headpose_node', 'camera_node', 'view_node', 'faces_node')


def start(name: str) -> int:
    """Import a node and run it; return the exit code of the process."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))  # nothing to clean up yet
    return import_module(f'headpose_ros.ros.{name}').main()


headpose_node, camera_node, view_node, faces_node = (partial(start, name) for name in NODES)


if __name__ == '__main__':
    if len(sys.argv) < 2 or sys.argv[1] not in NODES:
        sys.exit(f'usage: python -m headpose_ros.ros {{{",".join(NODES)}}} [--ros-args ...]')
    sys.exit(start(sys.argv.pop(1)))
