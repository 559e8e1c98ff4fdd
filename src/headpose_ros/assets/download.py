# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Download of networks: only when asked for, and only the right ones."""

from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from headpose_ros.assets.bundle import Asset
from headpose_ros.errors import DownloadError

TIMEOUT = 30.0  # seconds without a byte


def fetch(asset: Asset, url: str, out: Path) -> None:
    """Download a file unless it is there already, and say so on standard output.

    :raises DownloadError: nothing was fetched, and what ``out`` names is as it was.
    """
    if out.is_dir():
        raise DownloadError(f'{out} is a folder; name a file in it')
    if out.is_file() and asset.matches(out.read_bytes()):
        print(f'{out} is there already, and its checksum is right')
        return
    over = ', over the other file there' if out.exists() else ''
    print(f'downloading {url} ({asset.size / 1e6:.1f} MB) to {out}{over}')
    print(asset.terms, flush=True)
    try:
        _retrieve(asset, url, out)
    except KeyboardInterrupt:
        raise DownloadError('interrupted; nothing was kept') from None
    except requests.RequestException as error:
        raise DownloadError(
            f'{url} cannot be downloaded ({_cause(error)}); check the address and the '
            'connection, and try again'
        ) from error
    except OSError as error:
        raise DownloadError(f'{out} cannot be written: {_cause(error)}') from error
    except ValueError as error:
        raise DownloadError(
            f'{url} is not the file that is wanted: its checksum is wrong'
        ) from error
    print(f'wrote {out}; its checksum is right')


def _retrieve(asset: Asset, url: str, out: Path) -> None:
    pooch.get_logger().setLevel('ERROR')  # what it would say is said above
    with tqdm(total=asset.size, unit='B', unit_scale=True, leave=False, disable=None) as bar:
        downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)
        pooch.retrieve(url, f'sha256:{asset.sha256}', out.name, out.parent, downloader=downloader)
    out.chmod(0o644)  # for the node of another user; pooch leaves it to the owner


def _cause(error: BaseException) -> BaseException:
    """What it began with: requests says it after all that followed from it."""
    while error.__context__ is not None:
        error = error.__context__
    return error
