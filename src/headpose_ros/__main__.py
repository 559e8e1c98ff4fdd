# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m headpose_ros``: the command line without its script."""

import signal
import sys


def main() -> int:
    """Run the command of the process; its exit code."""
    try:
        from headpose_ros.cli.main import run_process

        return run_process()
    except KeyboardInterrupt:  # before any command has begun
        return 128 + signal.SIGINT
    except ModuleNotFoundError as error:
        sys.exit(
            f'error: {error}; install what headpose_ros needs with pip install -r '
            'requirements.txt, in the folder of its sources'
        )


if __name__ == '__main__':
    sys.exit(main())
