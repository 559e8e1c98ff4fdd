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

"""Warnings of the core in the log of a node, where somebody reads them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rclpy.node import Node

_CORE = Path(__file__).resolve().parents[1]


@contextmanager
def core_warnings_logged(node: Node) -> Iterator[None]:
    """Log what the core warns of; what other packages say to programmers is left out."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always', UserWarning)
        try:
            yield
        finally:
            for warning in caught:
                if Path(warning.filename).resolve().is_relative_to(_CORE):
                    node.get_logger().warning(str(warning.message))
