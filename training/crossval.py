# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Repeated k-fold cross-validation, grouped by photograph."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, GroupKFold, GroupShuffleSplit

from headpose_ros.errors import one_line
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.model import OUTPUT_COUNT
from headpose_ros.rotation import nearest_rotation, quarter_rotations
from training.errors import TrainingError
from training.landmark_file import LandmarkFile
from training.metrics import pose_figures
from training.mirroring import mirror_landmarks
from training.parallel import one_thread, run_parallel
from training.regressors import COMPONENTS, REGRESSORS, SETTINGS
from training.rotation import mirrored_rotation

# Share of the training photographs used to choose settings, and minimum number of rows so that the
# rest has as many as principal components, plus a tenth.
SETTINGS_SHARE = 0.25
MIN_ROWS = math.ceil(1.1 * COMPONENTS / (1.0 - SETTINGS_SHARE))

Regressor: TypeAlias = str | BaseEstimator  # a key of ``REGRESSORS``, or a scikit-learn estimator


@dataclass(frozen=True)
class Protocol:
    """Evaluation protocol.

    :ivar folds: each is predicted by a regressor trained on the others.
    :ivar repeats: with different splits; figures are means over the repeats.
    :ivar augmented: train on the augmentations too. Mirrored landmarks are always
        used for training; only the original images are used for testing.
    """

    folds: int = 5
    repeats: int = 3
    augmented: bool = True

    def check(self, data: LandmarkFile) -> None:
        """Raise ``TrainingError`` unless the data can be split this way."""
        groups = len(set(data.groups))
        if not 2 <= self.folds <= groups:
            raise TrainingError(
                f'{self.folds} folds of {groups} independent images; expected 2 to {groups}'
            )
        if self.repeats < 1:
            raise TrainingError(f'{self.repeats} repeats; expected 1 or more')

    @property
    def repeats_in_words(self) -> str:
        """The number of repeats in words."""
        return f'mean of {self.repeats} repeats' if self.repeats > 1 else 'one repeat'

    def summarise(self, data: LandmarkFile) -> str:
        """The protocol as a title, with the detection rate."""
        found, images = _found_of(data)
        return (
            f'{self.folds}-fold cross-validation on {data.dataset}, {found} of {images} faces '
            f'found ({found / images:.1%})'
        )

    def describe(self, data: LandmarkFile) -> str:
        """The protocol in one sentence, with the detection rate."""
        found, images = _found_of(data)
        augmentations = [str(name) for name in dict.fromkeys(data.augmentations[~data.plain])]
        trained_on = 'the images'
        if self.augmented and augmentations:
            trained_on += f', augmentations ({", ".join(augmentations)})'
        left_out = ''
        if data.left_out:
            left_out = f'; {data.left_out} with an angle above 99 degrees excluded'
        return (
            f'{self.folds}-fold cross-validation on {data.dataset}, split by photograph, '
            f'{self.repeats_in_words}; {data.detector} ({data.detector_version}) found '
            f'{found} of {images} labelled faces ({found / images:.1%}{left_out}); trained on '
            f'{trained_on} and mirrored landmarks, with settings, if any, chosen on a quarter of '
            'the training photographs; tested on the images'
        )


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Result of one candidate.

    :ivar figures: means over the repeats, see ``training.metrics.pose_figures``.
    :ivar spread: standard deviation of MAE over the repeats, degrees.
    :ivar predicted: (repeats, n, 3, 3) ``R_opt`` of the n scored original images.
    :ivar outputs: (repeats, m, 9) outputs of the regressor for all m images, with the face
        upright, including augmentations used for training; NaN without a face.
    """

    figures: dict[str, float]
    spread: float
    predicted: np.ndarray
    outputs: np.ndarray


def cross_validate(
    data: LandmarkFile,
    candidates: Sequence[tuple[str, Regressor]],
    protocol: Protocol,
    jobs: int = -1,
    scored: np.ndarray | None = None,
) -> list[CrossValidation]:
    """Cross-validate regressors, all on the same splits.

    :param candidates: feature set, a key of ``FEATURE_SETS``, and regressor.
    :param jobs: processes; -1 for one per core.
    :param scored: (n,) bool, the images whose faces are scored; ``None`` for all.
    :raises TrainingError: the data cannot be split this way, or not be used for training.
    """
    data.check_trainable()
    protocol.check(data)
    data.check_found()
    shown = np.flatnonzero(data.found & data.plain & (True if scored is None else scored))
    labels = data.labels[shown]
    folds = list(splits(data, protocol))
    tasks = [
        (data, *candidate, protocol.augmented, tested)
        for candidate in candidates
        for _, tested in folds
    ]
    outcomes = iter(run_parallel(predict_fold, tasks, jobs, 'cross-validation', 'fold'))
    results = []
    for _ in candidates:
        outputs = np.full((protocol.repeats, len(data.names), OUTPUT_COUNT), np.nan)
        for repeat, _ in folds:
            test, outputs_fold = next(outcomes)
            outputs[repeat, test] = outputs_fold
        upright = nearest_rotation(outputs[:, shown].reshape(protocol.repeats, -1, 3, 3))
        predicted = quarter_rotations(data.quarters[shown]) @ upright
        repeats = pd.DataFrame([pose_figures(each, labels) for each in predicted])
        results.append(
            CrossValidation(
                repeats.mean().to_dict(), float(repeats['MAE'].std(ddof=0)), predicted, outputs
            )
        )
    return results


def predict_fold(
    data: LandmarkFile, features: str, regressor: Regressor, augmented: bool, tested: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Train on all groups but the tested ones, and predict the latter.

    :param tested: (k,) groups.
    :return: indices into ``data`` (m,) and outputs of the regressor (m, 9): of the original
        images, and of the augmentations if they are used for training.
    :raises TrainingError: too few faces left for training.
    """
    is_tested = np.isin(data.groups, tested)
    chosen = trainable(data, augmented) & ~is_tested
    inputs, targets = training_rows(data, features, chosen)
    if len(inputs) < MIN_ROWS:
        raise TrainingError(
            f'{len(inputs)} faces and mirrored faces for training; expected {MIN_ROWS} or more: '
            'use more images, or augmentation with --augment'
        )
    test = np.flatnonzero(data.found & (data.plain | augmented) & is_tested)
    if len(test) == 0:
        return test, np.empty((0, OUTPUT_COUNT))
    with one_thread():
        pipeline = fit_regressor(regressor, features, inputs, targets, row_groups(data, chosen))
        return test, pipeline.predict(extract_features(data.upright_landmarks[test], features))


