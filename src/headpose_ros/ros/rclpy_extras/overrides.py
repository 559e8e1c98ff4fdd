# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters that a node was given and does not have, which ROS passes over in silence.

What was given is in ``Node._parameter_overrides``, which is private of rclpy: its interface gives
what is declared alone, or declares all that was given. Tried on rclpy 7.1 (Jazzy) and 9.1
(Kilted); where it is no longer there, ``test/test_rclpy_extras.py`` fails and nothing is named.
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
    """Sentences about what a node was given in vain, with the nearest name that it has.

    :param node: all of whose parameters are declared.
    :param args: of the command line; ``None`` for those of the process.
    """
    known = node.get_parameters_by_prefix('')
    for name in getattr(node, '_parameter_overrides', ()):
        if name not in known and not name.startswith('qos_overrides.'):
            yield f'there is no parameter {name!r}; {_nearest(name, sorted(known))}'
    words = sys.argv if args is None else args
    files = [file for option, file in pairwise(words) if option == FILE_OPTION]
    own = node.get_fully_qualified_name()
    for file in files:
        names = list(_node_names(yaml.safe_load(Path(file).read_text(encoding='utf-8'))))
        if names and not any(_matches(own, name) for name in names):
            yield (
                f'{file} has parameters for {", ".join(names)} and none for {own}, so nothing of '
                'it is used; name this node, or /** for all'
            )


def _nearest(name: str, known: list[str]) -> str:
    nearest = get_close_matches(name, known, 1)
    return f'did you mean {nearest[0]!r}?' if nearest else f'known: {", ".join(known)}'


def _node_names(content: Any, above: str = '') -> Iterator[str]:
    """Full names of the nodes, or patterns, that have a section in a file."""
    for key, value in content.items() if isinstance(content, dict) else ():
        if key == SECTION:
            yield above
        else:
            yield from _node_names(value, f'{above}/{str(key).strip("/")}')


def _matches(node: str, pattern: str) -> bool:
    """Whether a pattern is about a node: * is one part of a name, ** any number of them."""
    parts = {'*': '/[^/]+', '**': '(/[^/]+)*'}
    expression = ''.join(parts.get(p, '/' + re.escape(p)) for p in pattern.split('/')[1:])
    return re.fullmatch(expression, node) is not None
