# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
