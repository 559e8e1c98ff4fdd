# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Expected errors of the benchmarks."""

from headpose_ros.errors import HeadPoseError


class BenchmarkError(HeadPoseError, RuntimeError):
    """A measurement is impossible or failed; the message is for the user."""
