# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Train a regressor on everything and write it as a model with its card."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from headpose_ros.landmarks import face_sizes
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.numpy_regressor import as_numpy, converter_of
from headpose_ros.regression.uncertainty import FeatureSpace, Uncertainty
from training.crossval import (
    CrossValidation,
    Protocol,
    choose_settings,
    cross_validate,
    make_regressor,
    row_groups,
    trainable,
    training_rows,
)
from training.landmark_file import LandmarkFile
from training.landmarks import found_table
from training.model_card import write_card
from training.model_writer import library_versions, list_file, save_model
from training.parallel import one_thread
from training.uncertainty import coverage, fit_uncertainty

# What is shipped: the best of what was tried (docs/accuracy.md), quick, and its file holds none of
# the faces it was trained on.
DEFAULT_REGRESSOR = 'fourier_mlp'
DEFAULT_FEATURES = 'all_3d'

# Largest difference between scikit-learn's prediction and the plain numpy one, in entries of a
# rotation matrix: far below any angle that matters.
_TOLERANCE = 1e-6

Table = dict[str, tuple]  # name of a row to its numbers


def fit_model(
    data: LandmarkFile,
    regressor: str,
    features: str,
    protocol: Protocol,
    folder: Path,
    jobs: int = -1,
) -> ModelDescription:
    """Cross-validate a regressor, train it on all of the data, and write ``folder``.

    Writes ``<detector>.joblib``, which ``headpose_ros`` loads, ``<detector>.md``, its card, and
    its checksum into ``SHA256SUMS``.

    :raises training.errors.TrainingError: the data cannot be used.
    :raises headpose_ros.errors.UnsupportedRegressorError: the regressor cannot run as plain numpy.
    """
    for _, step in make_regressor(regressor, features).steps:
        converter_of(step)
    (result,) = cross_validate(data, [(features, regressor)], protocol, jobs)
    chosen = trainable(data, protocol.with_copies)
    inputs, targets = training_rows(data, features, chosen)
    with one_thread():
        groups = row_groups(data, chosen)
        pipeline = choose_settings(regressor, features, inputs, targets, groups)
        pipeline.fit(inputs, targets)
    uncertainty, shares, small, sure = _fit_uncertainty(data, features, result)
    _round_to_single(pipeline)
    _check_plain_numpy(pipeline, inputs[:: max(1, len(inputs) // 1000)])
    description = ModelDescription(
        detector=data.detector,
        features=features,
        feature_count=FEATURE_SETS[features].length,
        regressor=describe_pipeline(pipeline),
        training_data=(
            f'{data.dataset}: {len(inputs) // 2} faces on images and their copies, each also '
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
    model = folder / f'{data.detector}.joblib'
    save_model(model, pipeline, uncertainty, description)
    list_file(model)
    write_card(
        folder / f'{data.detector}.md',
        description,
        result.spread,
        found_table(data),
        # Kernel methods keep the faces they were trained on.
        holds_faces=any(hasattr(part, 'X_fit_') for part in _parts(pipeline)),
    )
    return description


def describe_pipeline(pipeline: Any) -> str:
    """The steps of a pipeline in words, with what is set in each."""
    return ', '.join(' '.join(str(step).split()) for _, step in pipeline.steps)


def make_command(data: LandmarkFile, regressor: str, features: str, protocol: Protocol) -> str:
    """Commands that make the model again, from the folder of the dataset."""
    has_copies = len(set(data.copies)) > 1
    landmarks = ['landmarks', data.dataset, '--out', 'landmarks.npz']
    landmarks += ['--detector', data.detector, '--copies' if has_copies else '--no-copies']
    fit = ['fit', 'landmarks.npz', '--regressor', regressor, '--features', features]
    fit += ['--folds', str(protocol.folds), '--repeats', str(protocol.repeats)]
    fit += ['--copies' if protocol.with_copies else '--no-copies', '--out', 'models']
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
    space = [_rounded(value) for value in vars(uncertainty.space).values()]
    return replace(uncertainty, space=FeatureSpace(*space)), shares, small, sure


def _parts(regressor: Any) -> Iterator:
    """A regressor and everything that it is made of."""
    yield regressor
    inner = [step for _, step in getattr(regressor, 'steps', ())]
    for part in (*inner, *getattr(regressor, 'regressors_', ())):
        yield from _parts(part)


def _round_to_single(pipeline: Any) -> None:
    # The arrays stay double, which numpy multiplies without a copy; the zeros at the end of each
    # number compress to nothing, which halves the file.
    for part in _parts(pipeline):
        vars(part).pop('_optimizer', None)  # of a network, to train it further
        for name, value in vars(part).items():
            if isinstance(value, np.ndarray):
                setattr(part, name, _rounded(value))
            elif isinstance(value, list):
                setattr(part, name, [_rounded(each) for each in value])


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32).astype(np.float64)
    return value


def _check_plain_numpy(pipeline: Any, inputs: np.ndarray) -> None:
    difference = np.abs(as_numpy(pipeline)(inputs) - pipeline.predict(inputs)).max()
    if difference > _TOLERANCE:
        raise RuntimeError(f'plain numpy differs from scikit-learn by {difference:.1g}')
