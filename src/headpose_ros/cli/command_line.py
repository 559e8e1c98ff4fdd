# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How the command lines of this project look, and how they end."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from headpose_ros.errors import HeadPoseError

_HELP = {'help_option_names': ['-h', '--help']}


class CommandLine(typer.Typer):
    """Commands with plain help, and an exit code of the process that a shell can use.

    It is 0 or, for what may be expected to go wrong, 1 with one sentence on standard error; 2 for
    arguments that make no sense; as a shell has it where a command was stopped, 130 by Ctrl-C and
    141 by the end of its reader.
    """

    def __init__(self, **settings: Any):
        super().__init__(
            context_settings=_HELP, add_completion=False, pretty_exceptions_enable=False,
            rich_markup_mode=None, **settings,
        )

    def command(self, *args: Any, **settings: Any) -> Any:
        """Typer's decorator of the function of a command."""

        def add(function: Callable) -> Callable:
            text = settings.get('help') or function.__doc__ or ''
            as_typer_does = super(CommandLine, self).command(
                *args, context_settings=_HELP, short_help=text.partition('\n')[0], **settings
            )
            return as_typer_does(_one_sentence()(function))

        return add

    def run(self, name: str, args: list[str] | None = None) -> int:
        """Run the command that arguments name; the exit code of the process.

        :param name: of the program, for its help.
        :param args: of the command line; ``None`` for those of the process.
        """
        try:
            return self(args, prog_name=name)
        except SystemExit as end:
            return int(end.code or 0)


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
        return
    except BrokenPipeError:
        # Python writes out what it has kept once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(128 + signal.SIGPIPE) from None
    except HeadPoseError as error:
        reason = str(error)
    except OSError as error:
        reason = f'{error.filename}: {error.strerror}' if error.filename else str(error)
    print(f'error: {reason}', file=sys.stderr)
    raise typer.Exit(1)
