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
    soak,
    start_up,
)

COMMANDS = {
    'estimator': estimator_speed,
    'node': node_speed,
    'start': start_up,
    'crowd': crowd,
    'profile': profile,
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
