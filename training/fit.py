# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Trains a regressor on all data and writes it as a model with its model card."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from headpose_ros.landmarks import face_sizes
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.steps import Steps, run
from headpose_ros.regression.uncertainty import FeatureSpace, Uncertainty
from training.crossval import (
    CrossValidation,
    Protocol,
    cross_validate,
    fit_regressor,
    row_groups,
    trainable,
    training_rows,
)
from training.errors import NoPlainFormError
from training.landmark_file import LandmarkFile
from training.landmarks import found_table
from training.model_card import write_card
from training.model_writer import library_versions, list_file, save_model, save_pipeline
from training.parallel import one_thread
from training.plain_numpy import choose_precision, plain_steps
from training.regressors import is_file, read_regressor
from training.uncertainty import coverage, fit_uncertainty

# The built-in models: the most accurate of those compared (docs/accuracy.md), fast, and the file
# contains none of the training faces.
DEFAULT_REGRESSOR = 'fourier_mlp'
DEFAULT_FEATURES = 'all_3d'

# Maximum difference between the predictions of scikit-learn and plain numpy, in entries of a
# rotation matrix: far below any relevant angle.
_TOLERANCE = 1e-6

# Attributes of fitted regressors that contain features of faces: kernel methods and neighbours.
_KEPT_FACES = ('X_fit_', 'X_train_', '_fit_X', 'support_vectors_')

Table = dict[str, tuple]  # name of a row to its numbers


def fit_model(
    data: LandmarkFile,
    regressor: str,
    features: str,
    protocol: Protocol,
    folder: Path,
    jobs: int = -1,
) -> tuple[ModelDescription, str]:
    """Cross-validate a regressor, train it on all data, and write it to ``folder``.

    Writes ``<detector>.joblib``, the fitted scikit-learn pipeline, ``<detector>.md``, its model
    card, and, if it has a plain numpy form, ``<detector>.npz``, loaded by ``headpose_ros``, with
    its checksum in ``SHA256SUMS``.

    :param regressor: a key of ``REGRESSORS``, or the path of a ``.joblib`` (executes code).
    :return: the description, and why there is no plain numpy form; empty if there is one.
    :raises training.errors.TrainingError: the data or the regressor cannot be used.
    """
    trained = read_regressor(Path(regressor)) if is_file(regressor) else regressor
    (result,) = cross_validate(data, [(features, trained)], protocol, jobs)
    chosen = trainable(data, protocol.augmented)
    inputs, targets = training_rows(data, features, chosen)
    with one_thread():
        pipeline = fit_regressor(trained, features, inputs, targets, row_groups(data, chosen))
    uncertainty, shares, small, sure = _fit_uncertainty(data, features, result)
    description = ModelDescription(
        detector=data.detector,
        features=features,
        feature_count=FEATURE_SETS[features].length,
        regressor=describe_pipeline(pipeline),
        training_data=(
            f'{data.dataset}: {len(inputs) // 2} faces in images and augmentations, each also '
            f'with mirrored landmarks; terms: {data.terms}'
        ),
        protocol=protocol.describe(data),
        figures=result.figures,
        coverage=shares,
        small_faces=small,
        sure_faces=sure,
        command=make_command(data, regressor, features, protocol),
        versions=library_versions(),
    )
    save_pipeline(folder / f'{data.detector}.joblib', pipeline, uncertainty, description)
    obstacle = ''
    try:
        steps = _checked_steps(pipeline, inputs[:: max(1, len(inputs) // 1000)])
    except NoPlainFormError as error:
        obstacle = str(error)
    else:
        model = folder / f'{data.detector}.npz'
        save_model(model, choose_precision(steps, uncertainty.space), uncertainty, description)
        list_file(model)
    write_card(
        folder / f'{data.detector}.md',
        description,
        result.spread,
        found_table(data),
        has_plain_form=not obstacle,
        holds_faces=_holds_faces(pipeline, regressor),
    )
    return description, obstacle


def describe_pipeline(pipeline: Any) -> str:
    """The steps of a pipeline, or a single regressor, as text with their parameters."""
    steps = [step for _, step in getattr(pipeline, 'steps', [('', pipeline)])]
    return ', '.join(' '.join(str(step).split()) for step in steps)


def make_command(data: LandmarkFile, regressor: str, features: str, protocol: Protocol) -> str:
    """Commands that reproduce the model from the dataset folder."""
    augmented = len(set(data.augmentations)) > 1
    landmarks = ['landmarks', data.dataset, '--out', 'landmarks.npz']
    landmarks += ['--detector', data.detector, '--augment' if augmented else '--no-augment']
    name = Path(regressor).name if is_file(regressor) else regressor
    fit = ['fit', 'landmarks.npz', '--regressor', name, '--features', features]
    fit += ['--folds', str(protocol.folds), '--repeats', str(protocol.repeats)]
    fit += ['--augment' if protocol.augmented else '--no-augment', '--out', 'models']
    commands = (shlex.join(['python', '-m', 'training', *each]) for each in (landmarks, fit))
    return ' && '.join(commands)


def _fit_uncertainty(
    data: LandmarkFile, features: str, result: CrossValidation
) -> tuple[Uncertainty, Table, Table, Table]:
    repeats, rows = np.nonzero(np.isfinite(result.outputs).all(axis=2))
    inputs = extract_features(data.upright_landmarks[rows], features)
    outputs = result.outputs[repeats, rows]
    by_yaw, by_size, by_limit = coverage(inputs, outputs, data, rows)
    shares = {row[0]: (row[1], row[2]) for row in by_yaw.itertuples(index=False)}
    small = {row[0]: row[1:5] for row in by_size.itertuples(index=False)}
    sure = {row[0]: row[1:] for row in by_limit.itertuples(index=False)}
    uncertainty = fit_uncertainty(
        inputs,
        outputs,
        data.upright_rotations[rows],
        face_sizes(data.landmarks[rows]),
        data.plain[rows],
        data.far[rows],
    )
    # In single precision, like the features: their product takes most of the time.
    space = [value.astype(np.float32) for value in vars(uncertainty.space).values()]
    return replace(uncertainty, space=FeatureSpace(*space)), shares, small, sure


def _checked_steps(pipeline: Any, inputs: np.ndarray) -> Steps:
    steps = plain_steps(pipeline)
    difference = np.abs(run(steps, inputs) - pipeline.predict(inputs)).max()
    if difference > _TOLERANCE:
        raise NoPlainFormError(f'plain numpy differs from scikit-learn by {difference:.1g}')
    return steps


def _holds_faces(pipeline: Any, regressor: str) -> bool | None:
    """Whether a pipeline contains features of single faces; ``None`` if unknown."""
    if any(hasattr(part, name) for part in _parts(pipeline) for name in _KEPT_FACES):
        return True
    return None if is_file(regressor) else False


def _parts(regressor: Any) -> Iterator:
    """A regressor and all its parts."""
    yield regressor
    inner = [step for _, step in getattr(regressor, 'steps', ())]
    for name in ('regressors_', 'estimators_'):
        inner += np.ravel(getattr(regressor, name, ())).tolist()
    for part in inner:
        yield from _parts(part)
