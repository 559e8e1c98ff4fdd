# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a command on files writes: rows, and a video or images with the heads drawn on them.

Each output is checked when it is made, and nothing is written until its ``with`` block begins.
``inputs`` are the files that are read and must stay as they are; ``is_forced`` tells whether other
files that are there already may be written over.
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
from headpose_ros.files.rows import WRITERS, MakeWriter, rows_of
from headpose_ros.media.video_writer import VideoWriter
from headpose_ros.overlay import draw_heads
from headpose_ros.people.follower import People
from headpose_ros.quiet import silent_stderr

STANDARD_OUTPUT = '-'
# Of images that are drawn on under their own names; others become such files.
DRAWN_SUFFIXES = ('.jpg', '.jpeg', '.jpe', '.png', '.bmp', '.webp', '.tif', '.tiff')
OTHER_DRAWN_SUFFIX = '.png'
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov')

# Writes what belongs to a frame.
Add = Callable[[Frame, People], None]
Output = AbstractContextManager[Add]


def write_rows(name: str, inputs: list[Path], is_forced: bool, kind: str | None) -> Output:
    """Rows to a file or to standard output, at once, for whoever reads along.

    :param name: path of the file, or ``STANDARD_OUTPUT``.
    :param kind: a key of ``WRITERS``; ``None`` for what the file's suffix says.
    :raises FileError: it is not known what to write, or the file cannot, or must not, be written.
    """
    path = None if name == STANDARD_OUTPUT else Path(name).expanduser()
    if kind is None:
        kind = 'csv' if path is None else path.suffix.lower().removeprefix('.')
    if kind not in WRITERS:
        wanted = ' or '.join(f'.{each}' for each in WRITERS)
        raise FileError(f'{name} does not end in {wanted}; rename it, or say --format')
    if path is not None:
        _check_file(path, inputs, is_forced)
    return _rows(path, WRITERS[kind])


@contextmanager
def _rows(path: Path | None, make_writer: MakeWriter) -> Iterator[Add]:
    # Of a frame at once, so that a full disk leaves whole rows.
    waiting = StringIO()
    is_utf8 = path is not None or sys.stdout.encoding.lower() in ('utf-8', 'utf8')
    write_row = make_writer(waiting, is_utf8)
    with _append_to(path) as append:

        def add(frame: Frame | None, people: People | None) -> None:
            if frame is not None and people is not None:
                for row in rows_of(frame, people):
                    write_row(row)
            append(waiting.getvalue())
            waiting.seek(0)
            waiting.truncate()

        add(None, None)  # the header
        yield add


@contextmanager
def _append_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Writes texts to a file, or to standard output, each whole or not at all."""
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
                    with suppress(OSError):  # of what is no file, such as a pipe
                        file.truncate(whole)
                    raise

        yield append


@contextmanager
def _errors_named(name: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # of writing, which does not tell where
        raise OSError(error.errno, error.strerror, str(name)) from error


def _print(text: str) -> None:
    with _errors_named('standard output'):
        sys.stdout.write(text)
        sys.stdout.flush()


def write_video(
    name: str, inputs: list[Path], is_forced: bool, rate: float | None = None
) -> Output:
    """Frames with the heads drawn on them as a video.

    :param name: path of the file.
    :param rate: Hz; ``None`` for that of the stamps.
    :raises FileError: that is no name of a video, or the file cannot, or must not, be written.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise FileError(f'{name} does not end in {", ".join(VIDEO_SUFFIXES)}; rename it')
    _check_file(path, inputs, is_forced)
    return _video(path, rate)


@contextmanager
def _video(path: Path, rate: float | None) -> Iterator[Add]:
    with closing(VideoWriter(path, rate)) as writer:
        yield lambda frame, people: writer.add(_drawn(frame, people), frame.stamp)


def write_images(name: str, inputs: list[Path], is_forced: bool) -> Output:
    """Images with the heads drawn on them in a folder, under their own names.

    :param name: path of the folder, which is made.
    :raises FileError: it is no folder, or one of the images cannot, or must not, be written.
    """
    folder = Path(name).expanduser()
    if folder.exists() and not folder.is_dir():
        raise FileError(f'{folder} is not a folder; annotated images go into one')
    by_name: dict[str, Path] = {}
    for path in inputs:
        name = _drawn_name(path)
        other = by_name.setdefault(name, path)
        if other is not path:
            raise FileError(
                f'{other} and {path} have one name, and one would be written over the other; '
                'annotate them one after the other, into two folders'
            )
        if folder.is_dir():
            _check_file(folder / name, inputs, is_forced)
    return _images(folder)


@contextmanager
def _images(folder: Path) -> Iterator[Add]:
    folder.mkdir(parents=True, exist_ok=True)

    def add(frame: Frame, people: People) -> None:
        path = folder / _drawn_name(Path(frame.source))
        with silent_stderr():  # OpenCV has a word of its own for it
            data = _encoded(path.suffix, _drawn(frame, people))
        if data is None:
            tqdm.write(f'not drawn: {path} is too large for its format', file=sys.stderr)
            return
        with _errors_named(path):
            try:
                path.write_bytes(data)
            except BaseException:  # a full disk, Ctrl-C: no half of an image stays
                path.unlink(missing_ok=True)
                raise

    yield add


def _encoded(suffix: str, bgr: np.ndarray) -> bytes | None:
    try:
        is_encoded, data = cv2.imencode(suffix, bgr)
    except cv2.error:  # as earlier versions tell it
        return None
    return bytes(data) if is_encoded else None


def _drawn_name(path: Path) -> str:
    """Name of the file with the heads of another: the same, where OpenCV writes such files."""
    is_written = path.suffix.lower() in DRAWN_SUFFIXES
    return path.name if is_written else f'{path.name}{OTHER_DRAWN_SUFFIX}'


def _check_file(path: Path, inputs: list[Path], is_forced: bool) -> None:
    """See whether a file can be written.

    :raises FileError: it cannot, is an input, or is there already and may not be written over.
    """
    if path.is_dir():
        raise FileError(f'{path} is a folder; name a file in it')
    if path.exists() and any(each.exists() and path.samefile(each) for each in inputs):
        raise FileError(f'{path} is what is read, and is never written over; name another')
    if path.exists() and not is_forced:
        raise FileError(f'{path} is there already; name another, or write over it with --force')
    if not os.access(path.parent, os.W_OK):
        raise FileError(f'{path} cannot be written: {path.parent} is not a folder to write in')


def _drawn(frame: Frame, people: People) -> np.ndarray:
    return draw_heads(frame.bgr, people.heads, primary_id=people.primary_id)
