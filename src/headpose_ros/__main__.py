# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m headpose_ros``: the command line without the installed script."""

import signal
import sys


def main() -> int:
    """Run the command line of the process and return its exit code."""
    try:
        from headpose_ros.cli.main import run_process

        return run_process()
    except KeyboardInterrupt:  # before any command started
        return 128 + signal.SIGINT
    except ModuleNotFoundError as error:
        sys.exit(
            f'error: {error}; install the dependencies of headpose_ros: pip install -r '
            'requirements.txt, in its source folder'
        )


if __name__ == '__main__':
    sys.exit(main())
