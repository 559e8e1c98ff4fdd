# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Time stamps of messages."""

from typing import Any

STANDING_STILL = (
    'image timestamps are not advancing; smoothing disabled: have the camera driver stamp each '
    'image'
)


def stamp_seconds(header: Any) -> float:
    """Stamp of a std_msgs/Header, of rclpy or rosbags, in seconds."""
    return header.stamp.sec + header.stamp.nanosec * 1e-9
