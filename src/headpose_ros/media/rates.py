# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Plausibility of the rates reported by sources."""

DEFAULT_RATE = 30.0  # Hz, for sources that report none
MAX_RATE = 240.0  # Hz, maximum plausible rate


def is_believed(rate: float) -> bool:
    """Whether a reported rate, Hz, is plausible."""
    # Some drivers report -1, and some containers their time base.
    return 0.0 < rate <= MAX_RATE
