# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""AFLW2000-3D and 300W-LP: a ``.mat`` next to each image (Zhu et al., CVPR 2016)."""

import re
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from tqdm import tqdm

from training.errors import TrainingError
from training.samples import Dataset, Sample

# Labels beyond this are excluded by every paper since HopeNet (Ruiz et al., 2018).
MAX_ANGLE = np.radians(99.0)

_TERMS = (
    'no licence text found: treat as non-commercial research, no redistribution; cite Zhu, Lei, '
    'Liu, Shi, Li: Face Alignment Across Large Poses, CVPR 2016'
)


def read(folder: Path, images: list[Path]) -> Dataset | None:
    """Dataset of the subfolders with ``.mat`` files; ``None`` if there are none.

    :raises TrainingError: a ``.mat`` is missing or invalid, or most labels are out of range.
    """
    # 300W-LP contains folders of code with unlabelled images.
    labelled = {image.parent for image in images if image.with_suffix('.mat').is_file()}
    rest = [image for image in images if image.parent not in labelled]
    images = [image for image in images if image.parent in labelled]
    if not images:
        return None
    samples, left_out, has_depth = [], 0, False
    for image in tqdm(images, 'labels', unit='image', dynamic_ncols=True):
        label, points = _read_mat(image.with_suffix('.mat'))
        has_depth |= len(points) == 3
        if np.abs(label).max() > MAX_ANGLE:
            left_out += 1
            continue
        name = image.relative_to(folder).with_suffix('').as_posix()
        samples.append(Sample(name, _photograph(name), image, label, points[:2].T))
    if left_out > len(samples):
        share = 'all' if not samples else f'{left_out} of {len(images)}'
        raise TrainingError(
            f'{folder}: {share} labels exceed 99 degrees; Pose_Para of a .mat must be in radians'
        )
    name = 'AFLW2000-3D' if has_depth else '300W-LP'
    return Dataset(name, _TERMS, samples, left_out, rest)


def _read_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    if not path.is_file():
        raise TrainingError(f'{path}: missing next to its image; download the dataset again')
    try:
        content = loadmat(path, variable_names=['Pose_Para', 'pt3d_68', 'pt2d'])
        label = np.asarray(content['Pose_Para'], float)[0, :3]
        # 300W-LP has the 68 landmarks in pt2d; in AFLW2000-3D pt2d has 21 others, some unknown.
        points = np.asarray(content.get('pt3d_68', content.get('pt2d')), float)
    except Exception as error:  # loadmat may raise anything for a damaged file
        raise TrainingError(
            f'{path}: not a readable .mat with Pose_Para ({error}); download the dataset again'
        ) from error
    if label.shape != (3,) or points.ndim != 2 or points.shape[1] != 68:
        raise TrainingError(
            f'{path}: Pose_Para has {label.shape} angles and the landmarks {points.shape}; '
            'expected (3,) and pt3d_68 (3, 68) or pt2d (2, 68)'
        )
    if not (np.isfinite(label).all() and np.isfinite(points[:2]).all()):
        raise TrainingError(f'{path}: labels are not finite; download the dataset again')
    return label, points


def _photograph(name: str) -> str:
    # 300W-LP derives AFW/AFW_134212_1_0, _1, ... from one photograph, and mirrors each in
    # AFW_Flip/. Images imageNNNNN of AFLW2000-3D are independent.
    folder, _, stem = name.rpartition('/')
    stem = re.sub(r'_\d+$', '', stem)
    return f'{folder.removesuffix("_Flip")}/{stem}' if folder else stem
