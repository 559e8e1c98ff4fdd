# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Plots of a comparison and of an evaluation."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from headpose_ros.regression.features import FEATURE_SETS
from training.landmark_file import LandmarkFile
from training.metrics import YAW_RANGES, mae_at

DPI = 110  # pixels per inch

YAW_BIN = 15.0  # degrees, the step of Pointing'04's pan
_MARKERS = dict(zip(FEATURE_SETS, 'o^sDvP<>', strict=False))

ENOUGH_FACES = 5  # minimum per bin for a median and a percentile


def plot_error_by_yaw(path: Path, data: LandmarkFile, errors: np.ndarray, measure: str) -> None:
    """Error of each face against its labelled yaw, with the detection rate below.

    :param data: original images, found or not.
    :param errors: (n,) degrees, of the faces found.
    :param measure: name of the error.
    """
    yaw = np.degrees(data.labels[:, 1])
    frame = pd.DataFrame({'yaw': yaw[data.found], 'error': errors})
    frame['bin'] = (frame['yaw'] / YAW_BIN).round() * YAW_BIN
    bins = frame.groupby('bin')['error']
    curves = bins.quantile([0.5, 0.9]).unstack()[bins.count() >= ENOUGH_FACES]
    found = pd.Series(data.found).groupby((yaw / YAW_BIN).round() * YAW_BIN).mean()

    figure = Figure(figsize=(9, 6.5), layout='constrained')
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.scatter(frame['yaw'], frame['error'], s=6, alpha=0.3, linewidths=0, label='faces')
    top.plot(curves.index, curves[0.5], 'o-', color='C1', label=f'median in {YAW_BIN:.0f}°')
    top.plot(curves.index, curves[0.9], 's--', color='C3', label='90th percentile')
    top.set_ylim(0.0, max(1.0, 1.6 * curves[0.9].max()) if len(curves) else None)
    beyond = int((frame['error'] > top.get_ylim()[1]).sum())
    top.set_title(
        f'{data.dataset}: {len(errors)} faces found by {data.detector} on {len(yaw)} images'
        + (f' ({beyond} errors above the plot)' if beyond else '')
    )
    top.set_ylabel(f'{measure}, degrees')
    top.legend()
    bottom.bar(found.index, 100.0 * found, width=0.8 * YAW_BIN, color='C2')
    bottom.set_ylabel('faces found, %')
    bottom.set_xlabel("labelled yaw, degrees (positive: nose to the image's left)")
    for ax in (top, bottom):
        ax.grid(alpha=0.3)
    figure.savefig(path, dpi=DPI)


def plot_accuracy(path: Path, table: pd.DataFrame, title: str) -> None:
    """MAE and geodesic error of every regressor, best at the top, one marker per feature set.

    :param table: one row per candidate, see ``training.compare``.
    """
    figure = Figure(figsize=(11, 5), layout='constrained')
    axes = figure.subplots(1, 2, sharey=True)
    order = table.groupby('regressor')['MAE'].min().sort_values(ascending=False).index
    for ax, measure in zip(axes, ('MAE', 'geodesic'), strict=True):
        for features, part in _by_features(table):
            rows = order.get_indexer(part['regressor'])
            ax.plot(part[measure], rows, _MARKERS[features], label=features, alpha=0.8)
        ax.axvline(table[measure].min(), color='black', linewidth=0.8, linestyle=':')
        ax.set_yticks(range(len(order)), order)
        ax.set_xlabel(f'{measure}, degrees')
        ax.grid(alpha=0.3)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, title='features', loc='outside right upper')
    figure.suptitle(title)
    figure.savefig(path, dpi=DPI)


def plot_cost(path: Path, table: pd.DataFrame, title: str) -> None:
    """MAE against prediction time, one colour per regressor, one marker per feature set."""
    figure = Figure(figsize=(9.5, 5.5), layout='constrained')
    ax = figure.subplots()
    for color, (regressor, part) in enumerate(table.groupby('regressor', sort=False)):
        for features, candidate in _by_features(part):
            ax.plot(
                candidate['predict, ms'],
                candidate['MAE'],
                _MARKERS[features],
                color=colormaps['tab20'](color),
                markersize=8,
                label=f'{regressor}, {features}',
            )
    ax.set_xscale('log')
    ax.set_xlabel('prediction of one face, ms (plain numpy if possible, else scikit-learn)')
    ax.set_ylabel('MAE, degrees')
    ax.grid(alpha=0.3, which='both')
    ax.set_title(title)
    figure.legend(loc='outside right upper', fontsize=7)
    figure.savefig(path, dpi=DPI)


def plot_yaw_ranges(path: Path, table: pd.DataFrame, title: str) -> None:
    """MAE by yaw range of each regressor with its best feature set."""
    best = table.loc[table.groupby('regressor')['MAE'].idxmin()].sort_values('MAE')
    names = best['regressor'] + '\n' + best['features']
    figure = Figure(figsize=(11, 5), layout='constrained')
    ax = figure.subplots()
    wide = best.set_index(names)[[mae_at(name) for name in YAW_RANGES]]
    wide.plot.bar(ax=ax, width=0.8, rot=30, legend=False)
    ax.set_xlabel('')
    ax.set_ylabel('MAE, degrees')
    ax.grid(axis='y', alpha=0.3)
    ax.set_title(title)
    figure.legend(loc='outside lower center', ncols=len(YAW_RANGES))
    figure.savefig(path, dpi=DPI)


def _by_features(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for features in FEATURE_SETS:
        part = table[table['features'] == features]
        if len(part):
            yield features, part
