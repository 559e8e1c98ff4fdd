# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A model of random numbers, and landmark files, for tests of what is around them."""

from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline

from headpose_ros.landmarks import CHIN, FOREHEAD
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.uncertainty import FeatureSpace, Uncertainty
from training.landmark_file import LandmarkFile
from training.model_writer import library_versions, save_model
from training.plain_numpy import choose_precision, plain_steps

FEATURES = 'six'
LENGTH = FEATURE_SETS[FEATURES].length


def random_faces(count: int) -> np.ndarray:
    """Landmarks (count, 468, 3) in pixels, the same every time: upright and else of no shape."""
    faces = np.random.default_rng(0).normal(300, 50, (count, 468, 3))
    faces[:, FOREHEAD, :2], faces[:, CHIN, :2] = (300, 0), (300, 600)
    return faces


def fitted(*steps) -> Pipeline:
    """A pipeline of these steps, fitted to random faces and outputs."""
    x = extract_features(random_faces(60), FEATURES)
    y = np.random.default_rng(1).normal(0, 1, (60, 9))
    return make_pipeline(*steps).fit(x, y)


def make_uncertainty() -> Uncertainty:
    """Deviations that depend on everything a little."""
    space = FeatureSpace(np.zeros(LENGTH), np.eye(3, LENGTH), np.ones(3))
    weights = np.random.default_rng(2).normal(0, 0.1, (36, 3))
    weights[0] -= 2.0  # of the constant: about 8 degrees
    return Uncertainty(space, np.full(7, -3.0), np.full(7, 3.0), weights)


def describe(detector: str = 'face_mesh') -> ModelDescription:
    """Description of a model for a detector."""
    return ModelDescription(
        detector=detector,
        features=FEATURES,
        feature_count=LENGTH,
        regressor='ridge on six points',
        training_data='random numbers',
        protocol='none',
        figures={'MAE': 1.0},
        coverage={'all': (68.0, 95.0)},
        small_faces={'16-22': (9.0, 8.0, 68.0, 95.0)},
        sure_faces={'<= 60': (99.0, 4.0) * 4},
        command='pytest',
        versions=library_versions(),
    )


def write_model(path: Path, pipeline: Pipeline, detector: str = 'face_mesh') -> Path:
    """A model file (.npz) of a fitted pipeline, as ``fit`` writes it."""
    uncertainty = make_uncertainty()
    steps = choose_precision(plain_steps(pipeline), uncertainty.space)
    save_model(path, steps, uncertainty, describe(detector))
    return path


def landmark_file(
    landmarks: np.ndarray, labels: np.ndarray, names: np.ndarray, augmentations: np.ndarray
) -> LandmarkFile:
    """Landmarks of a dataset in which every name is a photograph of its own."""
    return LandmarkFile(
        detector='face_mesh',
        detector_version='a version',
        dataset='a dataset',
        terms='some terms',
        left_out=0,
        names=names,
        groups=names,
        augmentations=augmentations,
        labels=labels,
        landmarks=landmarks,
    )
