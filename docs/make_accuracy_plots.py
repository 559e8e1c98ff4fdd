# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Draws the plots of accuracy.md: python docs/make_accuracy_plots.py."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use('Agg')

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402

from headpose_ros.detection.factory import DETECTORS  # noqa: E402
from headpose_ros.regression.model_file import load_model  # noqa: E402

HERE = Path(__file__).resolve().parent

NOISE = 0.03  # degrees of MAE: differences below it mean nothing in one shuffling
ROW, FRAME = 0.27, 1.7  # inches, of a bar and of what is around them
COLORS = {'kept, whole or in part': 'tab:blue', 'left out': 'tab:orange'}
NORMAL = (68.3, 95.4)  # percent of a normal distribution within 1 and 2 standard deviations


def plot_tried(path: Path, tried: pd.DataFrame) -> None:
    """Change of MAE by each thing that was tried, the best of its kind at the top.

    :param tried: accuracy_tried.csv.
    """
    tried = tried.assign(change=tried['MAE after'] - tried['MAE before'])
    parts = [part for _, part in tried.groupby('about', sort=False)]
    figure, axes = plt.subplots(
        len(parts),
        1,
        figsize=(10, ROW * len(tried) + FRAME),
        sharex=True,
        height_ratios=[len(part) for part in parts],
        layout='constrained',
    )
    for ax, part in zip(axes, parts, strict=True):
        part = part.sort_values('change', ascending=False, kind='stable')
        kept, left_out = COLORS.values()
        ax.barh(
            range(len(part)),
            part['change'],
            color=np.where(part['kept'] == 'no', left_out, kept),
            height=0.7,
            zorder=2,
        )
        for row, change in enumerate(part['change']):
            ax.annotate(
                f'{round(change, 2) + 0.0:+.2f}',  # no -0.00
                (change, row),
                (4 if change >= 0.0 else -4, 0),
                textcoords='offset points',
                ha='left' if change >= 0.0 else 'right',
                va='center',
                fontsize=8,
                zorder=3,
            )
        ax.axvspan(-NOISE, NOISE, color='0.9', zorder=0)
        ax.axvline(0.0, color='black', linewidth=0.8, zorder=3)
        names = part['tried'] + '  [' + part['landmarks'] + ']'
        ax.set_yticks(range(len(part)), names, fontsize=8)
        ax.set_ylim(-0.6, len(part) - 0.4)
        ax.set_title(part['about'].iloc[0], fontsize=10, loc='left', fontweight='bold')
        ax.grid(axis='x', alpha=0.3)
    largest = tried['change'].abs().max()
    axes[-1].set_xlim(-1.2 * largest, 1.2 * largest)
    axes[-1].set_xlabel('change of MAE on AFLW2000-3D, degrees (left is better)')
    handles = [Patch(color=color, label=label) for label, color in COLORS.items()]
    handles.append(Patch(color='0.9', label=f'within {NOISE}: noise'))
    figure.legend(handles=handles, loc='outside upper right', ncols=len(handles))
    _save(figure, path)


def plot_coverage(path: Path, coverages: Mapping[str, Mapping[str, tuple]]) -> None:
    """Share of errors within one and two standard deviations by range of yaw.

    :param coverages: name of a detector to ``ModelDescription.coverage`` of its model.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout='constrained')
    width = 0.8 / len(coverages)
    for count, (ax, normal) in enumerate(zip(axes, NORMAL, strict=True)):
        for place, (detector, coverage) in enumerate(coverages.items()):
            shares = [each[count] for each in coverage.values()]
            at = np.arange(len(shares)) + (place - (len(coverages) - 1) / 2.0) * width
            bars = ax.bar(at, shares, 0.92 * width, label=detector, color=f'C{place}')
            ax.bar_label(bars, fmt='%.1f', fontsize=9, label_type='center', color='white')
            ax.set_xticks(range(len(shares)), coverage)
        ax.axhline(normal, color='black', linestyle='--', label='normal distribution')
        ax.set_title(f'within {count + 1} std: {normal} % wanted', fontsize=10)
        ax.set_xlabel('labelled yaw to either side, degrees')
        ax.set_ylim(0.0, 100.0)
        ax.grid(axis='y', alpha=0.3)
        ax.set_axisbelow(True)
    axes[0].set_ylabel('errors of roll, pitch and yaw, %')
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc='outside upper center', ncols=len(names))
    _save(figure, path)


def main() -> None:
    """Write accuracy_tried.png and accuracy_coverage.png beside this file."""
    plot_tried(HERE / 'accuracy_tried.png', pd.read_csv(HERE / 'accuracy_tried.csv'))
    coverages = {name: load_model(None, name).description.coverage for name in DETECTORS}
    plot_coverage(HERE / 'accuracy_coverage.png', coverages)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == '__main__':
    main()
