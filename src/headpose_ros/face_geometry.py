"""Size and overlap of faces in an image, by their landmarks."""

import numpy as np

# Vertices of the face mesh on the cheekbones in front of the ears, the person's left one first.
CHEEKBONES = (454, 234)

SELLION = 168  # vertex at the deepest point of the nose bridge, midway between the eyes

# A face whose landmarks span less than this many pixels has no shape left to read.
MIN_FACE_SIZE = 4.0


def has_shape(landmarks: np.ndarray) -> bool:
    """Whether landmarks (n, 2 or 3) in pixels are numbers, and of a face large enough to read."""
    size = np.ptp(landmarks[:, :2], axis=0).max()
    return bool(np.isfinite(landmarks).all() and size >= MIN_FACE_SIZE)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of the boxes around points (n, 2 or 3) and (m, 2 or 3), 0 to 1."""
    a, b = a[:, :2], b[:, :2]
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    common = np.maximum(high - low, 0.0).prod()
    union = np.ptp(a, axis=0).prod() + np.ptp(b, axis=0).prod() - common
    return float(common / union) if union > 0.0 else 1.0
