# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``SHA256SUMS``: checksums of the model files beside it, as ``sha256sum --check`` reads them."""

import hashlib
from pathlib import Path

from headpose_ros.errors import ChecksumError

NAME = 'SHA256SUMS'


def check_listed(path: Path, content: bytes) -> None:
    """Make sure that a file is the one that the manifest beside it names.

    :raises ChecksumError: it is another one, or the manifest does not name it.
    """
    manifest = path.with_name(NAME)
    try:
        listed = read_checksums(manifest)
    except (OSError, ValueError) as error:
        raise ChecksumError(f'{manifest} cannot be read: {error}') from error
    if path.name not in listed:
        raise ChecksumError(f'{manifest} has no checksum of it')
    if listed[path.name] != checksum_of(content):
        raise ChecksumError(f'its checksum is not the one in {manifest}')


def read_checksums(manifest: Path) -> dict[str, str]:
    """Name of each file to its checksum."""
    listed = {}
    for line in manifest.read_text(encoding='utf-8').splitlines():
        checksum, separator, name = line.partition('  ')
        if not separator:
            raise ValueError(f'{line!r} is no line of sha256sum')
        listed[name] = checksum
    return listed


def checksum_of(content: bytes) -> str:
    """SHA-256 of a file, as ``sha256sum`` writes it."""
    return hashlib.sha256(content).hexdigest()
