# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What may be expected to go wrong while measuring."""

from headpose_ros.errors import HeadPoseError


class BenchmarkError(HeadPoseError, RuntimeError):
    """It cannot be measured, or is not as it should be; the message is for the user."""
