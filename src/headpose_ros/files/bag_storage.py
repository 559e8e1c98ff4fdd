# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a rosbag2 is on disk: which files it has, whether they are compressed, what is in them.

zstd is told by how a file or a message starts, not by the metadata, of which a recorder that was
killed leaves none.
"""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from headpose_ros.errors import SourceError

METADATA = 'metadata.yaml'
STORAGE_SUFFIXES = ('.mcap', '.db3')
ROS1_SUFFIX = '.bag'
ZSTD_SUFFIXES = ('.zstd', '.zst')
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'  # no serialized message starts so

WANTED = (
    f'a folder with {METADATA}, or a file that ends in {" or ".join(STORAGE_SUFFIXES)}, with or '
    f'without {ZSTD_SUFFIXES[0]}'
)

Recorded = tuple[str, str, int, bytes]  # topic, type, time in nanoseconds, serialized message


def is_bag(path: Path) -> bool:
    """Whether a path looks like a bag, whole or not."""
    if path.is_dir():
        return (path / METADATA).is_file() or bool(storages(path))
    return _is_storage(path) or path.suffix == ROS1_SUFFIX


def storage_of(path: Path) -> Path:
    """What to open: a bag that was not ended has no metadata, and its file says all the same.

    :raises SourceError: it is no bag.
    """
    if not path.exists():
        raise SourceError(f'{path}: there is no such bag')
    if path.suffix == ROS1_SUFFIX:
        raise SourceError(
            f'{path} is a bag of ROS 1; convert it with: rosbags-convert --src {path} --dst '
            f'{path.with_suffix("")}'
        )
    if path.is_file() and not _is_storage(path):
        raise SourceError(f'{path} is not a rosbag2 file; want {WANTED}')
    if path.is_file() or (path / METADATA).is_file():
        return path
    found = storages(path)
    if not found:
        raise SourceError(f'{path} is not the folder of a bag: no {METADATA} in it')
    if len(found) > 1:
        raise SourceError(
            f'{path} has no {METADATA}; make it with: ros2 bag reindex {path}, or name one of its '
            f'files: {", ".join(each.name for each in found)}'
        )
    return found[0]


def storages(folder: Path) -> list[Path]:
    """Files of a bag in the order of their numbers, of which 10 comes after 9."""
    return sorted(
        filter(_is_storage, folder.iterdir()), key=lambda each: (len(each.name), each.name)
    )


def plain_storage(path: Path, scratch: Path) -> tuple[Path, str]:
    """A file of a bag without compression, and why it is not all of it.

    :param scratch: folder for what is decompressed.
    :return: ``path`` itself if it is not compressed; the reason is empty for a whole one.
    :raises SourceError: there is no room for it.
    """
    with path.open('rb') as file:
        if file.read(len(ZSTD_MAGIC)) != ZSTD_MAGIC:
            return path, ''
    plain = scratch / _plain_name(path)
    if plain.exists():  # from an earlier pass
        return plain, ''
    try:
        with _zstd().open(path) as packed, plain.open('wb') as unpacked:
            shutil.copyfileobj(packed, unpacked)
    except OSError as error:
        raise SourceError(
            f'{path} is compressed and cannot be decompressed into {scratch.parent} '
            f'({error.strerror}); set TMPDIR to a folder with more room'
        ) from error
    except (EOFError, _zstd().ZstdError) as error:
        return plain, f'its compression is damaged: {error}'
    return plain, ''


def plain_message(data: bytes) -> bytes:
    """A serialized message without compression."""
    return _zstd().decompress(data) if data[:len(ZSTD_MAGIC)] == ZSTD_MAGIC else data


def readable_messages(path: Path, scratch: Path) -> Iterator[Recorded]:
    """The messages of a file of a bag in their order, up to where it breaks.

    rosbags does not open what was cut short: a recorder that lost its power leaves an MCAP file
    without the index at its end, and a copy that broke off an SQLite file with pages missing.

    :param scratch: folder for what is decompressed.
    """
    plain, _ = plain_storage(path, scratch)
    read = _read_mcap if plain.suffix == '.mcap' else _read_sqlite
    with suppress(Exception):  # of many classes, which differ with what is broken
        yield from read(plain)


def _is_storage(path: Path) -> bool:
    return Path(_plain_name(path)).suffix in STORAGE_SUFFIXES


def _plain_name(path: Path) -> str:
    return path.stem if path.suffix in ZSTD_SUFFIXES else path.name


def _zstd() -> ModuleType:
    """The module that rosbags has brought along."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


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
