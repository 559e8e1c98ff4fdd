# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Landmarks to regressor features, the same in training and on the robot."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headpose_ros.landmarks import LANDMARK_COUNT, SIX_POINTS


@dataclass(frozen=True)
class FeatureSet:
    """Landmarks used by a regressor, and how many of their coordinates.

    ``points`` are indices into the face mesh; ``dimensions`` is 2 (x, y) or 3 (x, y, depth).
    """

    points: tuple[int, ...]
    dimensions: int

    @property
    def length(self) -> int:
        """Length of a feature vector."""
        return len(self.points) * self.dimensions

    @cached_property
    def selection(self) -> slice | np.ndarray:
        """``points`` as the fastest numpy index."""
        return slice(None) if self.points == ALL_POINTS else np.array(self.points)

    @cached_property
    def shares(self) -> np.ndarray:
        """(number of points,) weights of the points in their mean."""
        return np.full(len(self.points), 1.0 / len(self.points))


ALL_POINTS = tuple(range(LANDMARK_COUNT))

FEATURE_SETS = {
    'six': FeatureSet(SIX_POINTS, 2),
    'all': FeatureSet(ALL_POINTS, 2),
    'all_3d': FeatureSet(ALL_POINTS, 3),
}


def extract_features(landmarks: np.ndarray, name: str) -> np.ndarray:
    """Feature vectors of faces, invariant to position and scale.

    The points are centred on their centroid and divided by their RMS distance from it in the image
    plane, with one scale for x, y and depth to keep the aspect ratio.

    :param landmarks: (..., 468, 3) pixels; x right, y down, depth in the scale of x.
    :param name: a key of ``FEATURE_SETS``.
    :return: (..., length), dimensionless.
    :raises ValueError: unknown name, or landmarks of another shape.
    """
    if name not in FEATURE_SETS:
        raise ValueError(f'unknown feature set {name!r}; known: {", ".join(FEATURE_SETS)}')
    landmarks = np.asarray(landmarks, float)
    if landmarks.shape[-2:] != (LANDMARK_COUNT, 3):
        raise ValueError(
            f'landmarks have shape {landmarks.shape}; expected (..., {LANDMARK_COUNT}, 3)'
        )
    feature_set = FEATURE_SETS[name]
    points = landmarks[..., feature_set.selection, :]
    # Sums as matrix products: several times faster than numpy's on such short rows.
    points = points - (feature_set.shares @ points)[..., None, :]
    plane = points[..., :2]
    scale = np.sqrt(np.einsum('...ij,...ij->...', plane, plane) / len(feature_set.points))
    points = points[..., : feature_set.dimensions] / scale[..., None, None]
    return points.reshape(*points.shape[:-2], feature_set.length)
