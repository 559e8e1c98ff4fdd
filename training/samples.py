# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A labelled image and a set of them."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.compressed import read_image_file
from headpose_ros.images.grey_range import GreyRange
from training.errors import TrainingError


@dataclass(frozen=True, eq=False)
class Sample:
    """A labelled image.

    :ivar name: path inside the dataset's folder, without ending.
    :ivar group: what must not be split between training and test: the photograph the image was
        made from, or the person.
    :ivar image: path of the image.
    :ivar label: (3,) radians: pitch, yaw, roll as AFLW2000-3D has them, or tilt, pan, NaN where a
        dataset labels only where the face points: elevation and azimuth, of the same signs.
    :ivar region: (n, 2) pixels, points that span the labelled face.
    :ivar camera: that took it, where the label is in its axes; ``None`` where the label is along
        the line of sight.
    :ivar corner: x and y, pixels: where the upper left corner of the file's image is in that of
        the camera, of which it may be a crop.
    """

    name: str
    group: str
    image: Path
    label: np.ndarray
    region: np.ndarray
    camera: Camera | None = None
    corner: tuple[int, int] = (0, 0)

    def read_image(self) -> np.ndarray:
        """``uint8`` (H, W, 3) BGR; with a camera its whole image, black around the crop.

        :raises TrainingError: the file cannot be read.
        """
        bgr = read_bgr(self.image)
        if self.camera is None:
            return bgr
        frame = np.zeros((self.camera.height, self.camera.width, 3), np.uint8)
        (left, top), (height, width) = self.corner, bgr.shape[:2]
        frame[top : top + height, left : left + width] = bgr
        return frame


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples of a folder.

    :ivar name: name of the dataset whose layout the folder has.
    :ivar terms: under what terms it can be used.
    :ivar samples: in the order of their names.
    :ivar left_out: images that are not among them because of their angles.
    :ivar rest: files of the folder that are neither images of it nor labels.
    """

    name: str
    terms: str
    samples: list[Sample]
    left_out: int
    rest: list[Path] = field(default_factory=list)

    @property
    def has_roll(self) -> bool:
        """Whether the labels are complete."""
        return bool(np.isfinite([sample.label for sample in self.samples]).all())


def read_bgr(path: Path) -> np.ndarray:
    """Image of a file, ``uint8`` (H, W, 3) BGR.

    :raises TrainingError: it cannot be read.
    """
    try:
        data = np.fromfile(path, np.uint8)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
        bgr = cv2.imdecode(data, flags) if data.size else None
        # Grey floats, for one, are not read by OpenCV as colours.
        return read_image_file(path) if bgr is None else GreyRange().to_uint8(bgr)
    except (OSError, UnreadableImageError) as error:
        raise TrainingError(f'{path}: not a readable image; download it again') from error
