# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images, videos and webcams as frames."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import FileError, SourceError, UnreadableImageError
from headpose_ros.images.compressed import read_image_file
from headpose_ros.images.folder import images_of, rest_of
from headpose_ros.media import sources
from headpose_ros.media.video_file import VideoSource
from headpose_ros.people.head_widths import DepthAt
from headpose_ros.quiet import silent_stderr


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a source."""

    source: str  # what it is from: the image file, the video, the webcam, or the topic of a bag
    number: int  # counted from 0 within what the command was given, broken ones too
    bgr: np.ndarray  # ``uint8`` (H, W, 3)
    stamp: float = math.nan  # seconds; not a number for images, which have no time
    camera: Camera | None = None  # that took it; ``None`` where it is not known
    frame_id: str = ''  # name of the camera's frame
    depth_at: DepthAt | None = None  # gives the depth image of a stamp, where there is depth


@dataclass(frozen=True)
class BrokenFrame:
    """One image of a source that cannot be read."""

    problem: str


class ImageFrames:
    """Image files, and all those of folders.

    :raises SourceError: one of them is neither, or a folder without images.

    :ivar rest: what else is in the folders, in words.
    """

    def __init__(self, names: list[str]):
        paths = [Path(name).expanduser() for name in names]
        self.paths = [image for path in paths for image in _images(path)]
        self.count = len(self.paths)
        self.rest = [rest for path in paths if path.is_dir() and (rest := rest_of(path))]

    def frames(self) -> Iterator[Frame | BrokenFrame]:
        """One pass over all."""
        for number, path in enumerate(self.paths):
            try:
                yield Frame(str(path), number, read_image_file(path))
            except UnreadableImageError as error:
                yield BrokenFrame(str(error))


class StreamFrames:
    """A video, a webcam, or the moving head that comes with the package.

    :param name: see ``headpose_ros.media.sources.open_source``.
    :raises SourceError: it cannot be opened, or is of images.

    :ivar rate: Hz, of a video; ``None`` for what is live, whose stamps tell it.
    """

    def __init__(self, name: str):
        self._name = name
        with silent_stderr():  # OpenCV and FFmpeg say in many words what is said in one here
            self._source = sources.open_source(name)
        if isinstance(self._source, sources.ImagesSource):
            raise SourceError(f'{name} is not a video; for images there is: headpose image')
        video = self._source if isinstance(self._source, VideoSource) else None
        self.count = (video.count or None) if video else None
        self.rate = video.rate if video else None
        self.paths = [Path(name).expanduser()] if video else []

    def frames(self) -> Iterator[Frame | BrokenFrame]:
        """One pass over a video; a webcam never ends.

        :raises FileError: a video is cut short, or damaged as a whole.
        """
        if not isinstance(self._source, VideoSource):
            yield from self._live()
            return
        for number, (seconds, bgr) in enumerate(self._source.timed_frames()):
            if bgr is not None:
                yield Frame(self._name, number, bgr, seconds)
                continue
            yield BrokenFrame(
                f'frame {number} of {self._name} cannot be decoded: the file is damaged there'
            )
        if self._source.problem:
            raise FileError(self._source.problem)

    def _live(self) -> Iterator[Frame | BrokenFrame]:
        for number, bgr in enumerate(self._source.frames()):
            if bgr is not None:
                yield Frame(self._name, number, bgr, time.time())
                continue
            yield BrokenFrame(f'{self._name} gave no image')
            time.sleep(1.0 / self._source.rate)


def _images(path: Path) -> list[Path]:
    if path.is_dir():
        return images_of(path)
    if path.is_file():
        return [path]
    raise SourceError(f'{path}: there is no such file or folder; want images')
