# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a command on files writes: rows, and a video or images with the heads drawn on them."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol, TextIO

import cv2
import numpy as np

from headpose_ros.errors import FileError
from headpose_ros.files.frame import Frame
from headpose_ros.files.rows import WRITERS, format_of, rows_of
from headpose_ros.media.video_writer import VideoWriter
from headpose_ros.overlay import draw_heads
from headpose_ros.people.follower import People

STANDARD_OUTPUT = '-'
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov')


class Output(Protocol):
    """Where the people of frames go. Until it is opened, nothing is written."""

    def check(self, inputs: list[Path], is_forced: bool) -> None:
        """See whether it can be written.

        :param inputs: files that are read and must stay as they are.
        :param is_forced: whether files that are there already may be written over.
        :raises FileError: it cannot, or must not.
        """

    def open(self) -> None:
        """Begin to write."""

    def add(self, frame: Frame, people: People) -> None:
        """Write what belongs to a frame."""

    def close(self) -> None:
        """Finish what is written."""


class RowsOutput:
    """Rows to a file or to standard output.

    :param name: path of the file, or ``STANDARD_OUTPUT``.
    :param kind: a key of ``WRITERS``; ``None`` for what the file's suffix says.
    :raises FileError: neither of them says what to write.
    """

    def __init__(self, name: str, kind: str | None):
        self._path = None if name == STANDARD_OUTPUT else Path(name).expanduser()
        if kind is None:
            kind = 'csv' if self._path is None else format_of(self._path)
        if kind is None:
            wanted = ' or '.join(f'.{each}' for each in WRITERS)
            raise FileError(f'{name} does not end in {wanted}; rename it, or say --format')
        self._make_writer = WRITERS[kind]

    def check(self, inputs: list[Path], is_forced: bool) -> None:
        """See whether it can be written."""
        if self._path is not None:
            check_file(self._path, inputs, is_forced)

    def open(self) -> None:
        """Begin to write."""
        # File names need not be UTF-8.
        if self._path is None:
            self._file: TextIO = sys.stdout
            if isinstance(self._file, TextIOWrapper):
                self._file.reconfigure(errors='surrogateescape')
        else:
            self._file = self._path.open('w', encoding='utf-8', errors='surrogateescape')
        self._write_row = self._make_writer(self._file)

    def add(self, frame: Frame, people: People) -> None:
        """Write the rows of a frame, at once, for whoever reads along."""
        for row in rows_of(frame, people):
            self._write_row(row)
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._path is None:
            self._file.flush()
        else:
            self._file.close()


class VideoOutput:
    """Frames with the heads drawn on them as a video.

    :param name: path of the file.
    :param rate: Hz; ``None`` for that of the stamps.
    :raises FileError: that is no name of a video.
    """

    def __init__(self, name: str, rate: float | None = None):
        self._rate = rate
        self._path = Path(name).expanduser()
        if self._path.suffix.lower() not in VIDEO_SUFFIXES:
            raise FileError(f'{name} does not end in {", ".join(VIDEO_SUFFIXES)}; rename it')

    def check(self, inputs: list[Path], is_forced: bool) -> None:
        """See whether it can be written."""
        check_file(self._path, inputs, is_forced)

    def open(self) -> None:
        """Begin to write."""
        self._recorder = VideoWriter(self._path, self._rate)

    def add(self, frame: Frame, people: People) -> None:
        """Draw a frame."""
        self._recorder.add(_drawn(frame, people), frame.stamp)

    def close(self) -> None:
        """Finish the video."""
        self._recorder.close()


class ImagesOutput:
    """Images with the heads drawn on them in a folder, under their own names.

    :param name: path of the folder, which is made.
    """

    def __init__(self, name: str):
        self._folder = Path(name).expanduser()

    def check(self, inputs: list[Path], is_forced: bool) -> None:
        """See whether all of them can be written."""
        if self._folder.exists() and not self._folder.is_dir():
            raise FileError(f'{self._folder} is not a folder; annotated images go into one')
        by_name: dict[str, Path] = {}
        for path in inputs:
            other = by_name.setdefault(path.name, path)
            if other is not path:
                raise FileError(
                    f'{other} and {path} have one name, and one would be written over the other; '
                    'annotate them one after the other, into two folders'
                )
            if self._folder.is_dir():
                check_file(self._folder / path.name, inputs, is_forced)

    def open(self) -> None:
        """Begin to write."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def add(self, frame: Frame, people: People) -> None:
        """Draw an image."""
        path = self._folder / Path(frame.source).name
        try:
            is_written = cv2.imwrite(str(path), _drawn(frame, people))
        except cv2.error:  # a suffix that it does not know
            is_written = False
        if not is_written:
            raise FileError(f'{path} cannot be written as an image')

    def close(self) -> None:
        """Each image is finished already."""


def check_file(path: Path, inputs: list[Path], is_forced: bool) -> None:
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
