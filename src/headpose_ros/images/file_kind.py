# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""File type by magic bytes, regardless of the name."""

from pathlib import Path
from typing import NamedTuple

_START_BYTES = 32

# Brands of the ISO base media file format, shared by MP4 and HEIC.
_HEIC_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'mif1', b'msf1')
_AVIF_BRANDS = (b'avif', b'avis')


class FileKind(NamedTuple):
    """Type of a file that could not be read as expected."""

    name: str
    cure: str
    command: str = ''  # of headpose for such files; empty if none


EMPTY = FileKind('empty (0 bytes)', 'copy or record it again')
HEIC = FileKind(
    'an HEIC photo, the default of iPhones',
    'install pillow-heif (pip install pillow-heif) or convert the photo to JPEG', 'image',
)
AVIF = FileKind('an AVIF image', 'install Pillow 11.3 or later, or convert it to JPEG', 'image')
_STARTS = {
    b'\x1aE\xdf\xa3': FileKind('a Matroska or WebM video', 'use headpose video', 'video'),
    b'\x00\x00\x00\x0cJXL ': FileKind('a JPEG XL image', 'convert it to JPEG', 'image'),
    b'\xff\x0a': FileKind('a JPEG XL image', 'convert it to JPEG', 'image'),
    b'\x89MCAP0': FileKind('a bag', 'use headpose bag', 'bag'),
    b'SQLite format 3': FileKind('a bag or another SQLite file', 'use headpose bag', 'bag'),
    b'#ROSBAG V2.0': FileKind('a ROS 1 bag', 'headpose bag says how to convert it', 'bag'),
    b'%PDF': FileKind('a PDF document', 'save its pages as JPEG or PNG'),
    b'<svg': FileKind('an SVG drawing', 'save it as PNG'),
}


def kind_of(path: Path) -> FileKind | None:
    """Kind of a file; ``None`` if not recognised here.

    :raises OSError: the file cannot be read.
    """
    with path.open('rb') as file:
        start = file.read(_START_BYTES)
    if not start:
        return EMPTY
    if start[4:8] == b'ftyp':
        if start[8:12] in _HEIC_BRANDS:
            return HEIC
        if start[8:12] in _AVIF_BRANDS:
            return AVIF
        return FileKind('an MP4 or MOV video', 'use headpose video', 'video')
    if start[:4] == b'RIFF' and start[8:12] == b'AVI ':
        return FileKind('an AVI video', 'use headpose video', 'video')
    return next((kind for magic, kind in _STARTS.items() if start.startswith(magic)), None)
