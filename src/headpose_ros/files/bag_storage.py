# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""rosbag2 on disk: its files, their compression and their messages.

zstd is recognised by magic bytes, not from the metadata, which a killed recorder does not write.
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
    f'a folder with {METADATA}, or a {" or ".join(STORAGE_SUFFIXES)} file, with or without '
    f'{ZSTD_SUFFIXES[0]}'
)

Recorded = tuple[str, str, int, bytes]  # topic, type, time in nanoseconds, serialized message


def is_bag(path: Path) -> bool:
    """Whether a path looks like a bag, intact or not."""
    if path.is_dir():
        return (path / METADATA).is_file() or bool(storages(path))
    return _is_storage(path) or path.suffix == ROS1_SUFFIX


def storage_of(path: Path) -> Path:
    """What to open; an interrupted recording has no metadata, but its storage file is enough.

    :raises SourceError: it is not a bag.
    """
    if not path.exists():
        raise SourceError(f'{path}: no such bag')
    if path.suffix == ROS1_SUFFIX:
        raise SourceError(
            f'{path} is a ROS 1 bag; convert it: rosbags-convert --src {path} --dst '
            f'{path.with_suffix("")}'
        )
    if path.is_file() and not _is_storage(path):
        raise SourceError(f'{path} is not a rosbag2 file; expected {WANTED}')
    if path.is_file() or (path / METADATA).is_file():
        return path
    found = storages(path)
    if not found:
        raise SourceError(f'{path} is not a bag folder: it has no {METADATA}')
    if len(found) > 1:
        raise SourceError(
            f'{path} has no {METADATA}; run ros2 bag reindex {path}, or specify one of its files: '
            f'{", ".join(each.name for each in found)}'
        )
    return found[0]


def storages(folder: Path) -> list[Path]:
    """Files of a bag in numerical order, 10 after 9."""
    return sorted(
        filter(_is_storage, folder.iterdir()), key=lambda each: (len(each.name), each.name)
    )


def plain_storage(path: Path, scratch: Path) -> tuple[Path, str]:
    """A bag file without compression, and why it is incomplete.

    :param scratch: folder for the decompressed file.
    :return: ``path`` itself if uncompressed; the reason is empty if complete.
    :raises SourceError: not enough disk space.
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
            f'({error.strerror}); set TMPDIR to a folder with more space'
        ) from error
    except (EOFError, _zstd().ZstdError) as error:
        return plain, f'corrupt zstd data: {error}'
    return plain, ''


def plain_message(data: bytes) -> bytes:
    """A serialized message without compression."""
    return _zstd().decompress(data) if data[:len(ZSTD_MAGIC)] == ZSTD_MAGIC else data


def readable_messages(path: Path, scratch: Path) -> Iterator[Recorded]:
    """Messages of a bag file in order, up to where it is damaged.

    rosbags does not open truncated files: a recorder that lost power leaves an MCAP file without
    its index, an interrupted copy an SQLite file with missing pages.

    :param scratch: folder for the decompressed file.
    """
    plain, _ = plain_storage(path, scratch)
    read = _read_mcap if plain.suffix == '.mcap' else _read_sqlite
    with suppress(Exception):  # of many classes, depending on the damage
        yield from read(plain)


def _is_storage(path: Path) -> bool:
    return Path(_plain_name(path)).suffix in STORAGE_SUFFIXES


def _plain_name(path: Path) -> str:
    return path.stem if path.suffix in ZSTD_SUFFIXES else path.name


def _zstd() -> ModuleType:
    """The zstd module that rosbags depends on."""
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
        # Otherwise SQLite refuses a file shorter than its header says.
        connection.execute('PRAGMA writable_schema = ON')
        yield from connection.execute(
            'SELECT name, type, timestamp, data FROM messages JOIN topics '
            'ON topics.id = topic_id ORDER BY messages.id'
        )
    finally:
        connection.close()
