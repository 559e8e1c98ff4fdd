# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Warnings of the core in the log of a node, where somebody reads them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rclpy.node import Node

_CORE = Path(__file__).resolve().parents[2]


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
