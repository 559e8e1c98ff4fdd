# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a user of the command line may expect to go wrong."""

from headpose_ros.errors import HeadPoseError


class TrainingError(HeadPoseError, ValueError):
    """Data or options that cannot be used; the message is one sentence that says what to do."""


class NoPlainFormError(TrainingError):
    """A scikit-learn regressor that cannot run as plain numpy steps."""
