# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Labelled images and datasets."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import UnreadableImageError
from headpose_ros.images.compressed import decode_by_opencv, read_image_file
from training.errors import TrainingError


@dataclass(frozen=True, eq=False)
class Sample:
    """A labelled image.

    :ivar name: path in the dataset folder, without suffix.
    :ivar group: never split between training and test: the source photograph, or the person.
    :ivar image: path of the image.
    :ivar label: (3,) radians: pitch, yaw, roll as in AFLW2000-3D, or tilt, pan, NaN if a dataset
        labels only the facing direction: elevation and azimuth, same signs.
    :ivar region: (n, 2) pixels, points spanning the labelled face.
    :ivar camera: if the label is in its axes; ``None`` if it is along the line of sight.
    :ivar corner: x and y, pixels: upper left corner of the image file in the camera image, of
        which it may be a crop.
    """

    name: str
    group: str
    image: Path
    label: np.ndarray
    region: np.ndarray
    camera: Camera | None = None
    corner: tuple[int, int] = (0, 0)

    def read_image(self) -> np.ndarray:
        """``uint8`` (H, W, 3) BGR; with a camera the full image, black around the crop.

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
    """Samples in a folder.

    :ivar name: name of the dataset with this layout.
    :ivar terms: terms of use.
    :ivar samples: sorted by name.
    :ivar left_out: number of images excluded because of their angles.
    :ivar rest: other files in the folder.
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
    """Read an image file, ``uint8`` (H, W, 3) BGR.

    :raises TrainingError: it cannot be read.
    """
    try:
        try:
            return decode_by_opencv(path.read_bytes())
        except UnreadableImageError:  # OpenCV does not read grey floats as colour, for example
            return read_image_file(path)
    except (OSError, UnreadableImageError) as error:
        raise TrainingError(f'{path}: not a readable image; download it again') from error
