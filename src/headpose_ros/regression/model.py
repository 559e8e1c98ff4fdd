# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A trained model: its description, and prediction of rotations and their uncertainty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from headpose_ros.errors import ModelError
from headpose_ros.landmarks import (
    LANDMARK_COUNT,
    face_sizes,
    quarter_turns,
    turned_landmarks,
)
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.uncertainty import Uncertainty, UnknownUncertainty
from headpose_ros.rotation import nearest_rotation, quarter_rotations

FORMAT = 'headpose_ros model 5'
OUTPUT_COUNT = 9  # entries of R_opt predicted by a regressor

TRAIN_AGAIN = 'train the model again with python -m training fit'

ANGLE_CONVENTION = (
    'row-major R_opt = Rx(-pitch) Ry(yaw) Rz(roll) of AFLW2000-3D labels, in the camera optical '
    'frame (REP-103), identity facing the camera'
)


@dataclass(frozen=True)
class ModelDescription:
    """Description stored in a model file."""

    detector: str  # name of the detector whose landmarks the regressor was trained on
    features: str  # name of the feature set, a key of ``features.FEATURE_SETS``
    regressor: str  # the pipeline as text
    training_data: str  # names, counts and licence terms
    protocol: str  # how the figures were measured
    figures: Mapping[str, float]  # name to value, degrees unless the name says otherwise
    # Label yaw range to percent of errors within one and two standard deviations.
    coverage: Mapping[str, tuple[float, ...]]
    # Size range in pixels of distant faces to their geodesic error, that of frontal ones, and the
    # same coverage.
    small_faces: Mapping[str, tuple[float, ...]]
    # Limit on the largest standard deviation to percent of faces kept and their geodesic error,
    # for each label yaw range and for all.
    sure_faces: Mapping[str, tuple[float, ...]]
    command: str  # reproduces the file
    feature_count: int  # length of a feature vector
    versions: Mapping[str, str]  # package versions used for training
    landmark_count: int = LANDMARK_COUNT  # per face
    angle_convention: str = ANGLE_CONVENTION  # meaning of the regressor's outputs

    @classmethod
    def parse(cls, path: Path, content: Any) -> 'ModelDescription':
        """Parse the description in the content of a model file.

        :param path: of the file, for the message.
        :param content: a dictionary with ``format`` and ``description``, or anything else.
        :raises ModelError: wrong format, or incomplete.
        """
        if not isinstance(content, dict) or content.get('format') != FORMAT:
            what = content.get('format') if isinstance(content, dict) else type(content).__name__
            raise ModelError(
                f'{path}: not a model file for this version of headpose_ros: format {what!r}, '
                f'expected {FORMAT!r}; {TRAIN_AGAIN}, or omit it to use the built-in model'
            )
        described = content.get('description')
        if not isinstance(described, dict) or set(described) != {x.name for x in fields(cls)}:
            raise ModelError(f'{path}: its description is incomplete; {TRAIN_AGAIN}')
        for field in fields(cls):
            if not _CHECKS[field.type](described[field.name]):
                raise ModelError(
                    f'{path}: {field.name!r} in its description has the wrong type; {TRAIN_AGAIN}'
                )
        # JSON has lists only.
        tables = {
            field.name: {name: tuple(row) for name, row in described[field.name].items()}
            for field in fields(cls)
            if field.type == Mapping[str, tuple[float, ...]]
        }
        return cls(**described | tables)

    def check(self, path: Path, detector: str) -> None:
        """Check that the model matches what is running.

        :param path: of its file, for the message.
        :param detector: name of the detector in use.
        :raises ModelError: it does not.
        """
        features = self.features
        known = FEATURE_SETS.get(features)
        known_name = features if known else ', '.join(FEATURE_SETS)
        use = f'use a model for {detector}, or set the detector to {self.detector}'
        for what, came, wanted, cure in (
            ('the detector it was trained on', self.detector, detector, use),
            ('its landmark count', self.landmark_count, LANDMARK_COUNT, TRAIN_AGAIN),
            ('its feature set', features, known_name, TRAIN_AGAIN),
            ('its feature length', self.feature_count, known and known.length, TRAIN_AGAIN),
            ('its angle convention', self.angle_convention, ANGLE_CONVENTION, TRAIN_AGAIN),
        ):
            if came != wanted:
                raise ModelError(f'{path}: {what} is {came!r}, but {wanted!r} is running; {cure}')


