# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Download of the Face Landmarker's bundle: only when asked for, and only the right one."""

import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from headpose_ros.assets.bundle import SIZE, is_known
from headpose_ros.errors import DownloadError

TERMS = (
    "Google's model, Apache-2.0; its model cards: "
    'https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker#models'
)

TIMEOUT = 30.0  # seconds without a byte
CHUNK = 1 << 16  # bytes
MEGABYTE = 1e6  # bytes


def fetch_bundle(url: str, out: Path) -> None:
    """Download the bundle unless it is there already, and say so on standard output.

    It is written to ``<out>.part``, which becomes ``out`` once its checksum is right and is
    removed otherwise.

    :raises DownloadError: nothing was fetched, and what ``out`` names is as it was.
    """
    if _is_there(out):
        print(f'{out} is there already, and its checksum is right')
        return
    over = ', over the other file there' if out.exists() else ''
    print(f'downloading {url} ({SIZE / MEGABYTE:.1f} MB) to {out}{over}')
    print(TERMS, flush=True)
    part = out.with_name(out.name + '.part')
    try:
        _write(part, _download(url))
        if not is_known(part.read_bytes()):
            raise DownloadError(f'{url} is not the file that is wanted: its checksum is wrong')
        part.replace(out)
    except KeyboardInterrupt:
        raise DownloadError('interrupted; nothing was kept') from None
    except OSError as error:
        raise DownloadError(f'{out} cannot be written: {error.strerror}') from error
    finally:
        _remove(part)
    print(f'wrote {out}; its checksum is right')


def _is_there(out: Path) -> bool:
    try:
        return is_known(out.read_bytes())
    except IsADirectoryError as error:
        raise DownloadError(f'{out} is a folder; name a file in it') from error
    except OSError:
        return False


def _write(part: Path, chunks: Iterator[bytes]) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open('wb') as file:
        for chunk in chunks:
            file.write(chunk)


def _download(url: str) -> Iterator[bytes]:
    received = 0
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            wanted = int(response.headers.get('Content-Length', 0))
            while chunk := response.read(CHUNK):
                received += len(chunk)
                _show_progress(received)
                yield chunk
        if received < wanted:
            raise ConnectionError(f'only {received} of {wanted} bytes came')
    except urllib.error.HTTPError as error:
        raise DownloadError(f'{url} answers {error.code} {error.reason}') from error
    except urllib.error.URLError as error:
        raise DownloadError(f'{url} cannot be reached: {error.reason}') from error
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f'the download of {url} broke off: {error}; try again') from error
    except ValueError as error:
        raise DownloadError(f'{url} cannot be downloaded: {error}') from error


def _show_progress(received: int) -> None:
    if sys.stdout.isatty():
        end = '\n' if received == SIZE else ''
        print(f'\r{received / MEGABYTE:.1f} MB', end=end, flush=True)


def _remove(part: Path) -> None:
    with suppress(OSError):  # where it cannot be removed it could not be written either
        part.unlink(missing_ok=True)
