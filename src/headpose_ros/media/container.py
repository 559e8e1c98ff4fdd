# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Size of a video file in bytes according to its container: detects truncation reliably.

The duration does not: in a header it is often an estimate, or that of another stream.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_HEADER_BYTES = 32  # maximum, of an element
END_BYTES = 4096  # a page

# Top-level elements by container; any other ends the search.
_EBML_IDS = (0x1A45DFA3, 0x18538067, 0xEC)  # header, segment, padding
_RIFF_NAMES = (b'RIFF', b'JUNK')


def promised_bytes(path: Path) -> int:
    """Expected size in bytes of MP4, MOV, Matroska, WebM and AVI files.

    :return: 0 if unknown, as for live recordings and other formats.
    :raises OSError: the file cannot be read.
    """
    with path.open('rb') as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(12)
        length_of = _length_of(start)
        if length_of is None:
            return 0
        position = 0
        while position < size:
            length = length_of(_read(file, position))
            if not length:
                break
            position += length
        return position


def _length_of(start: bytes) -> Callable[[bytes], int] | None:
    if start[:4] == b'RIFF':
        return _riff_length
    if start[:4] == b'\x1aE\xdf\xa3':
        return _ebml_length
    return _box_length if start[4:8] in (b'ftyp', b'moov', b'wide') else None


def _read(file: BinaryIO, position: int) -> bytes:
    file.seek(position)
    return file.read(_HEADER_BYTES)


def _riff_length(header: bytes) -> int:
    length = int.from_bytes(header[4:8], 'little')
    if header[:4] not in _RIFF_NAMES or length in (0, 2**32 - 1):  # never filled in
        return 0
    return 8 + length + length % 2


def _ebml_length(header: bytes) -> int:
    name, id_bytes = _vint(header, keeps_marker=True)
    length, length_bytes = _vint(header[id_bytes:], keeps_marker=False)
    if name not in _EBML_IDS or length == 2 ** (7 * length_bytes) - 1:  # all ones: unknown
        return 0
    return id_bytes + length_bytes + length


def _vint(data: bytes, keeps_marker: bool) -> tuple[int, int]:
    """An EBML number, and its length in bytes: number of leading zeros plus one."""
    if not data or not data[0]:
        return 0, 1
    count = 9 - data[0].bit_length()
    number = int.from_bytes(data[:count], 'big')
    return (number if keeps_marker else number - (1 << (7 * count))), count


def _box_length(header: bytes) -> int:
    length = int.from_bytes(header[:4], 'big')  # 0: to the end of the file
    if not header[4:8].isalnum():
        return 0
    return int.from_bytes(header[8:16], 'big') if length == 1 else length


def has_empty_end(path: Path) -> bool:
    """Whether a file ends in zeros: preallocated by an incomplete copy."""
    with path.open('rb') as file:
        file.seek(max(0, path.stat().st_size - END_BYTES))
        return not any(file.read())