def read_uncertainty(path: Path, arrays: Any, feature_count: int) -> Uncertainty:
    """The uncertainty model in the content of a model file.

    :param path: of the file, for the message.
    :param arrays: as of ``Uncertainty.arrays``, or anything else.
    :param feature_count: expected length of the feature vectors.
    :raises ModelError: it is missing or invalid.
    """
    try:
        uncertainty = Uncertainty.from_arrays(arrays)
        if len(uncertainty.space.mean) != feature_count:
            raise ValueError(f'made for {len(uncertainty.space.mean)} features')
    except Exception as error:  # the file may hold anything
        raise ModelError(
            f'{path}: its uncertainty model is missing or invalid; {TRAIN_AGAIN}'
        ) from error
    return uncertainty


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_row(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_is_number, value))


def _maps_to(is_value: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda x: isinstance(x, dict) and all(map(is_value, x.values()))


# Field type of a description to type check.
_CHECKS: dict[Any, Callable[[Any], bool]] = {
    str: lambda x: isinstance(x, str),
    int: lambda x: isinstance(x, int),
    Mapping[str, float]: _maps_to(_is_number),
    Mapping[str, tuple[float, ...]]: _maps_to(_is_row),
    Mapping[str, str]: _maps_to(lambda x: isinstance(x, str)),
}


@dataclass(frozen=True)
class Model:
    """A loaded regressor, its uncertainty model and the file they come from."""

    path: Path
    description: ModelDescription
    predict_outputs: Callable[[np.ndarray], np.ndarray]
    uncertainty: Uncertainty | UnknownUncertainty

    def predict(self, landmarks: np.ndarray) -> np.ndarray:
        """Head rotations ``R_opt`` (n, 3, 3) of landmarks (n, 468, 3) in pixels."""
        return predict_rotations(self.predict_outputs, self.description.features, landmarks)

    def predict_with_std(
        self, landmarks: np.ndarray, sizes: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same, with standard deviations (n, 3) of roll, pitch and yaw in radians.

        :param sizes: (n,) ``face_sizes`` in the image, if the landmarks are not in its pixels.
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
        # For a face on its side, pitch and yaw of the upright face are swapped.
        on_its_side = (quarters % 2 == 1)[:, None]
        std = np.where(on_its_side, std[:, [0, 2, 1]], std)
        return quarter_rotations(quarters) @ upright, std


def predict_rotations(
    predict_outputs: Callable[[np.ndarray], np.ndarray], feature_set: str, landmarks: np.ndarray
) -> np.ndarray:
    """Head rotations ``R_opt`` (n, 3, 3) predicted by a regressor.

    :param predict_outputs: features (n, length) to entries of ``R_opt``, (n, 9).
    :param feature_set: a key of ``features.FEATURE_SETS``.
    :param landmarks: (n, 468, 3) pixels.
    """
    quarters, _, outputs = _predict(predict_outputs, feature_set, landmarks)
    return quarter_rotations(quarters) @ nearest_rotation(outputs.reshape(-1, 3, 3))


def _predict(
    predict_outputs: Callable[[np.ndarray], np.ndarray], feature_set: str, landmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In-plane quarter turns (n,) of the faces, features of the upright faces, and outputs."""
    quarters = quarter_turns(landmarks)
    upright = turned_landmarks(landmarks, -quarters)
    features = extract_features(upright, feature_set).astype(np.float32)
    return quarters, features, predict_outputs(features)
