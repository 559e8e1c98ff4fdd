# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m headpose_ros``: the command line without its script."""

import sys

from headpose_ros.cli.main import run_process

if __name__ == '__main__':
    sys.exit(run_process())
