# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Face mesh vertices by meaning, bounding boxes, in-plane quarter turns."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

LANDMARK_COUNT = 468  # vertices of MediaPipe's face mesh, without the irises

NOSE_TIP = 1
SELLION = 168  # deepest point of the nose bridge, midway between the eyes

# Nose tip, chin, outer eye corners and mouth corners: the points of the usual solvePnP recipe.
SIX_POINTS = (NOSE_TIP, 199, 33, 263, 61, 291)

# On the cheekbones in front of the ears, the person's left one first.
CHEEKBONES = (454, 234)

FOREHEAD, CHIN = 10, 152  # on the midline: at the hairline, and lowest

# Of quarter turns, clockwise as x is right and y down.
_COS, _SIN = np.array([1.0, 0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])

# Pixels; faces whose landmarks span less have no usable shape.
MIN_FACE_SIZE = 4.0


class Box(NamedTuple):
    """An axis-aligned box in pixels; plain floats, faster than numpy for single boxes."""

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
        """The box shifted right and down, pixels."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def common(self, other: 'Box') -> float:
        """Area of the intersection, square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def overlap(self, other: 'Box') -> float:
        """Intersection over union, 0 to 1."""
        common = self.common(other)
        union = self.area + other.area - common
        return common / union if union > 0.0 else 1.0


def box_of(points: np.ndarray) -> Box:
    """Bounding box of points (n, 2 or 3) in pixels."""
    rows = np.ascontiguousarray(points.T[:2])  # numpy reduces rows several times faster
    low, high = np.minimum.reduce(rows, axis=1), np.maximum.reduce(rows, axis=1)
    return Box(*low.tolist(), *high.tolist())


def face_sizes(landmarks: np.ndarray) -> np.ndarray:
    """Longer sides (n,) of the bounding boxes of faces (n, 468, 3), in the landmarks' unit."""
    return np.ptp(landmarks[..., :2], axis=-2).max(axis=-1)


def quarter_turns(landmarks: np.ndarray) -> np.ndarray:
    """Clockwise quarter turns of faces (n, 468, 3) from upright: (n,) int, 0 to 3.

    0 if the line from forehead to chin is within 45 degrees of vertical.
    """
    down = landmarks[:, CHIN, :2] - landmarks[:, FOREHEAD, :2]
    quarters = np.rint(np.arctan2(-down[:, 0], down[:, 1]) / (np.pi / 2.0))
    return quarters.astype(int) % 4


def turned_landmarks(landmarks: np.ndarray, quarters: np.ndarray) -> np.ndarray:
    """Rotate landmarks (n, 468, 3) clockwise about the origin by quarter turns (n,)."""
    if not quarters.any():
        return landmarks
    cos, sin = _COS[quarters % 4], _SIN[quarters % 4]
    x, y, z = np.moveaxis(landmarks, -1, 0)
    cos, sin = cos[:, None], sin[:, None]
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


def has_shape(landmarks: np.ndarray) -> bool:
    """Whether landmarks (n, 2 or 3) in pixels are finite and span at least ``MIN_FACE_SIZE``."""
    box = box_of(landmarks)
    return box.longer_side >= MIN_FACE_SIZE and math.isfinite(np.add.reduce(landmarks, axis=None))


def distinct(boxes: Iterable[Box], same: float) -> list[int]:
    """Indices of boxes without those that overlap an earlier kept one by ``same`` or more."""
    kept: dict[int, Box] = {}
    for i, box in enumerate(boxes):
        if all(box.overlap(other) < same for other in kept.values()):
            kept[i] = box
    return list(kept)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of the bounding boxes of two point sets (n, 2 or 3), 0 to 1."""
    return box_of(a).overlap(box_of(b))
