# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What can be read of bags that were cut short, which rosbags does not open.

A recorder that lost its power leaves an MCAP file without the index at its end, and a copy that
broke off an SQLite file with pages missing. What comes before is as good as ever.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

Recorded = tuple[str, str, int, bytes]  # topic, type, time in nanoseconds, serialized message


def readable_messages(path: Path) -> Iterator[Recorded]:
    """The messages of a storage file in their order, up to where it breaks.

    :param path: of a .mcap file, which takes the library mcap, or a .db3 file.
    """
    read = _read_mcap if path.suffix == '.mcap' else _read_sqlite
    try:
        yield from read(path)
    except Exception:  # of many classes, which differ with what is broken
        return


def _read_mcap(path: Path) -> Iterator[Recorded]:
    from mcap.reader import NonSeekingReader

    with path.open('rb') as file:
        messages = NonSeekingReader(file).iter_messages(log_time_order=False)
        for schema, channel, message in messages:
            yield channel.topic, schema.name if schema else '', message.log_time, message.data


def _read_sqlite(path: Path) -> Iterator[Recorded]:
    connection = sqlite3.connect(f'{path.resolve().as_uri()}?mode=ro', uri=True)
    try:
        # Otherwise SQLite refuses a file that is shorter than its header says.
        connection.execute('PRAGMA writable_schema = ON')
        yield from connection.execute(
            'SELECT name, type, timestamp, data FROM messages JOIN topics '
            'ON topics.id = topic_id ORDER BY messages.id'
        )
    finally:
        connection.close()
