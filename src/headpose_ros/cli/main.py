# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Command line of the package: ``headpose``, or ``python -m headpose_ros``."""

import argparse
import os
import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

from headpose_ros.assets.bundle import URL, VARIABLE, default_path
from headpose_ros.assets.download import fetch_bundle
from headpose_ros.cli.files import add_commands
from headpose_ros.cli.info import add_info
from headpose_ros.errors import (
    DetectorUnavailableError,
    DownloadError,
    FileError,
    ModelError,
    SourceError,
)

EXPECTED = (DetectorUnavailableError, DownloadError, FileError, ModelError, SourceError)


def main(args: list[str] | None = None) -> int:
    """Run a subcommand.

    :param args: of the command line; ``None`` for those of the process.
    :return: exit code of the process: 0, or 1 with one sentence on standard error; as a shell
        has it where the command was stopped, 130 by Ctrl-C and 141 by the end of its reader.
    """
    options = _parser().parse_args(args)
    try:
        options.run(options)
    except EXPECTED as error:
        return _refuse(str(error))
    except BrokenPipeError:
        # Python writes out what it has kept once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        return _refuse(f'{error.filename}: {error.strerror}' if error.filename else str(error))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def run_process() -> int:
    """Run the subcommand of the process, which SIGTERM ends as tidily as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _end)
    warnings.showwarning = _warn
    return main()


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f'warning: {message}', file=sys.stderr)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _refuse(reason: str) -> int:
    print(f'error: {reason}', file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='headpose', description='Head poses from files, and tools of headpose_ros.'
    )
    commands = parser.add_subparsers(metavar='COMMAND', required=True)
    add_commands(commands)
    add_info(commands)
    _add_fetch_model(commands)
    return parser


def _add_fetch_model(commands: Any) -> None:
    what = 'download the bundle of the detector face_landmarker'
    command = commands.add_parser(
        'fetch-model', help=what, description=f'{what.capitalize()} and check it.'
    )
    command.add_argument(
        '--out', type=Path, default=default_path(), help='file to write; default: %(default)s'
    )
    command.add_argument('--url', default=URL, help='where it is; default: %(default)s')
    command.set_defaults(run=_fetch_model)


def _fetch_model(options: argparse.Namespace) -> None:
    fetch_bundle(options.url, options.out)
    if options.out != default_path():
        print(f'name it with {VARIABLE}, or with the parameter bundle')
