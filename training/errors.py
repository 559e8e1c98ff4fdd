# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Expected errors of the training command line."""

from headpose_ros.errors import HeadPoseError


class TrainingError(HeadPoseError, ValueError):
    """Unusable data or options; the message is one sentence that says what to do."""


class NoPlainFormError(TrainingError):
    """A scikit-learn regressor that cannot be converted to plain numpy steps."""
