# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Time stamps of messages."""

from typing import Protocol


class Time(Protocol):
    """A builtin_interfaces/Time, whoever made it."""

    sec: int
    nanosec: int


class Stamped(Protocol):
    """A std_msgs/Header, whoever made it, as far as its stamp goes."""

    stamp: Time


def stamp_seconds(header: Stamped) -> float:
    """Stamp of a header in seconds."""
    return header.stamp.sec + header.stamp.nanosec * 1e-9
