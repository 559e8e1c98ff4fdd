# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Estimates of several methods on a dataset, and the table of their figures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.datasets import CAMERAS
from training.errors import TrainingError
from training.metrics import camera_figures, pan_tilt_figures, pose_figures
from training.samples import Dataset

# Reference axes of rotations, in the column ``axes``.
SIGHT, CAMERA = 'line of sight', 'camera'


@dataclass(frozen=True, eq=False)
class Row:
    """Estimates of a method on the images of a dataset.

    :ivar name: of the method.
    :ivar trained_on: as text.
    :ivar rotations: (repeats, n, 3, 3) ``R_opt``; NaN where it does not find the labelled face.
    :ivar projects: whether the method assumes a projective camera, so that its rotations are in
        camera axes; those of the others are along the line of sight.
    """

    name: str
    trained_on: str
    rotations: np.ndarray
    projects: bool = False

    @property
    def found(self) -> np.ndarray:
        """(n,) bool, whether the face was found."""
        return np.isfinite(self.rotations).all(axis=(0, 2, 3))


def found_by_all(rows: list[Row]) -> np.ndarray:
    """(n,) bool, whether all methods find the face.

    :raises TrainingError: there is no such face.
    """
    common = np.logical_and.reduce([row.found for row in rows])
    if not common.any():
        raise TrainingError('no face is found by all methods; use more images')
    return common


def figures_table(
    dataset: Dataset,
    rows: list[Row],
    axes: str = SIGHT,
    costs: dict[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Figures of each method, on the faces that all find and on those that it finds.

    :param axes: of the rotations, ``SIGHT`` or ``CAMERA``.
    :param costs: milliseconds by method name, see ``training.baselines.timing``.
    :return: two rows per method: ``faces`` is ``same`` or ``own``.
    :raises TrainingError: no face is found by all methods.
    """
    labels = np.array([sample.label for sample in dataset.samples])
    if dataset.name in CAMERAS:
        figures = camera_figures
    else:
        figures = pose_figures if dataset.has_roll else pan_tilt_figures
    common = found_by_all(rows)
    records = []
    for row in rows:
        whole, pose = (costs or {}).get(row.name, (np.nan, np.nan))
        for faces, mask in (('same', common), ('own', row.found)):
            repeats = [figures(each[mask], labels[mask]) for each in row.rotations]
            records.append(
                {'dataset': dataset.name, 'axes': axes, 'faces': faces, 'method': row.name}
                | {'images': len(labels), 'scored': int(mask.sum()), 'found': row.found.sum()}
                | pd.DataFrame(repeats).mean().to_dict()
                | {'ms a face': whole, 'ms pose': pose, 'trained on': row.trained_on}
            )
    return pd.DataFrame(records)
