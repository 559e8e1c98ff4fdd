# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The comparison of feature sets and regressors: one table, plots, one protocol."""

import io
import time
import timeit
from functools import partial
from pathlib import Path

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
from training.errors import NoPlainFormError
from training.landmark_file import LandmarkFile
from training.landmarks import found_table
from training.parallel import one_thread
from training.plain_numpy import plain_steps
from training.plots import plot_accuracy, plot_cost, plot_yaw_ranges

_TIMED_PREDICTIONS = 50


def compare(
    data: LandmarkFile,
    candidates: list[tuple[str, str]],
    protocol: Protocol,
    out: Path,
    jobs: int = -1,
    scored: np.ndarray | None = None,
) -> str:
    """Cross-validate candidates on the same splits and write tables and plots.

    Writes ``results.md``, ``results.csv``, ``accuracy.png``, ``cost.png`` and ``yaw.png``.

    :param candidates: feature set and regressor, keys of ``FEATURE_SETS`` and ``REGRESSORS``.
    :param out: folder that is written.
    :param scored: (n,) bool, the images whose faces are scored; ``None`` for all.
    :return: the report, Markdown.
    :raises training.errors.TrainingError: the data cannot be used.
    """
    results = cross_validate(data, candidates, protocol, jobs, scored)
    costs = [
        measure_cost(data, features, regressor, protocol.with_copies)
        for features, regressor in tqdm(candidates, 'cost', dynamic_ncols=True)
    ]
    table = pd.DataFrame(
        {'features': features, 'regressor': regressor, **result.figures}
        | {'MAE spread': result.spread}
        | cost
        for (features, regressor), result, cost in zip(candidates, results, costs, strict=True)
    ).sort_values('MAE', ignore_index=True)
    table.to_csv(out / 'results.csv', index=False)
    report = _report(data, table, protocol, scored)
    (out / 'results.md').write_text(report + '\n', encoding='utf-8')
    title = protocol.summarise(data)
    plot_accuracy(out / 'accuracy.png', table, title)
    plot_cost(out / 'cost.png', table, title)
    plot_yaw_ranges(out / 'yaw.png', table, title)
    return report


def measure_cost(
    data: LandmarkFile, features: str, regressor: str, with_copies: bool
) -> dict[str, float | str]:
    """What a regressor that is trained on everything costs, on one thread.

    :return: seconds to fit, milliseconds to predict one face from its features, what predicts
        (plain numpy where it can), and megabytes of the pipeline as joblib writes it.
    """
    chosen = trainable(data, with_copies)
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
    return {
        'fit, s': fit_seconds,
        'predict, ms': 1e3 * sorted(repeats)[len(repeats) // 2],
        'predicted by': how,
        'size, MB': file.tell() / 1e6,
    }


def _report(
    data: LandmarkFile, table: pd.DataFrame, protocol: Protocol, scored: np.ndarray | None
) -> str:
    # Enough digits for each column; the names are text.
    digits = {'fit, s': '.2f', 'predict, ms': '.3f', 'size, MB': '.2f', 'MAE spread': '.3f'}
    formats = [digits.get(name, '.2f') for name in table.columns]
    only = ''
    if scored is not None:
        count = int((data.found & data.plain & scored).sum())
        only = f' Scored are the {count} faces of these that the other landmark file has too.'
    return '\n\n'.join(
        [
            '# Comparison of feature sets and regressors',
            f'Protocol: {protocol.describe(data)}.{only}',
            'Errors in degrees: MAE is the mean of the absolute errors of pitch, yaw and roll, '
            'its spread the standard deviation over the shufflings, median the median of these '
            'errors, geodesic the mean angle between estimate and label. Time of one fit on all '
            'of the data and of one prediction (features to outputs, one face) on one thread; '
            'size as joblib writes the pipeline.',
            table.to_markdown(index=False, floatfmt=formats),
            'Labelled faces found:',
            found_table(data).to_markdown(index=False),
        ]
    )