def trainable(data: LandmarkFile, augmented: bool) -> np.ndarray:
    """(n,) bool, the images usable for training."""
    found = data.found & data.right_way_up
    return found if augmented else found & data.plain


def training_rows(
    data: LandmarkFile, features: str, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Training rows of a regressor: the chosen faces, then their mirrored landmarks.

    :param features: a key of ``headpose_ros.regression.features.FEATURE_SETS``.
    :param chosen: (n,) bool.
    :return: features (m, length) and targets (m, 9), row-major ``R_opt``.
    """
    landmarks, rotations = data.upright_landmarks[chosen], data.upright_rotations[chosen]
    inputs = [extract_features(x, features) for x in (landmarks, mirror_landmarks(landmarks))]
    targets = np.concatenate([rotations, mirrored_rotation(rotations)]).reshape(-1, 9)
    return np.concatenate(inputs), targets


def row_groups(data: LandmarkFile, chosen: np.ndarray) -> np.ndarray:
    """(m,) groups of the rows of ``training_rows`` for the same faces."""
    return np.tile(data.groups[chosen], 2)


def fit_regressor(
    regressor: Regressor, features: str, inputs: np.ndarray, targets: np.ndarray,
    groups: np.ndarray,
) -> BaseEstimator:
    """Fit a regressor with the settings of ``choose_settings`` (same parameters).

    :raises TrainingError: a regressor outside ``REGRESSORS`` cannot be fitted.
    """
    pipeline = choose_settings(regressor, features, inputs, targets, groups)
    if isinstance(regressor, str):
        return pipeline.fit(inputs, targets)
    try:
        pipeline.fit(inputs, targets)
        pipeline.predict(inputs[:1])
    except Exception as error:  # foreign code may raise anything
        raise TrainingError(
            f'{type(regressor).__name__} cannot be trained on {inputs.shape[1]} features and '
            f'{targets.shape[1]} targets ({one_line(error)}); wrap single-target regressors in '
            'sklearn.multioutput.MultiOutputRegressor'
        ) from error
    return pipeline


def choose_settings(
    regressor: Regressor, features: str, inputs: np.ndarray, targets: np.ndarray,
    groups: np.ndarray,
) -> BaseEstimator:
    """Unfitted regressor with the best settings on a validation split of the training rows.

    Each setting is trained on three quarters of the photographs and tested on the rest; the
    smallest mean squared error of the targets wins.

    :param inputs: (m, length), from ``training_rows``.
    :param targets: (m, 9).
    :param groups: (m,), from ``row_groups``.
    """
    pipeline = make_regressor(regressor, features)
    if not isinstance(regressor, str) or regressor not in SETTINGS:
        return pipeline
    search = GridSearchCV(
        pipeline,
        SETTINGS[regressor](FEATURE_SETS[features].length),
        scoring='neg_mean_squared_error',
        cv=GroupShuffleSplit(1, test_size=SETTINGS_SHARE, random_state=0),
        refit=False,
    )
    search.fit(inputs, targets, groups=groups)
    return pipeline.set_params(**search.best_params_)


def make_regressor(regressor: Regressor, features: str) -> BaseEstimator:
    """Unfitted pipeline by name for a feature set, or an unfitted clone of a regressor."""
    if isinstance(regressor, str):
        return REGRESSORS[regressor](FEATURE_SETS[features].length)
    return clone(regressor)


def _found_of(data: LandmarkFile) -> tuple[int, int]:
    return int((data.found & data.plain).sum()), int(data.plain.sum())


def splits(data: LandmarkFile, protocol: Protocol) -> Iterator[tuple[int, np.ndarray]]:
    """Folds of all repeats: repeat index and tested groups (k,)."""
    groups = np.unique(data.groups)
    for repeat in range(protocol.repeats):
        k_fold = GroupKFold(protocol.folds, shuffle=True, random_state=repeat)
        for _, test in k_fold.split(groups, groups=groups):
            yield repeat, groups[test]
