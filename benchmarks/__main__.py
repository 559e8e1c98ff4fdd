# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Measures the cost of nodes and core on this machine."""

import sys

from benchmarks import (
    crowd,
    depth,
    empty_rooms,
    estimator_speed,
    finding,
    landmark_extraction,
    node_speed,
    outputs,
    profile,
    report,
    shortcuts,
    soak,
    start_up,
)
from headpose_ros.cli.command_line import CommandLine

COMMANDS = {
    'estimator': estimator_speed,
    'node': node_speed,
    'start': start_up,
    'crowd': crowd,
    'profile': profile,
    'shortcuts': shortcuts,
    'finding': finding,
    'outputs': outputs,
    'empty': empty_rooms,
    'depth': depth,
    'landmarks': landmark_extraction,
    'report': report,
    'soak': soak,
}

if __name__ == '__main__':
    app = CommandLine(help=__doc__, no_args_is_help=True)
    for name, module in COMMANDS.items():
        app.command(name, help=module.__doc__)(module.run)
    sys.exit(app.run('python -m benchmarks'))
