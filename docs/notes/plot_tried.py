# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Draws the plot of regressor.md: python docs/notes/plot_tried.py."""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402

HERE = Path(__file__).resolve().parent

NOISE = 0.03  # degrees of MAE: differences below it mean nothing in one repeat
ROW, FRAME = 0.27, 1.7  # inches, of a bar and of what is around them
COLORS = {'kept, whole or in part': 'tab:blue', 'left out': 'tab:orange'}


def plot_tried(path: Path, tried: pd.DataFrame) -> None:
    """Change of MAE by each thing that was tried, the best of its kind at the top.

    :param tried: tried.csv.
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
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == '__main__':
    plot_tried(HERE / 'tried.png', pd.read_csv(HERE / 'tried.csv'))
