# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Outputs of the commands on files: rows, and annotated videos or images.

Each output is validated when created; nothing is written before its ``with`` block is entered.
``inputs`` are the files being read, which are never overwritten; ``is_forced``: other existing
files may be overwritten.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from headpose_ros.errors import FileError
from headpose_ros.files.readers import Frame
from headpose_ros.files.rows import WRITERS, MakeWriter, Row, rows_of
from headpose_ros.media.video_writer import VideoWriter
from headpose_ros.overlay import draw_heads
from headpose_ros.people.follower import People
from headpose_ros.quiet import silent_stderr

STANDARD_OUTPUT = '-'
# Annotated images keep their name if it has one of these suffixes; others get ``.png`` appended.
DRAWN_SUFFIXES = ('.jpg', '.jpeg', '.jpe', '.png', '.bmp', '.webp', '.tif', '.tiff')
OTHER_DRAWN_SUFFIX = '.png'
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov')

# Writes the output of one frame.
Add = Callable[[Frame, People], None]
Output = AbstractContextManager[Add]


def write_rows(name: str, inputs: list[Path], is_forced: bool, kind: str | None) -> Output:
    """Rows to a file or to standard output, flushed after every frame.

    :param name: path of the file, or ``STANDARD_OUTPUT``.
    :param kind: a key of ``WRITERS``; ``None``: from the suffix.
    :raises FileError: unknown format, or the file cannot or must not be written.
    """
    path = None if name == STANDARD_OUTPUT else Path(name).expanduser()
    if kind is None:
        kind = 'csv' if path is None else path.suffix.lower().removeprefix('.')
    if kind not in WRITERS:
        wanted = ' or '.join(f'.{each}' for each in WRITERS)
        raise FileError(f'{name}: unknown suffix, expected {wanted}; rename it or set --format')
    if path is not None:
        _check_file(path, inputs, is_forced)
    return _rows(path, WRITERS[kind])


@contextmanager
def _rows(path: Path | None, make_writer: MakeWriter) -> Iterator[Add]:
    # All rows of a frame at once, so that a full disk leaves no partial row.
    waiting = StringIO()
    is_utf8 = path is not None or sys.stdout.encoding.lower() in ('utf-8', 'utf8')
    write_row = make_writer(waiting, is_utf8)
    with _append_to(path) as append:

        def write(rows: list[Row]) -> None:
            for row in rows:
                write_row(row)
            append(waiting.getvalue())
            waiting.seek(0)
            waiting.truncate()

        write([])  # the header
        yield lambda frame, people: write(rows_of(frame, people))


@contextmanager
def _append_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Appends text to a file or standard output, atomically for a file."""
    if path is None:
        yield _print
        return
    with path.open('wb', buffering=0) as file:

        def append(text: str) -> None:
            # File names need not be UTF-8.
            data = memoryview(text.encode('utf-8', 'surrogateescape'))
            whole = file.tell() if file.seekable() else 0
            with _errors_named(path):
                try:
                    while data:
                        data = data[file.write(data):]
                except BaseException:
                    with suppress(OSError):  # not a regular file, such as a pipe
                        file.truncate(whole)
                    raise

        yield append


@contextmanager
def _errors_named(name: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # write errors lack the file name
        raise OSError(error.errno, error.strerror, str(name)) from error


def _print(text: str) -> None:
    with _errors_named('standard output'):
        sys.stdout.write(text)
        sys.stdout.flush()


def write_video(
    name: str, inputs: list[Path], is_forced: bool, rate: float | None = None
) -> Output:
    """Annotated frames to a video.

    :param name: path of the file.
    :param rate: Hz; ``None``: from the stamps.
    :raises FileError: not a video suffix, or the file cannot or must not be written.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise FileError(f'{name}: unknown suffix, expected {", ".join(VIDEO_SUFFIXES)}; rename it')
    _check_file(path, inputs, is_forced)
    return _video(path, rate)


@contextmanager
def _video(path: Path, rate: float | None) -> Iterator[Add]:
    with closing(VideoWriter(path, rate)) as writer:
        yield lambda frame, people: writer.add(_drawn(frame, people), frame.stamp)


def write_images(name: str, inputs: list[Path], is_forced: bool) -> Output:
    """Annotated images to a folder, under their own names.

    :param name: path of the folder; created if missing.
    :raises FileError: not a folder, or one of the images cannot or must not be written.
    """
    folder = Path(name).expanduser()
    if folder.exists() and not folder.is_dir():
        raise FileError(f'{folder} is not a folder; annotated images are written to a folder')
    by_name: dict[str, Path] = {}
    for path in inputs:
        name = _drawn_name(path)
        other = by_name.setdefault(name, path)
        if other is not path:
            raise FileError(
                f'{other} and {path} have the same file name, so one annotated image would '
                'overwrite the other; annotate them separately, into two folders'
            )
        if folder.is_dir():
            _check_file(folder / name, inputs, is_forced)
    return _images(folder)


@contextmanager
def _images(folder: Path) -> Iterator[Add]:
    folder.mkdir(parents=True, exist_ok=True)

    def add(frame: Frame, people: People) -> None:
        path = folder / _drawn_name(Path(frame.source))
        with silent_stderr():  # OpenCV prints its own error
            data = _encoded(path.suffix, _drawn(frame, people))
        if data is None:
            tqdm.write(f'not written: {path} is too large for its format', file=sys.stderr)
            return
        with _errors_named(path):
            try:
                path.write_bytes(data)
            except BaseException:  # full disk, Ctrl-C: leave no partial image
                path.unlink(missing_ok=True)
                raise

    yield add


def _encoded(suffix: str, bgr: np.ndarray) -> bytes | None:
    try:
        is_encoded, data = cv2.imencode(suffix, bgr)
    except cv2.error:  # raised by earlier versions
        return None
    return bytes(data) if is_encoded else None


def _drawn_name(path: Path) -> str:
    """Name of the annotated file: the same if OpenCV can write that format."""
    is_written = path.suffix.lower() in DRAWN_SUFFIXES
    return path.name if is_written else f'{path.name}{OTHER_DRAWN_SUFFIX}'


def _check_file(path: Path, inputs: list[Path], is_forced: bool) -> None:
    """Check that a file can be written.

    :raises FileError: it cannot, is an input, or exists and may not be overwritten.
    """
    if path.is_dir():
        raise FileError(f'{path} is a folder; specify a file')
    if path.exists() and any(each.exists() and path.samefile(each) for each in inputs):
        raise FileError(f'{path} is an input and is never overwritten; choose another name')
    if path.exists() and not is_forced:
        raise FileError(f'{path} exists; choose another name, or overwrite it with --force')
    if not os.access(path.parent, os.W_OK):
        raise FileError(f'{path} cannot be written: {path.parent} is not a writable folder')


def _drawn(frame: Frame, people: People) -> np.ndarray:
    return draw_heads(frame.bgr, people.heads, primary_id=people.primary_id)
