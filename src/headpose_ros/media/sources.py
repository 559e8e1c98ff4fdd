# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image sources without a camera driver."""

import itertools
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from headpose_ros.errors import SourceError, UnreadableImageError
from headpose_ros.images.compressed import read_image_file
from headpose_ros.images.folder import images_of, is_image
from headpose_ros.media.device import lasting_name
from headpose_ros.media.rates import DEFAULT_RATE, is_believed
from headpose_ros.media.sample_head.depth_camera import StructuredLight

if TYPE_CHECKING:
    from headpose_ros.media.video_file import VideoSource

SAMPLE = 'sample'  # name of the built-in moving head
SAMPLE_SIZE = (640, 480)  # pixels, width and height
FOLDER_RATE = 2.0  # Hz, slow enough to see each image
REOPEN_PERIOD = 1.0  # seconds between attempts to reopen a lost camera
MOVING_SUFFIX = '.gif'  # images treated as videos


def is_still(path: Path) -> bool:
    """Whether a file is an image and not treated as a video."""
    return path.suffix.lower() != MOVING_SUFFIX and is_image(path)


def open_source(name: str, size: tuple[int, int] | None = None) -> 'ImageSource':
    """Open a source by name.

    :param name: ``sample``, the path or number of a webcam, a video or image file, or a folder
        of images.
    :param size: requested width and height in pixels, for the sample and webcams; ``None`` for
        the default.
    :raises SourceError: it cannot be opened.
    """
    if name == SAMPLE:
        return SampleSource(size or SAMPLE_SIZE)
    if name.isdecimal() or Path(name).is_char_device():
        return WebcamSource(name, size)
    path = Path(name).expanduser()
    if path.is_dir():
        return ImagesSource(images_of(path)[0])
    if path.is_file():
        if is_still(path):
            return ImagesSource([path])
        # Imported here: FFmpeg is slow to load, and no other source needs it.
        from headpose_ros.media.video_file import VideoSource

        return VideoSource(path)
    raise SourceError(
        f'{name}: no such source; expected {SAMPLE!r}, a webcam such as /dev/video0, a video '
        'file, an image file or a folder of images'
    )


class SampleSource:
    """The built-in head, moving through ``sample_rotation`` endlessly."""

    rate = DEFAULT_RATE

    def __init__(self, size: tuple[int, int]):
        # Imported here: needs scipy, which no other source does.
        from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation

        self._rotation_at = sample_rotation
        try:
            self._head = RenderedHead(*size)
        except ImportError as error:
            raise SourceError(str(error)) from error
        self.camera_matrix = self._head.camera_matrix
        self._size = size
        self._rotation = np.eye(3)

    def frames(self) -> Iterator[np.ndarray]:
        """Images of the head, ``1 / rate`` seconds apart."""
        for i in itertools.count():
            self._rotation = self._rotation_at(i / self.rate)
            yield self._head.render(self._rotation)

    def depth(self) -> np.ndarray:
        """Depth of the last image from a structured-light camera: ``uint16`` millimetres."""
        return self._depth_camera.see(self._head.render_depth(self._rotation))

    @cached_property
    def _depth_camera(self) -> StructuredLight:
        return StructuredLight(*self._size, self.camera_matrix[0, 0])


class WebcamSource:
    """A webcam; reopened after it was unplugged, under any number."""

    camera_matrix = None

    def __init__(self, name: str, size: tuple[int, int] | None):
        self._name = name
        self._lasting = lasting_name(name)
        self._size = size
        capture = self._open()
        if not capture.isOpened():
            raise SourceError(
                f'{name}: cannot open the camera; check that it is plugged in, not in use by '
                'another program, and that you have permission (group video)'
            )
        self._capture = capture
        self.rate = _rate_of(capture)

    def frames(self) -> Iterator[np.ndarray | None]:
        """Images as they arrive; ``None`` while the camera delivers none."""
        opened = time.monotonic()
        while True:
            ok, image = self._capture.read()
            yield image if ok else None
            if not ok and time.monotonic() - opened >= REOPEN_PERIOD:
                opened = time.monotonic()
                self._capture.release()
                self._capture = self._open()

    def _open(self) -> cv2.VideoCapture:
        name = str(self._lasting.resolve()) if self._lasting else self._name
        capture = cv2.VideoCapture(int(name) if name.isdecimal() else name)
        # A buffered image is older than its stamp.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if self._size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        return capture


class ImagesSource:
    """Image files in order."""

    rate = FOLDER_RATE
    camera_matrix = None

    def __init__(self, paths: list[Path]):
        self._paths = paths

    def frames(self) -> Iterator[np.ndarray | None]:
        """The image of each file; ``None`` if unreadable."""
        for path in self._paths:
            try:
                yield read_image_file(path)
            except UnreadableImageError:
                yield None


def _rate_of(capture: cv2.VideoCapture) -> float:
    rate = capture.get(cv2.CAP_PROP_FPS)
    return rate if is_believed(rate) else DEFAULT_RATE


# An image stream: ``rate`` (Hz); ``camera_matrix``, (3, 3) pixels or ``None`` if not calibrated;
# and ``frames``, one pass over the images, ``uint8`` (H, W, 3) BGR, or ``None`` for a lost one.
ImageSource: TypeAlias = 'SampleSource | WebcamSource | VideoSource | ImagesSource'
