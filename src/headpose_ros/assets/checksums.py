# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``SHA256SUMS``: checksums of the model files next to it, in the format of ``sha256sum``."""

import hashlib
from pathlib import Path

from headpose_ros.errors import ChecksumError

NAME = 'SHA256SUMS'


def check_listed(path: Path, content: bytes) -> None:
    """Check a file against the manifest next to it.

    :raises ChecksumError: wrong checksum, or not listed.
    """
    manifest = path.with_name(NAME)
    try:
        listed = read_checksums(manifest)
    except (OSError, ValueError) as error:
        raise ChecksumError(f'{manifest} cannot be read: {error}') from error
    if path.name not in listed:
        raise ChecksumError(f'not listed in {manifest}')
    if listed[path.name] != checksum_of(content):
        raise ChecksumError(f'checksum differs from {manifest}')


def read_checksums(manifest: Path) -> dict[str, str]:
    """File name to checksum."""
    listed = {}
    for line in manifest.read_text(encoding='utf-8').splitlines():
        checksum, separator, name = line.partition('  ')
        if not separator:
            raise ValueError(f'{line!r} is not a line of sha256sum')
        listed[name] = checksum
    return listed


def checksum_of(content: bytes) -> str:
    """SHA-256 of a file, as printed by ``sha256sum``."""
    return hashlib.sha256(content).hexdigest()
