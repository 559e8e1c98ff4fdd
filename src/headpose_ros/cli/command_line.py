# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Help and exit codes shared by the command lines of this project."""

import codecs
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import typer

from headpose_ros.errors import HeadPoseError

_HELP = {'help_option_names': ['-h', '--help']}


class CommandLine(typer.Typer):
    """Commands with plain help and conventional exit codes.

    0: success; 1: an expected error, with one sentence on standard error; 2: invalid arguments;
    130: Ctrl-C; 141: broken pipe.
    """

    def __init__(self, **settings: Any):
        super().__init__(
            context_settings=_HELP, add_completion=False, pretty_exceptions_enable=False,
            rich_markup_mode=None, **settings,
        )

    def command(self, *args: Any, **settings: Any) -> Any:
        """Typer's decorator for a command."""

        def add(function: Callable) -> Callable:
            text = settings.get('help') or function.__doc__ or ''
            as_typer_does = super(CommandLine, self).command(
                *args, context_settings=_HELP, short_help=text.partition('\n')[0], **settings
            )
            return as_typer_does(_one_sentence()(function))

        return add

    def run(self, name: str, args: list[str] | None = None) -> int:
        """Run a command and return the exit code.

        :param name: program name shown in the help.
        :param args: command-line arguments; ``None`` for those of the process.
        """
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors=_ANY_TEXT)
        try:
            with _one_sentence():  # covers the help too
                return self(args, prog_name=name)
        except SystemExit as end:
            return int(end.code or 0)
        except typer.Exit as end:
            return end.exit_code


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
        return
    except BrokenPipeError:
        _let_go_of_output()
        raise typer.Exit(128 + signal.SIGPIPE) from None
    except HeadPoseError as error:
        reason = str(error)
    except OSError as error:
        reason = f'{error.filename}: {error.strerror}' if error.filename else (
            error.strerror or str(error)
        )
    print(f'error: {reason}', file=sys.stderr)
    _let_go_of_output()
    raise typer.Exit(1)


def _let_go_of_output() -> None:
    """Flush standard output if it can still be written to."""
    try:
        sys.stdout.flush()
    except OSError:
        # Python flushes its buffer again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _any_text(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode a character that the output encoding lacks.

    Undecodable bytes of a file name are written unchanged, other characters as Python escapes.
    """
    assert isinstance(error, UnicodeEncodeError)
    letter = error.object[error.start]
    is_byte = '\udc80' <= letter <= '\udcff'
    data = letter.encode('ascii', 'surrogateescape' if is_byte else 'backslashreplace')
    return (data if is_byte else data.decode()), error.start + 1


_ANY_TEXT = 'headpose_any_text'
codecs.register_error(_ANY_TEXT, _any_text)
