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
from headpose_ros.images.folder import images_of
from headpose_ros.media import sources
from headpose_ros.media.video_file import VideoSource
from headpose_ros.people.head_widths import DepthAt
from headpose_ros.quiet import silent_stderr


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a source."""

    source: str  # image file, video, webcam, or topic of a bag
    number: int  # from 0, over all inputs of the command, unreadable frames included
    bgr: np.ndarray  # ``uint8`` (H, W, 3)
    stamp: float = math.nan  # seconds; NaN for images
    camera: Camera | None = None  # ``None`` if not calibrated
    frame_id: str = ''  # of the camera
    depth_at: DepthAt | None = None  # depth image by stamp, if there is depth


@dataclass(frozen=True)
class BrokenFrame:
    """An unreadable image of a source."""

    problem: str


class ImageFrames:
    """Image files, and all images in folders.

    :raises SourceError: a path is neither, or a folder has no images.

    :ivar rest: text naming the other files in the folders.
    """

    def __init__(self, names: list[str]):
        paths = [Path(name).expanduser() for name in names]
        found = [_images(path) for path in paths]
        self.paths = [image for images, _ in found for image in images]
        self.count = len(self.paths)
        self.rest = [rest for _, rest in found if rest]

    def frames(self) -> Iterator[Frame | BrokenFrame]:
        """One pass over all."""
        for number, path in enumerate(self.paths):
            try:
                yield Frame(str(path), number, read_image_file(path))
            except UnreadableImageError as error:
                yield BrokenFrame(str(error))


class StreamFrames:
    """A video, a webcam, or the built-in moving head.

    :param name: see ``headpose_ros.media.sources.open_source``.
    :raises SourceError: it cannot be opened, or is an image or a folder.

    :ivar rate: Hz, of a video; ``None`` for live sources, whose stamps give it.
    """

    def __init__(self, name: str):
        self._name = name
        with silent_stderr():  # OpenCV and FFmpeg print errors that are reported here
            self._source = sources.open_source(name)
        if isinstance(self._source, sources.ImagesSource):
            raise SourceError(f'{name} is not a video; for images use headpose image')
        video = self._source if isinstance(self._source, VideoSource) else None
        self.count = (video.count or None) if video else None
        self.rate = video.rate if video else None
        self.paths = [Path(name).expanduser()] if video else []

    def frames(self) -> Iterator[Frame | BrokenFrame]:
        """One pass over a video; a webcam never ends.

        :raises FileError: a video is truncated or damaged.
        """
        if not isinstance(self._source, VideoSource):
            yield from self._live()
            return
        for number, (seconds, bgr) in enumerate(self._source.timed_frames()):
            if bgr is not None:
                yield Frame(self._name, number, bgr, seconds)
                continue
            yield BrokenFrame(
                f'frame {number} of {self._name} cannot be decoded (damaged file)'
            )
        if self._source.problem:
            raise FileError(self._source.problem)

    def _live(self) -> Iterator[Frame | BrokenFrame]:
        for number, bgr in enumerate(self._source.frames()):
            if bgr is not None:
                yield Frame(self._name, number, bgr, time.time())
                continue
            yield BrokenFrame(f'{self._name} delivered no image')
            time.sleep(1.0 / self._source.rate)


def _images(path: Path) -> tuple[list[Path], str]:
    if path.is_dir():
        return images_of(path)
    if path.is_file():
        return [path], ''
    raise SourceError(f'{path}: no such file or folder; expected images')
