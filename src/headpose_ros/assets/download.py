# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Downloads networks on request, verified by checksum."""

from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from headpose_ros.assets.bundle import Asset
from headpose_ros.errors import DownloadError

TIMEOUT = 30.0  # seconds without data


def fetch(asset: Asset, url: str, out: Path) -> None:
    """Download a file unless it exists already; reports on standard output.

    :raises DownloadError: the download failed; ``out`` is unchanged.
    """
    if out.is_dir():
        raise DownloadError(f'{out} is a folder; specify a file')
    if out.is_file() and asset.matches(out.read_bytes()):
        print(f'{out} is up to date (checksum OK)')
        return
    over = ', replacing the existing file' if out.exists() else ''
    print(f'downloading {url} ({asset.size / 1e6:.1f} MB) to {out}{over}')
    print(asset.terms, flush=True)
    try:
        _retrieve(asset, url, out)
    except KeyboardInterrupt:
        raise DownloadError('interrupted; nothing was kept') from None
    except requests.RequestException as error:
        raise DownloadError(
            f'{url} cannot be downloaded ({_cause(error)}); check the URL and the connection, and '
            'try again'
        ) from error
    except OSError as error:
        raise DownloadError(f'{out} cannot be written: {_cause(error)}') from error
    except ValueError as error:
        raise DownloadError(
            f'{url} is not the expected file: wrong checksum'
        ) from error
    print(f'wrote {out} (checksum OK)')


def _retrieve(asset: Asset, url: str, out: Path) -> None:
    pooch.get_logger().setLevel('ERROR')  # reported above
    with tqdm(total=asset.size, unit='B', unit_scale=True, leave=False, disable=None) as bar:
        downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)
        pooch.retrieve(url, f'sha256:{asset.sha256}', out.name, out.parent, downloader=downloader)
    out.chmod(0o644)  # readable by nodes of other users; pooch makes it private


def _cause(error: BaseException) -> BaseException:
    """Root cause of an error: requests wraps it several times."""
    while error.__context__ is not None:
        error = error.__context__
    return error
