# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters given to a node that does not declare them, which ROS ignores silently.

They are in ``Node._parameter_overrides``, which is private to rclpy: the public API returns
declared parameters only, or declares all that were given. Tested with rclpy 7.1 (Jazzy) and 9.1
(Kilted); where it is gone, ``test/test_rclpy_extras.py`` fails and nothing is reported.
"""

import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from rclpy.node import Node

FILE_OPTION = '--params-file'
SECTION = 'ros__parameters'


def unused_parameters(node: Node, args: list[str] | None) -> Iterator[str]:
    """Warnings about parameters that have no effect, with the closest declared name.

    :param node: with all its parameters declared.
    :param args: command line; ``None`` for that of the process.
    """
    known = node.get_parameters_by_prefix('')
    for name in getattr(node, '_parameter_overrides', ()):
        if name not in known and not name.startswith('qos_overrides.'):
            yield f'unknown parameter {name!r}; {_nearest(name, sorted(known))}'
    words = sys.argv if args is None else args
    files = [file for option, file in pairwise(words) if option == FILE_OPTION]
    own = node.get_fully_qualified_name()
    for file in files:
        names = list(_node_names(yaml.safe_load(Path(file).read_text(encoding='utf-8'))))
        if names and not any(_matches(own, name) for name in names):
            yield (
                f'{file} has parameters for {", ".join(names)} but none for {own}, so it is '
                'ignored; use the name of this node, or /** for all nodes'
            )


def _nearest(name: str, known: list[str]) -> str:
    nearest = get_close_matches(name, known, 1)
    return f'did you mean {nearest[0]!r}?' if nearest else f'known: {", ".join(known)}'


def _node_names(content: Any, above: str = '') -> Iterator[str]:
    """Full names of the nodes, or patterns, with a section in a file."""
    for key, value in content.items() if isinstance(content, dict) else ():
        if key == SECTION:
            yield above
        else:
            yield from _node_names(value, f'{above}/{str(key).strip("/")}')


def _matches(node: str, pattern: str) -> bool:
    """Whether a pattern matches a node name: * is one token, ** any number of them."""
    parts = {'*': '/[^/]+', '**': '(/[^/]+)*'}
    expression = ''.join(parts.get(p, '/' + re.escape(p)) for p in pattern.split('/')[1:])
    return re.fullmatch(expression, node) is not None
