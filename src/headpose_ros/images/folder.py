# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image files in a folder, and what else is in it."""

from pathlib import Path

from PIL import Image

from headpose_ros.errors import SourceError
from headpose_ros.images.compressed import is_read_by_opencv
from headpose_ros.images.file_kind import HEIC, kind_of

# Files with these suffixes count as images even if damaged beyond recognition; others only if
# recognised.
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')
# Recognised by Pillow, but read only with other programs or not at all.
_UNREADABLE_FORMATS = ('BUFR', 'EPS', 'GRIB', 'HDF5', 'MPEG', 'WMF')
_MAX_NAMED = 20  # other files named in the message


def is_image(path: Path) -> bool:
    """Whether a file is an image, by name or magic bytes."""
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        if kind_of(path) is HEIC:
            return True
        with Image.open(path) as image:
            return image.format not in _UNREADABLE_FORMATS
    except Exception:  # Pillow may raise anything for other files
        return is_read_by_opencv(path)


def images_of(folder: Path) -> tuple[list[Path], str]:
    """Image files in a folder by name, without hidden files.

    :return: the files, and what else is in the folder, as text; empty if nothing.
    :raises SourceError: there are none.
    """
    images: list[Path] = []
    rest: list[Path] = []
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith('.')):
        (images if path.is_file() and is_image(path) else rest).append(path)
    if not images:
        there = f', only {_named(rest)}' if rest else ''
        raise SourceError(f'{folder}: no images in this folder{there}')
    skipped = f'{folder}: {len(rest)} skipped, not images: {_named(rest)}' if rest else ''
    return images, skipped


def _named(paths: list[Path]) -> str:
    names = [f'{path.name} (a folder)' if path.is_dir() else path.name for path in paths]
    return listed(names, _MAX_NAMED)


def listed(names: list[str], most: int) -> str:
    """The first names, and the number of the others."""
    more = f' and {len(names) - most} more' if len(names) > most else ''
    return ', '.join(names[:most]) + more
