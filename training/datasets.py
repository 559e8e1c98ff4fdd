# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Folders of labelled images in the layouts that are known."""

from collections.abc import Callable
from pathlib import Path

from training import aflw_layout, biwi, pointing04
from training.errors import TrainingError
from training.samples import Dataset

# Of .jpg images; each gives None for a folder that is not in its layout.
_READERS: tuple[Callable[[Path, list[Path]], Dataset | None], ...] = (
    aflw_layout.read,
    pointing04.read,
)

# By name of the dataset: the camera in whose axes its labels are. Those of the other datasets are
# along the line of sight.
CAMERAS = {biwi.NAME: biwi.CAMERA}

_FOR_TESTS_ONLY = (biwi.NAME,)


def read_dataset(folder: Path) -> Dataset:
    """Dataset of a folder in the layout of AFLW2000-3D, 300W-LP, Pointing'04 or BIWI.

    :raises TrainingError: there is no such folder, no known layout, or a broken label.
    """
    if not folder.is_dir():
        raise TrainingError(f'{folder}: there is no such folder; give the folder of a dataset')
    images = sorted(folder.rglob('*.jpg'))
    for read in _READERS:
        if dataset := read(folder, images):
            return dataset
    if dataset := biwi.read(folder):
        return dataset
    if not images:
        raise TrainingError(
            f'{folder}: no .jpg image and no {biwi.LABELS} (BIWI) in it; give the folder of a '
            'dataset'
        )
    raise TrainingError(
        f'{folder}: {len(images)} images, but neither .mat labels beside them (AFLW2000-3D, '
        f"300W-LP), nor Pointing'04's file names, nor a {biwi.LABELS} (BIWI); give the folder of "
        'one of these datasets'
    )


def obstacle_to_training(name: str, terms: str, has_roll: bool) -> str:
    """Why nothing can be trained on a dataset, in words; empty when it can.

    :param name: of the dataset.
    :param terms: of the dataset.
    :param has_roll: whether its labels are complete.
    """
    if name in _FOR_TESTS_ONLY:
        return f'{name} is for tests only and is not trained on (its terms: {terms})'
    return '' if has_roll else f'{name} labels no roll, so nothing can be trained on it'
