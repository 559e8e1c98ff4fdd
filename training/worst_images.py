# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images with the largest errors, with labelled and estimated axes."""

from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.spatial.transform import Rotation

from headpose_ros.overlay import AXIS_COLORS, draw_axes
from training.landmark_file import LandmarkFile
from training.metrics import face_errors
from training.samples import Dataset

IMAGES = 12
COLUMNS = 3
CROP_SIZE = 300  # pixels of a side
CROP_MARGIN = 0.35  # of the face's larger side, on each side of it
AXIS_NAMES = ('x, out of the face', "y, to the person's left", 'z, to the top of the head')


def draw_worst_images(
    path: Path, dataset: Dataset, seen: LandmarkFile, predicted: np.ndarray
) -> None:
    """Write an image of the faces with the largest errors: label left, estimate right.

    :param seen: the original images with a face found.
    :param predicted: (n, 3, 3) ``R_opt``.
    """
    errors, measure = face_errors(predicted, seen.labels)
    samples = {sample.name: sample for sample in dataset.samples}
    labelled = _labelled_rotations(seen)
    worst = np.argsort(-errors)[:IMAGES]
    rows = -(-len(worst) // COLUMNS)
    size = (5.2 * COLUMNS, 3.0 * rows + 0.7)  # inches
    figure = Figure(figsize=size, layout='constrained')
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for ax in axes.flat:
        ax.axis('off')
    for ax, i in zip(axes.flat, worst, strict=False):
        bgr = samples[seen.names[i]].read_image()
        pair = [_crop(bgr, seen.landmarks[i], r) for r in (labelled[i], predicted[i])]
        ax.imshow(cv2.cvtColor(np.hstack(pair), cv2.COLOR_BGR2RGB))
        ax.axvline(CROP_SIZE - 0.5, color='white')
        ax.set_title(f'{seen.names[i]}: {errors[i]:.0f}°', fontsize=9)
    roll = '' if seen.has_roll else ' (no roll label: drawn as 0)'
    handles = [
        Line2D([], [], color=tuple(np.array(color[::-1]) / 255.0), linewidth=3, label=name)
        for color, name in zip(AXIS_COLORS, AXIS_NAMES, strict=True)
    ]
    figure.legend(handles=handles, loc='outside lower center', ncols=3)
    figure.suptitle(f'Largest {measure}; left: label{roll}, right: estimate')
    figure.savefig(path, dpi=100)


def _labelled_rotations(seen: LandmarkFile) -> np.ndarray:
    if seen.has_roll:
        return seen.rotations
    # Tilt and pan as of a pan-tilt unit, without roll.
    return Rotation.from_euler('YX', seen.labels[:, 1::-1] * (1.0, -1.0)).as_matrix()


def _crop(bgr: np.ndarray, landmarks: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Square of ``CROP_SIZE`` around a face, with the head axes."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    side = (1.0 + 2.0 * CROP_MARGIN) * (high - low).max()
    scale = CROP_SIZE / side
    matrix = np.column_stack([np.eye(2) * scale, CROP_SIZE / 2.0 - scale * (low + high) / 2.0])
    crop = cv2.warpAffine(bgr, matrix, (CROP_SIZE, CROP_SIZE))
    draw_axes(crop, rotation, np.full(2, CROP_SIZE / 2.0), 0.4 * CROP_SIZE)
    return crop
