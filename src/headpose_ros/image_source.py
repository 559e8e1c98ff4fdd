"""Where images come from when there is no camera driver."""

import itertools
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from headpose_ros.sample.rendered_head import RenderedHead, sample_rotation

SAMPLE = 'sample'  # name of the built-in moving head
SAMPLE_SIZE = (640, 480)  # pixels, width and height
DEFAULT_RATE = 30.0  # Hz, for sources that do not tell their own
MAX_RATE = 240.0  # Hz, above which a rate that a source tells is not believed
FOLDER_RATE = 2.0  # Hz, slow enough to look at each image
REOPEN_PERIOD = 1.0  # seconds between attempts to get a lost camera back
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')


class SourceError(ValueError):
    """A source cannot be opened; the message says why and what to do."""


class ImageSource(Protocol):
    """A stream of images."""

    @property
    def rate(self) -> float:
        """Images a second, Hz."""

    @property
    def camera_matrix(self) -> np.ndarray | None:
        """(3, 3) pixels, or ``None`` when the camera is not calibrated."""

    def frames(self) -> Iterator[np.ndarray | None]:
        """One pass over the images, ``uint8`` (H, W, 3) BGR; ``None`` for one that was lost."""


def open_source(name: str, size: tuple[int, int] | None = None) -> ImageSource:
    """Source of a name.

    :param name: ``sample``, the path or number of a webcam, a video or image file, or a folder
        of images.
    :param size: wanted width and height in pixels, of the sample and of webcams; ``None`` for
        the source's own.
    :raises SourceError: it cannot be opened.
    """
    if name == SAMPLE:
        return SampleSource(size or SAMPLE_SIZE)
    if re.fullmatch(r'\d+', name) or Path(name).is_char_device():
        return WebcamSource(name, size)
    path = Path(name).expanduser()
    if path.is_dir():
        return ImagesSource(_images_of(path))
    if path.is_file():
        is_image = path.suffix.lower() in IMAGE_SUFFIXES
        return ImagesSource([path]) if is_image else VideoSource(path)
    raise SourceError(
        f'{name}: there is no such source; want {SAMPLE!r}, a webcam such as /dev/video0, a '
        'video file, an image file or a folder of images'
    )


class SampleSource:
    """The built-in head, moving through ``sample_rotation``, without end."""

    rate = DEFAULT_RATE

    def __init__(self, size: tuple[int, int]):
        try:
            self._head = RenderedHead(*size)
        except ImportError as error:
            raise SourceError(str(error)) from error
        self.camera_matrix = self._head.camera_matrix

    def frames(self) -> Iterator[np.ndarray]:
        """Images of the head at times that follow one another by ``1 / rate``."""
        for i in itertools.count():
            yield self._head.render(sample_rotation(i / self.rate))


class WebcamSource:
    """A camera of the operating system, opened again when it was unplugged."""

    camera_matrix = None

    def __init__(self, name: str, size: tuple[int, int] | None):
        self._name = name
        self._size = size
        capture = self._open()
        if not capture.isOpened():
            raise SourceError(
                f'{name}: the camera cannot be opened; is it plugged in, does another program '
                'use it, may you read it (group video)?'
            )
        self._capture = capture
        self.rate = _rate_of(capture)

    def frames(self) -> Iterator[np.ndarray | None]:
        """Images as they come; ``None`` while the camera gives none."""
        opened = time.monotonic()
        while True:
            ok, image = self._capture.read()
            yield image if ok else None
            if not ok and time.monotonic() - opened >= REOPEN_PERIOD:
                opened = time.monotonic()
                self._capture.release()
                self._capture = self._open()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(int(self._name) if self._name.isdigit() else self._name)
        # An image that waited is older than its stamp will say.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if self._size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        return capture


class VideoSource:
    """A video file."""

    camera_matrix = None

    def __init__(self, path: Path):
        self._path = path
        capture = self._open()
        if not capture.read()[0]:
            raise SourceError(f'{path}: not a video that OpenCV can read; convert it to MP4')
        self.rate = _rate_of(capture)
        capture.release()

    def frames(self) -> Iterator[np.ndarray | None]:
        """Images of the video from its beginning; ``None`` when it has become unreadable."""
        capture = self._open()
        try:
            ok, image = capture.read()
            if not ok:
                yield None
            while ok:
                yield image
                ok, image = capture.read()
        finally:
            capture.release()

    def _open(self) -> cv2.VideoCapture:
        return cv2.VideoCapture(str(self._path))


class ImagesSource:
    """Image files, one after the other."""

    rate = FOLDER_RATE
    camera_matrix = None

    def __init__(self, paths: list[Path]):
        self._paths = paths

    def frames(self) -> Iterator[np.ndarray | None]:
        """The images; ``None`` for a file that cannot be read."""
        for path in self._paths:
            yield cv2.imread(str(path), cv2.IMREAD_COLOR)


def _rate_of(capture: cv2.VideoCapture) -> float:
    # Some drivers say -1, and some containers name their time base.
    rate = capture.get(cv2.CAP_PROP_FPS)
    return rate if 0.0 < rate <= MAX_RATE else DEFAULT_RATE


def _images_of(folder: Path) -> list[Path]:
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise SourceError(
            f'{folder}: no images in this folder; want files that end in '
            f'{", ".join(IMAGE_SUFFIXES)}'
        )
    return paths
