# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""python -m benchmarks COMMAND: see --help of each."""

import argparse
import sys

from benchmarks import (
    crowd,
    estimator_speed,
    input_width,
    landmark_extraction,
    node_speed,
    profile,
    report,
    shortcuts,
    soak,
    start_up,
)

COMMANDS = {
    'estimator': estimator_speed,
    'node': node_speed,
    'start': start_up,
    'crowd': crowd,
    'profile': profile,
    'shortcuts': shortcuts,
    'input_width': input_width,
    'landmarks': landmark_extraction,
    'report': report,
    'soak': soak,
}


def main() -> int:
    """Run the command that is named; the exit code of the process."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    for name, module in COMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=module.__doc__.partition('\n')[0]))
    arguments = parser.parse_args()
    return COMMANDS[arguments.command].run(arguments)


if __name__ == '__main__':
    sys.exit(main())
