# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Silences libraries that print to the terminal and have no setting for it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Discard output to file descriptor 2, including that of C++ code."""
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
