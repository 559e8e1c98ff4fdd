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


def images_of(folder: Path) -> list[Path]:
    """Image files in a folder by name, without hidden files.

    :raises SourceError: there are none.
    """
    images, rest = _sorted_out(folder)
    if not images:
        there = f', only {_named(rest)}' if rest else ''
        raise SourceError(f'{folder}: no images in this folder{there}')
    return images


def rest_of(folder: Path) -> str:
    """Other contents of a folder, as text; empty if none."""
    _, rest = _sorted_out(folder)
    return f'{folder}: {len(rest)} skipped, not images: {_named(rest)}' if rest else ''


def _sorted_out(folder: Path) -> tuple[list[Path], list[Path]]:
    shown = sorted(path for path in folder.iterdir() if not path.name.startswith('.'))
    images = [path for path in shown if path.is_file() and is_image(path)]
    return images, [path for path in shown if path not in set(images)]


def _named(paths: list[Path]) -> str:
    names = [f'{path.name} (a folder)' if path.is_dir() else path.name for path in paths]
    more = f' and {len(names) - _MAX_NAMED} more' if len(names) > _MAX_NAMED else ''
    return ', '.join(names[:_MAX_NAMED]) + more
