# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Quiet for libraries that write notes to the terminal which no setting silences."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2, by C++ code too."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
