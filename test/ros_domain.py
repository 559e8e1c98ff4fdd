# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""ROS domains that nobody else uses, be it another worker or another run of the tests."""

import fcntl
import os
import random
import tempfile
from pathlib import Path
from typing import IO

# Domains whose ports Linux never gives to somebody else, less the default one.
DOMAINS = range(1, 102)

# Each process goes through them in an order of its own, so that one that was just given back, and
# still has something to say, is not the next one's.
_order = random.Random(os.getpid()).sample(DOMAINS, len(DOMAINS))


class Domain:
    """A domain that is this process's until it is closed.

    A lock on a file holds it, which the system opens when the process ends, however it ends.
    """

    def __init__(self) -> None:
        self.number, self._lock = _take()

    def close(self) -> None:
        self._lock.close()


def _take() -> tuple[int, IO]:
    for number in list(_order):
        _order.remove(number)
        _order.append(number)
        try:
            lock = (Path(tempfile.gettempdir()) / f'headpose_ros_domain_{number}').open('a')
        except PermissionError:  # another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, lock
        except BlockingIOError:
            lock.close()
    raise RuntimeError(f'all ROS domains from 1 to {DOMAINS[-1]} are in use by other tests')
