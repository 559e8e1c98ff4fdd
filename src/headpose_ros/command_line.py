"""Command line of the package: ``headpose``, or ``python -m headpose_ros``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from headpose_ros.bundle import URL, VARIABLE, default_path
from headpose_ros.fetch import FetchError, fetch_bundle


def main(args: list[str] | None = None) -> int:
    """Run a subcommand.

    :param args: of the command line; ``None`` for those of the process.
    :return: exit code of the process: 0, or 1 with one sentence on standard error.
    """
    options = _parser().parse_args(args)
    try:
        options.run(options)
    except FetchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='headpose', description='Tools of headpose_ros.')
    commands = parser.add_subparsers(metavar='COMMAND', required=True)
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
