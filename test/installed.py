# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Which packages of ROS 2 are there, for tests that need some of them."""

from importlib.util import find_spec

import pytest


def installed(*modules):
    return all(find_spec(module) for module in modules)


def needs(*modules):
    """Mark for tests that are skipped where one of these is missing."""
    missing = [module for module in modules if not installed(module)]
    reason = f'{" and ".join(missing)} not installed here: source a ROS 2 to have it'
    return pytest.mark.skipif(bool(missing), reason=reason)
