# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Track IDs of people, valid in topic and TF frame names."""

import itertools
import re

# Prefixes with which an ID remains one level of a topic name (at most 247 characters).
PREFIX = re.compile(r'([A-Za-z_]\w{0,63})?', re.ASCII)


class TrackIds:
    """Generates track IDs ``f1``, ``f2`` and so on, never reused.

    >>> ids = TrackIds('front_')
    >>> next(ids), next(ids)
    ('front_f1', 'front_f2')

    :param prefix: distinguishes several cameras.
    :raises ValueError: the prefix cannot begin a level of a topic name.
    """

    def __init__(self, prefix: str = ''):
        check_prefix(prefix)
        self._prefix = prefix
        self._numbers = itertools.count(1)

    def __iter__(self) -> 'TrackIds':
        return self

    def __next__(self) -> str:
        return f'{self._prefix}f{next(self._numbers)}'


def check_prefix(prefix: str) -> None:
    """Raise ``ValueError`` unless IDs with this prefix are valid in topic names."""
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise ValueError(
            f'id_prefix is {prefix!r}; expected letters, digits and _ (no leading digit, at most '
            '64), such as front_: track IDs are part of topic and TF frame names'
        )
