# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Track IDs of people: texts that are valid in the names of topics and TF frames."""

import itertools
import re

# What may stand before them, so that an ID is one level of a topic's name (which has 247
# characters at most).
PREFIX = re.compile(r'([A-Za-z_]\w{0,63})?', re.ASCII)


class TrackIds:
    """Gives track IDs, ``f1``, ``f2`` and so on, none twice.

    >>> ids = TrackIds('front_')
    >>> next(ids), next(ids)
    ('front_f1', 'front_f2')

    :param prefix: put before them, to tell several cameras apart.
    :raises ValueError: the prefix cannot begin a level of a topic's name.
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
    """Raise ``ValueError`` unless IDs that begin so are valid in the names of topics."""
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise ValueError(
            f'id_prefix is {prefix!r}; want letters, digits and _ (no digit first, 64 at most), '
            'as track IDs are part of the names of topics and TF frames, such as front_'
        )
