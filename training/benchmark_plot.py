# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The plot of the benchmark."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from training.metrics import YAW_RANGES, mae_at

_TICKS = (1, 2, 3, 5, 10, 20, 50, 100)  # degrees


def plot_benchmark(path: Path, table: pd.DataFrame, own: list[str]) -> None:
    """MAE and geodesic error, and MAE by yaw range, of each method on the same faces.

    :param table: of a dataset, see ``training.benchmark``.
    :param own: methods of this project, highlighted.
    """
    same = table[table['faces'] == 'same'].sort_values('MAE', ascending=False)
    figure = Figure(figsize=(11, 1.5 + 0.55 * len(same)), layout='constrained')
    left, right = figure.subplots(1, 2, sharey=True)
    measures = {'MAE': 'MAE', 'geodesic': 'geodesic'}
    _dots(left, same, measures, own, ('tab:blue', 'tab:orange'))
    ranges = {mae_at(name): f'yaw {name}°' for name in YAW_RANGES}
    _dots(right, same, ranges, own, ('tab:green', 'goldenrod', 'tab:red'))
    left.set_xlabel('error, degrees (logarithmic)')
    right.set_xlabel('MAE by the labelled yaw, degrees (logarithmic)')
    for label in left.get_yticklabels():
        label.set_fontweight('bold' if label.get_text() in own else 'normal')
    first = same.iloc[0]
    figure.suptitle(f'{first["dataset"]}: the same {first["scored"]} faces for every method')
    figure.savefig(path, dpi=110)


def _dots(
    ax: Axes,
    table: pd.DataFrame,
    columns: dict[str, str],
    own: list[str],
    colors: tuple[str, ...],
) -> None:
    rows = range(len(table))
    values = table[list(columns)]
    ax.hlines(rows, values.min(axis=1), values.max(axis=1), color='0.75', zorder=1)
    for (column, label), marker, color in zip(columns.items(), 'osD', colors, strict=False):
        ax.scatter(table[column], rows, s=55, marker=marker, color=color, label=label, zorder=2)
        for row, value in zip(rows, table[column], strict=True):
            if pd.notna(value):
                ax.annotate(
                    f'{value:.1f}' if value < 10.0 else f'{value:.0f}',
                    (value, row),
                    (0, 7),
                    textcoords='offset points',
                    ha='center',
                    fontsize=8,
                )
    for row, method in enumerate(table['method']):
        if method in own:
            ax.axhspan(row - 0.5, row + 0.5, color='tab:blue', alpha=0.08, zorder=0)
    ax.set_xscale('log')
    ax.set_xticks(_TICKS)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(0.8 * values.min(axis=None), 1.3 * values.max(axis=None))
    ax.set_ylim(-0.5, len(table) - 0.3)
    ax.set_yticks(rows, table['method'])
    ax.grid(axis='x', alpha=0.3)
    ax.legend(loc='upper right')
