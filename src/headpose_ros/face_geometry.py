"""Size and overlap of faces in an image, by their landmarks."""

import numpy as np

# Vertices of the face mesh on the cheekbones in front of the ears, the person's left one first.
CHEEKBONES = (454, 234)

SELLION = 168  # vertex at the deepest point of the nose bridge, midway between the eyes

# A face whose landmarks span less than this many pixels has no shape left to read.
MIN_FACE_SIZE = 4.0


def corners(points: np.ndarray) -> np.ndarray:
    """Corners (2, 2) of the box around points (n, 2 or 3): lowest x and y, highest x and y."""
    columns = points.T[:2].copy()  # along whose rows numpy is several times faster
    return np.stack([columns.min(axis=1), columns.max(axis=1)])


def has_shape(landmarks: np.ndarray) -> bool:
    """Whether landmarks (n, 2 or 3) in pixels are numbers, and of a face large enough to read."""
    low, high = corners(landmarks)
    return bool((high - low).max() >= MIN_FACE_SIZE and np.isfinite(landmarks).all())


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of the boxes around points (n, 2 or 3) and (m, 2 or 3), 0 to 1."""
    return box_overlap(corners(a), corners(b))


def box_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes, as ``corners`` gives them, 0 to 1."""
    (left_a, top_a), (right_a, bottom_a) = a.tolist()
    (left_b, top_b), (right_b, bottom_b) = b.tolist()
    width = max(min(right_a, right_b) - max(left_a, left_b), 0.0)
    height = max(min(bottom_a, bottom_b) - max(top_a, top_b), 0.0)
    common = width * height
    area_a = (right_a - left_a) * (bottom_a - top_a)
    area_b = (right_b - left_b) * (bottom_b - top_b)
    union = area_a + area_b - common
    return common / union if union > 0.0 else 1.0
