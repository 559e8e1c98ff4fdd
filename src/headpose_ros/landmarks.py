# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The landmarks of a face: which vertices of the face mesh are what, and the box around them."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

LANDMARK_COUNT = 468  # vertices of MediaPipe's face mesh, without the irises

NOSE_TIP = 1
SELLION = 168  # at the deepest point of the nose bridge, midway between the eyes

# Nose tip, chin, outer eye corners and mouth corners: the points of the usual solvePnP recipe.
SIX_POINTS = (NOSE_TIP, 199, 33, 263, 61, 291)

# On the cheekbones in front of the ears, the person's left one first.
CHEEKBONES = (454, 234)

FOREHEAD, CHIN = 10, 152  # in the middle: at the hairline, and lowest

# Of quarters, clockwise as x is right and y down.
_COS, _SIN = np.array([1.0, 0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])

# A face whose landmarks span less than this many pixels has no shape left to read.
MIN_FACE_SIZE = 4.0


class Box(NamedTuple):
    """An upright box in an image, pixels; plain numbers, with which Python beats numpy."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def longer_side(self) -> float:
        """Pixels."""
        return max(self.width, self.height)

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """X and y, pixels."""
        return (self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0

    def moved(self, x: float, y: float) -> 'Box':
        """The box so many pixels further to the right and down."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def common(self, other: 'Box') -> float:
        """Square pixels that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def overlap(self, other: 'Box') -> float:
        """Intersection over union, 0 to 1."""
        common = self.common(other)
        union = self.area + other.area - common
        return common / union if union > 0.0 else 1.0


def box_of(points: np.ndarray) -> Box:
    """Box around points (n, 2 or 3) in pixels."""
    rows = np.ascontiguousarray(points.T[:2])  # along which numpy is several times faster
    low, high = np.minimum.reduce(rows, axis=1), np.maximum.reduce(rows, axis=1)
    return Box(*low.tolist(), *high.tolist())


def face_sizes(landmarks: np.ndarray) -> np.ndarray:
    """Longer sides (n,) of the boxes around faces (n, 468, 3), in the unit of the landmarks."""
    return np.ptp(landmarks[..., :2], axis=-2).max(axis=-1)


def quarter_turns(landmarks: np.ndarray) -> np.ndarray:
    """By how many quarters faces (n, 468, 3) are turned clockwise from upright: (n,) int, 0 to 3.

    Within 45 degrees of upright, from the top of the forehead to the chin, it is none.
    """
    down = landmarks[:, CHIN, :2] - landmarks[:, FOREHEAD, :2]
    quarters = np.rint(np.arctan2(-down[:, 0], down[:, 1]) / (np.pi / 2.0))
    return quarters.astype(int) % 4


def turned_landmarks(landmarks: np.ndarray, quarters: np.ndarray) -> np.ndarray:
    """Landmarks (n, 468, 3) turned clockwise about the origin by so many quarters (n,)."""
    if not quarters.any():
        return landmarks
    cos, sin = _COS[quarters % 4], _SIN[quarters % 4]
    x, y, z = np.moveaxis(landmarks, -1, 0)
    cos, sin = cos[:, None], sin[:, None]
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


def has_shape(landmarks: np.ndarray) -> bool:
    """Whether landmarks (n, 2 or 3) in pixels are numbers, and of a face large enough to read."""
    box = box_of(landmarks)
    return box.longer_side >= MIN_FACE_SIZE and math.isfinite(np.add.reduce(landmarks, axis=None))


def distinct(boxes: Iterable[Box], same: float) -> list[int]:
    """Indices of the boxes but for those that overlap one of them before by ``same`` or more."""
    kept: dict[int, Box] = {}
    for i, box in enumerate(boxes):
        if all(box.overlap(other) < same for other in kept.values()):
            kept[i] = box
    return list(kept)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of the boxes around points (n, 2 or 3) and (m, 2 or 3), 0 to 1."""
    return box_of(a).overlap(box_of(b))
