# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parts of an image, turned and scaled, in which a face detector looks for faces."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from headpose_ros.landmarks import box_of

# The networks behind the detectors see 128 x 128 pixels when they look for a face and 192 x 192
# when they fit the landmarks to it: a larger copy of a crop shows them nothing more.
MAX_SIZE = 640

# Clockwise turns, degrees, and sides, in units of the image's longer side, of crops of the whole
# image: the order in which the fewest tries find the most of the faces that both detectors miss in
# AFLW2000-3D and Pointing'04 at the first try, and the fewest wrong ones.
WHOLE = (
    (-35.0, 1.0), (45.0, 0.8), (60.0, 0.8), (15.0, 0.8), (45.0, 1.25), (90.0, 1.0),
    (-45.0, 1.0), (-60.0, 1.0), (0.0, 0.8), (0.0, 1.25), (-90.0, 1.0),
)

# Sides of the tiles of one level, in units of the image's longer side.
TILE_SIDES = (1 / 2, 1 / 4, 1 / 6)

# Pixels. A detector finds nearly all faces that fill a fifth of what it looks at: faces of 60.
MIN_TILE = 320

# Share of its side by which a tile overlaps the next, so that a face is whole in one of them.
TILE_OVERLAP = 0.35

# Size of a face in units of a crop's side: below the first its landmarks are rough, with the
# second it is looked at closely.
SMALL_SHARE = 0.25
CLOSE_SHARE = 0.35

# By how much larger than the crop before the next one is at the most: a face that was found large
# in a crop is best looked for at nearly that scale, one that comes nearer needs room.
GROWTH = 1.1

MIN_SIDE = 8.0  # pixels


@dataclass(frozen=True)
class Crop:
    """A square window in an image.

    Pixel coordinates are a detector's: the middle of the first pixel is (0.5, 0.5).

    :ivar x: of its centre, pixels.
    :ivar y: of its centre, pixels.
    :ivar side: of the square, pixels of the image.
    :ivar clockwise: degrees by which what is in it is turned to be looked at.
    """

    x: float
    y: float
    side: float
    clockwise: float = 0.0

    @property
    def size(self) -> int:
        """Rows and columns of the crop's own image."""
        return max(1, min(round(self.side), MAX_SIZE))

    def image(self, bgr: np.ndarray) -> np.ndarray:
        """What is seen of an (H, W, 3) image: (size, size, 3), black beyond its borders."""
        linear = self._linear()
        # OpenCV counts from the middle of the first pixel.
        shift = self.size / 2.0 - 0.5 - linear @ (self.x - 0.5, self.y - 0.5)
        matrix = np.column_stack([linear, shift])
        return cv2.warpAffine(bgr, matrix, (self.size, self.size))

    def to_image(self, landmarks: np.ndarray) -> np.ndarray:
        """Landmarks (n, 3) in pixels of the crop as pixels of the image, depth scaled alike."""
        points = landmarks.astype(float)
        points[:, :2] = (points[:, :2] - self.size / 2.0) @ np.linalg.inv(self._linear()).T
        points[:, :2] += (self.x, self.y)
        points[:, 2] *= self.side / self.size
        return points

    def is_small(self, landmarks: np.ndarray) -> bool:
        """Whether landmarks (n, 3) in pixels of the image are those of a face far away."""
        return box_of(landmarks).longer_side < SMALL_SHARE * self.side

    def clearance(self, landmarks: np.ndarray) -> float:
        """Pixels of the image from landmarks (n, 3) in it to the nearest border of the crop."""
        offsets = (landmarks[:, :2] - (self.x, self.y)) @ self._linear().T
        return float((0.5 - np.abs(offsets).max() / self.size) * self.side)

    def _linear(self) -> np.ndarray:
        angle, scale = np.radians(self.clockwise), self.size / self.side
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        return np.array([[cos, -sin], [sin, cos]])


def whole_crop(height: int, width: int) -> Crop:
    """The crop of the whole image."""
    return Crop(width / 2.0, height / 2.0, float(max(height, width)))


@lru_cache(maxsize=8)
def search_levels(height: int, width: int) -> tuple[tuple[Crop, ...], ...]:
    """Crops of an image of that shape in the order to be tried, those of one level together.

    First the whole image, turned, one crop a level; then tiles, the largest first.
    """
    longer = max(height, width)
    whole = [(Crop(width / 2.0, height / 2.0, longer * side, turn),) for turn, side in WHOLE]
    sides = sorted({max(longer * side, MIN_TILE) for side in TILE_SIDES}, reverse=True)
    tiles = [
        tuple(Crop(x, y, side) for y in _centres(height, side) for x in _centres(width, side))
        for side in sides
        if side < longer
    ]
    return (*whole, *tiles)


def crop_around(faces: list[np.ndarray], found_in: Crop) -> Crop:
    """The crop in which to look closely at faces, or for them in the next image of a video.

    :param faces: (468, 3) pixels of the image each, at least one.
    :param found_in: the crop in which they were found.
    """
    box = box_of(np.concatenate(faces))
    largest = max(box_of(face).longer_side for face in faces)
    wanted = max(largest / CLOSE_SHARE, 1.5 * box.longer_side)
    side = max(min(wanted, GROWTH * found_in.side), MIN_SIDE)
    return Crop(*box.center, side, found_in.clockwise)


def _centres(length: int, side: float) -> list[float]:
    if length <= side:
        return [length / 2.0]
    count = 1 + int(np.ceil((length - side) / (side * (1.0 - TILE_OVERLAP))))
    return np.linspace(side / 2.0, length - side / 2.0, count).tolist()
