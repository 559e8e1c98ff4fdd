# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tests that run side by side never share a ROS domain."""

import subprocess
import sys
from pathlib import Path

from ros_domain import DOMAINS, Domain

TAKE_40 = '''
from ros_domain import Domain
taken = [Domain() for _ in range(40)]
print(*(domain.number for domain in taken), flush=True)
input()
'''


def test_no_domain_is_given_twice_until_it_is_given_back():
    taken = [Domain() for _ in range(8)]
    other = subprocess.Popen(
        [sys.executable, '-c', TAKE_40],
        cwd=Path(__file__).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        theirs = {int(number) for number in other.stdout.readline().split()}
        taken += [Domain() for _ in range(40)]
        ours = {domain.number for domain in taken}
        assert len(ours) == 48 and len(theirs) == 40
        assert not ours & theirs
        assert ours | theirs <= set(DOMAINS)
    finally:
        other.kill()
        other.wait()
        for domain in taken:
            domain.close()
    # What a killed process held is free again, as is what was given back.
    again = [Domain() for _ in range(60)]
    for domain in again:
        domain.close()
