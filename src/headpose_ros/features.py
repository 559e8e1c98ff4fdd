# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Landmarks to the numbers a regressor sees, the same in training and on the robot."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

LANDMARK_COUNT = 468  # vertices of MediaPipe's face mesh, without the irises


@dataclass(frozen=True)
class FeatureSet:
    """Which landmarks a regressor sees and how many of their coordinates.

    ``points`` are indices into the face mesh; ``dimensions`` is 2 (x, y) or 3 (x, y, depth).
    """

    points: tuple[int, ...]
    dimensions: int

    @property
    def length(self) -> int:
        """Length of a feature vector."""
        return len(self.points) * self.dimensions

    @cached_property
    def has_all(self) -> bool:
        """Whether ``points`` are all landmarks, in their order."""
        return self.points == ALL_POINTS

    @cached_property
    def indices(self) -> np.ndarray:
        """``points`` as numpy takes them without a conversion."""
        return np.array(self.points)

    @cached_property
    def shares(self) -> np.ndarray:
        """(number of points,) of each in their mean."""
        return np.full(len(self.points), 1.0 / len(self.points))


# Nose tip, chin, outer eye corners and mouth corners: the points of the usual solvePnP recipe.
SIX_POINTS = (1, 199, 33, 263, 61, 291)
ALL_POINTS = tuple(range(LANDMARK_COUNT))

FEATURE_SETS = {
    'six': FeatureSet(SIX_POINTS, 2),
    'all': FeatureSet(ALL_POINTS, 2),
    'all_3d': FeatureSet(ALL_POINTS, 3),
}


def extract_features(landmarks: np.ndarray, name: str) -> np.ndarray:
    """Feature vectors of faces, independent of where a face is and how large it is.

    The chosen points are moved to their centroid and divided by their root mean square distance
    from it in the image plane, one scale for x, y and depth, so that the aspect of a face stays.

    :param landmarks: (..., 468, 3) pixels; x right, y down, depth in the scale of x.
    :param name: a key of ``FEATURE_SETS``.
    :return: (..., length) without unit.
    :raises ValueError: an unknown name, or landmarks of another shape.
    """
    if name not in FEATURE_SETS:
        raise ValueError(f'unknown feature set {name!r}; known: {", ".join(FEATURE_SETS)}')
    landmarks = np.asarray(landmarks, float)
    if landmarks.shape[-2:] != (LANDMARK_COUNT, 3):
        raise ValueError(
            f'landmarks have shape {landmarks.shape}; want (..., {LANDMARK_COUNT}, 3)'
        )
    feature_set = FEATURE_SETS[name]
    points = landmarks if feature_set.has_all else landmarks[..., feature_set.indices, :]
    # Sums as products, several times faster than numpy's along such short rows.
    points = points - (feature_set.shares @ points)[..., None, :]
    plane = points[..., :2]
    scale = np.sqrt(np.einsum('...ij,...ij->...', plane, plane) / len(feature_set.points))
    points = points[..., : feature_set.dimensions] / scale[..., None, None]
    return points.reshape(*points.shape[:-2], feature_set.length)
