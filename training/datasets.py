# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Folders of labelled images in the layouts that are known."""

from collections.abc import Callable
from pathlib import Path

from training import aflw_layout, pointing04
from training.errors import TrainingError
from training.samples import Dataset

# Each gives None for a folder that is not in its layout.
_READERS: tuple[Callable[[Path, list[Path]], Dataset | None], ...] = (
    aflw_layout.read,
    pointing04.read,
)


def read_dataset(folder: Path) -> Dataset:
    """Dataset of a folder in the layout of AFLW2000-3D, 300W-LP or Pointing'04.

    :raises TrainingError: there is no such folder, no known layout, or a broken label.
    """
    if not folder.is_dir():
        raise TrainingError(f'{folder}: there is no such folder; give the folder of a dataset')
    images = sorted(folder.rglob('*.jpg'))
    if not images:
        raise TrainingError(f'{folder}: no .jpg image in it; give the folder of a dataset')
    for read in _READERS:
        if dataset := read(folder, images):
            return dataset
    raise TrainingError(
        f'{folder}: {len(images)} images, but neither .mat labels beside them (AFLW2000-3D, '
        "300W-LP) nor Pointing'04's file names; give the folder of one of these datasets"
    )
