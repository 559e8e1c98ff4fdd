# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Comparison of feature sets and regressors under one protocol: table and plots."""

import io
import time
import timeit
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from headpose_ros.regression.steps import run
from training.crossval import (
    Protocol,
    choose_settings,
    cross_validate,
    row_groups,
    trainable,
    training_rows,
)
from training.datasets import CAMERAS
from training.errors import NoPlainFormError
from training.estimates import rotations_of
from training.fit import DEFAULT_REGRESSOR
from training.landmark_file import LandmarkFile
from training.landmarks import found_table
from training.metrics import TRUSTED, pan_tilt_figures, pose_figures
from training.parallel import one_thread
from training.plain_numpy import plain_steps
from training.plots import plot_accuracy, plot_cost, plot_yaw_ranges
from training.regressors import WITH_AUGMENTATION

_TIMED_PREDICTIONS = 50

SHIPPED = DEFAULT_REGRESSOR + WITH_AUGMENTATION  # as the built-in models are trained


def compare(
    data: LandmarkFile,
    candidates: list[tuple[str, str]],
    protocol: Protocol,
    out: Path,
    jobs: int = -1,
    scored: np.ndarray | None = None,
    others: Sequence[LandmarkFile] = (),
) -> str:
    """Cross-validate candidates on the same splits and write tables and plots.

    Writes ``results.md``, ``results.csv``, ``accuracy.png``, ``cost.png`` and ``yaw.png``.

    :param candidates: feature set and regressor, keys of ``FEATURE_SETS`` and ``REGRESSORS``;
        append ``WITH_AUGMENTATION`` to the latter to train it with augmentation.
    :param protocol: its ``augmented`` is ignored.
    :param out: output folder.
    :param scored: (n,) bool, the images whose faces are scored; ``None`` for all.
    :param others: datasets to test regressors on that are trained on all of ``data``.
    :return: the report, Markdown.
    :raises training.errors.TrainingError: the data cannot be used.
    """
    for other in others:
        other.check_found()
    rows = []
    for augmented in (False, True):
        tried = [
            (features, name.removesuffix(WITH_AUGMENTATION))
            for features, name in candidates
            if name.endswith(WITH_AUGMENTATION) == augmented
        ]
        if not tried:
            continue
        results = cross_validate(
            data, tried, replace(protocol, augmented=augmented), jobs, scored
        )
        for (features, regressor), result in zip(
            tqdm(tried, 'fit on everything', dynamic_ncols=True), results, strict=True
        ):
            pipeline, cost = fit_everything(data, features, regressor, augmented)
            rows.append(
                {'features': features, 'regressor': regressor + WITH_AUGMENTATION * augmented}
                | result.figures
                | {'MAE spread': result.spread}
                | score_elsewhere(pipeline, features, others)
                | cost
            )
    table = pd.DataFrame(rows).sort_values('MAE', ignore_index=True)
    table.to_csv(out / 'results.csv', index=False)
    report = _report(data, table, protocol, scored, others)
    (out / 'results.md').write_text(report + '\n', encoding='utf-8')
    title = protocol.summarise(data)
    plot_accuracy(out / 'accuracy.png', table, title)
    plot_cost(out / 'cost.png', table, title)
    plot_yaw_ranges(out / 'yaw.png', table, title)
    return report


def fit_everything(
    data: LandmarkFile, features: str, regressor: str, augmented: bool
) -> tuple[Any, dict[str, float | str]]:
    """Train a regressor on all data, and measure its cost on one thread.

    :return: the pipeline; and seconds to fit, milliseconds to predict one face from its features,
        what predicts (plain numpy if possible), and megabytes of the pipeline written by joblib.
    """
    chosen = trainable(data, augmented)
    inputs, targets = training_rows(data, features, chosen)
    with one_thread():
        groups = row_groups(data, chosen)
        pipeline = choose_settings(regressor, features, inputs, targets, groups)
        start = time.perf_counter()
        pipeline.fit(inputs, targets)
        fit_seconds = time.perf_counter() - start
        try:
            predict, how = partial(run, plain_steps(pipeline)), 'numpy'
        except NoPlainFormError:
            predict, how = pipeline.predict, 'scikit-learn'
        repeats = timeit.repeat(lambda: predict(inputs[:1]), number=1, repeat=_TIMED_PREDICTIONS)
    file = io.BytesIO()
    joblib.dump(pipeline, file)
    return pipeline, {
        'fit, s': fit_seconds,
        'predict, ms': 1e3 * sorted(repeats)[len(repeats) // 2],
        'predicted by': how,
        'size, MB': file.tell() / 1e6,
    }


def score_elsewhere(
    pipeline: Any, features: str, others: Sequence[LandmarkFile]
) -> dict[str, float]:
    """Errors, degrees, on other datasets: of pan, or of the rotation."""
    figures = {}
    for data in others:
        seen = data.select(data.found & data.plain)
        rotations = rotations_of(
            pipeline.predict, features, seen.landmarks, CAMERAS.get(data.dataset)
        )
        if not data.has_roll:
            measured = pan_tilt_figures(rotations, seen.labels)
            figures[f'{data.dataset} pan'] = measured[f'pan MAE at {TRUSTED}']
            continue
        measured = pose_figures(rotations, seen.labels)
        figures |= {f'{data.dataset} {name}': measured[name] for name in ('MAE', 'geodesic')}
    return figures


def _report(
    data: LandmarkFile,
    table: pd.DataFrame,
    protocol: Protocol,
    scored: np.ndarray | None,
    others: Sequence[LandmarkFile],
) -> str:
    # Digits by column.
    spread = ', its spread the standard deviation over the repeats'
    if protocol.repeats == 1:
        table, spread = table.drop(columns='MAE spread'), ''
    digits = {'fit, s': '.2f', 'predict, ms': '.3f', 'size, MB': '.2f', 'MAE spread': '.3f'}
    formats = [digits.get(name, '.2f') for name in table.columns]
    only = ''
    if scored is not None:
        count = int((data.found & data.plain & scored).sum())
        only = f' Only the {count} faces also found in the other landmark file are scored.'
    plain, augmentations = replace(protocol, augmented=False), ''
    if any(WITH_AUGMENTATION in name for name in table['regressor']):
        augmentations = f' `{WITH_AUGMENTATION.strip()}`: trained with augmentation.'
    elsewhere = ''.join(
        f' {each.dataset}, not used for training: {int((each.found & each.plain).sum())} of '
        f'{int(each.plain.sum())} faces found, '
        + (
            'rotation in camera axes.' if each.dataset in CAMERAS
            else 'rotation along the line of sight.' if each.has_roll
            else f'MAE of pan at {TRUSTED}.'
        )
        for each in others
    )
    return '\n\n'.join(
        [
            '# Comparison of feature sets and regressors',
            f'Protocol: {plain.describe(data)}.{only}{augmentations}{elsewhere}',
            f'Errors in degrees: MAE is the mean absolute error of pitch, yaw and roll{spread}, '
            'median the median of these errors, geodesic the mean angle between estimate and '
            'label. Time of one fit on all data and of one prediction (features to outputs, one '
            'face) on one thread; size of the pipeline written by joblib.',
            table.to_markdown(index=False, floatfmt=formats),
            'Labelled faces found:',
            found_table(data).to_markdown(index=False),
        ]
    )
