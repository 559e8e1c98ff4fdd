# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Rates of sources, some of which tell none or nonsense."""

DEFAULT_RATE = 30.0  # Hz, for sources that do not tell their own
MAX_RATE = 240.0  # Hz, above which a rate that a source tells is not believed


def is_believed(rate: float) -> bool:
    """Whether a source may well have this rate, Hz."""
    # Some drivers say -1, and some containers name their time base.
    return 0.0 < rate <= MAX_RATE
