# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A trained model: its description, and from landmarks to rotations and how sure they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headpose_ros.landmarks import (
    LANDMARK_COUNT,
    face_sizes,
    quarter_turns,
    turned_landmarks,
)
from headpose_ros.regression.features import extract_features
from headpose_ros.regression.uncertainty import Uncertainty
from headpose_ros.rotation import nearest_rotation, quarter_rotations

ANGLE_CONVENTION = (
    'row-major R_opt = Rx(-pitch) Ry(yaw) Rz(roll) of AFLW2000-3D labels, in the camera optical '
    'frame (REP-103), identity facing the camera'
)


@dataclass(frozen=True)
class ModelDescription:
    """What a model file says of itself."""

    detector: str  # name of the detector whose landmarks the regressor was trained on
    features: str  # name of the feature set, a key of ``features.FEATURE_SETS``
    regressor: str  # the pipeline in words
    training_data: str  # names, counts and terms of the data
    protocol: str  # how the figures were measured
    figures: Mapping[str, float]  # name to value, degrees unless the name says otherwise
    # Range of the label's yaw to percent of errors within one and two standard deviations.
    coverage: Mapping[str, tuple[float, ...]]
    # Range of sizes in pixels, of faces far away, to their geodesic error, that of those seen from
    # the front, and the same shares.
    small_faces: Mapping[str, tuple[float, ...]]
    # Limit of the largest standard deviation to share of the faces, percent, and geodesic error,
    # of each range of the label's yaw and of all.
    sure_faces: Mapping[str, tuple[float, ...]]
    command: str  # what makes the file again
    feature_count: int  # length of a feature vector
    versions: Mapping[str, str]  # package to version, of what trained it
    landmark_count: int = LANDMARK_COUNT  # landmarks of a face
    angle_convention: str = ANGLE_CONVENTION  # what the regressor's outputs mean


@dataclass(frozen=True)
class Model:
    """A regressor that is ready to run, how sure it is, and the file they are from."""

    path: Path
    description: ModelDescription
    predict_outputs: Callable[[np.ndarray], np.ndarray]
    uncertainty: Uncertainty

    def predict(self, landmarks: np.ndarray) -> np.ndarray:
        """Head rotations ``R_opt`` (n, 3, 3) of landmarks (n, 468, 3) in pixels."""
        return predict_rotations(self.predict_outputs, self.description.features, landmarks)

    def predict_with_std(
        self, landmarks: np.ndarray, sizes: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same, and standard deviations (n, 3) of roll, pitch and yaw in radians.

        :param sizes: (n,) of ``face_sizes`` in the image, where the landmarks are not in its
            pixels.
        """
        if sizes is None:
            sizes = face_sizes(landmarks)
        quarters, features, outputs = _predict(
            self.predict_outputs, self.description.features, landmarks
        )
        upright = nearest_rotation(outputs.reshape(-1, 3, 3))
        std = self.uncertainty.standard_deviations(features, outputs, upright, sizes)
        if not quarters.any():
            return upright, std
        # On its side, what was pitch of the upright face is yaw, and the other way round.
        on_its_side = (quarters % 2 == 1)[:, None]
        std = np.where(on_its_side, std[:, [0, 2, 1]], std)
        return quarter_rotations(quarters) @ upright, std


def predict_rotations(
    predict_outputs: Callable[[np.ndarray], np.ndarray], feature_set: str, landmarks: np.ndarray
) -> np.ndarray:
    """Head rotations ``R_opt`` (n, 3, 3) by a regressor.

    :param predict_outputs: from features (n, length) to the nine entries of ``R_opt``, (n, 9).
    :param feature_set: a key of ``features.FEATURE_SETS``.
    :param landmarks: (n, 468, 3) pixels.
    """
    quarters, _, outputs = _predict(predict_outputs, feature_set, landmarks)
    return quarter_rotations(quarters) @ nearest_rotation(outputs.reshape(-1, 3, 3))


def _predict(
    predict_outputs: Callable[[np.ndarray], np.ndarray], feature_set: str, landmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quarters (n,) by which faces are turned, features of the upright faces, and outputs."""
    quarters = quarter_turns(landmarks)
    upright = turned_landmarks(landmarks, -quarters)
    features = extract_features(upright, feature_set).astype(np.float32)
    return quarters, features, predict_outputs(features)
