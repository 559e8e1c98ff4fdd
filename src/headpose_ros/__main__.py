"""``python -m headpose_ros``: the command line without its script."""

import sys

from headpose_ros.command_line import run_process

if __name__ == '__main__':
    sys.exit(run_process())
