# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m training``."""

import sys

try:
    from training.cli import main

    if __name__ == '__main__':
        sys.exit(main())
except ImportError as error:
    sys.exit(
        f"error: {error}; install the training dependencies: pip install '.[training]'"
    )
