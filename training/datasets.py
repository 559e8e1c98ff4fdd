# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Folders of labelled images in the layouts that are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training import aflw_layout, biwi, pointing04
from training.errors import TrainingError
from training.samples import Dataset

# What OpenCV reads, in any case of letters.
IMAGE_SUFFIXES = (
    '.avif', '.bmp', '.dib', '.exr', '.hdr', '.jp2', '.jpe', '.jpeg', '.jpg', '.pbm', '.pgm',
    '.pic', '.png', '.pnm', '.ppm', '.pxm', '.ras', '.sr', '.tif', '.tiff', '.webp',
)
LABEL_SUFFIXES = ('.mat', '.txt')  # of what lies beside an image, under its name
_MAX_NAMED = 5  # of the files that are passed over

# Each gives None for a folder that is not in its layout.
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
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    images: dict[Path, Path] = {}  # by the name that is shared with the label
    for path in files:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images.setdefault(path.with_suffix(''), path)
    for read in _READERS:
        if dataset := read(folder, list(images.values())):
            return _with_rest(dataset, folder, files, images)
    if dataset := biwi.read(folder):
        return _with_rest(dataset, folder, files, {})  # its table names the images
    if not images:
        raise TrainingError(
            f'{folder}: no image that OpenCV reads and no {biwi.LABELS} (BIWI) in it; give the '
            'folder of a dataset'
        )
    raise TrainingError(
        f'{folder}: {len(images)} images, but neither .mat labels beside them (AFLW2000-3D, '
        f"300W-LP), nor Pointing'04's file names, nor a {biwi.LABELS} (BIWI); give the folder of "
        'one of these datasets'
    )


def describe_rest(dataset: Dataset) -> str:
    """What else is in the folder of a dataset, in words; empty for nothing."""
    names = [str(path) for path in dataset.rest]
    more = f' and {len(names) - _MAX_NAMED} more' if len(names) > _MAX_NAMED else ''
    named = ', '.join(names[:_MAX_NAMED]) + more
    return f'{len(names)} other files are not read: {named}' if names else ''


def _with_rest(
    dataset: Dataset, folder: Path, files: list[Path], images: dict[Path, Path]
) -> Dataset:
    used = {*images.values(), *(sample.image for sample in dataset.samples)} - set(dataset.rest)
    rest = [
        path.relative_to(folder) for path in files
        if path not in used and path.name != biwi.LABELS
        and not (path.suffix.lower() in LABEL_SUFFIXES and path.with_suffix('') in images)
    ]
    return replace(dataset, rest=rest)


def obstacle_to_training(name: str, terms: str, has_roll: bool) -> str:
    """Why nothing can be trained on a dataset, in words; empty when it can.

    :param name: of the dataset.
    :param terms: of the dataset.
    :param has_roll: whether its labels are complete.
    """
    if name in _FOR_TESTS_ONLY:
        return f'{name} is for tests only and is not trained on (its terms: {terms})'
    return '' if has_roll else f'{name} labels no roll, so nothing can be trained on it'
