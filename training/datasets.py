# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Reads dataset folders in the known layouts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from headpose_ros.images.folder import listed
from training import aflw_layout, biwi, pointing04
from training.errors import TrainingError
from training.samples import Dataset

# Formats read by OpenCV; case-insensitive.
IMAGE_SUFFIXES = (
    '.avif', '.bmp', '.dib', '.exr', '.hdr', '.jp2', '.jpe', '.jpeg', '.jpg', '.pbm', '.pgm',
    '.pic', '.png', '.pnm', '.ppm', '.pxm', '.ras', '.sr', '.tif', '.tiff', '.webp',
)
LABEL_SUFFIXES = ('.mat', '.txt')  # of files next to an image, with its name
_MAX_NAMED = 5  # skipped files listed

# Each returns None for a folder with another layout.
_READERS: tuple[Callable[[Path, list[Path]], Dataset | None], ...] = (
    aflw_layout.read,
    pointing04.read,
)

# By dataset name: the camera in whose axes the labels are. Labels of other datasets are along the
# line of sight.
CAMERAS = {biwi.NAME: biwi.CAMERA}

_FOR_TESTS_ONLY = (biwi.NAME,)


def read_dataset(folder: Path) -> Dataset:
    """Dataset of a folder in the layout of AFLW2000-3D, 300W-LP, Pointing'04 or BIWI.

    :raises TrainingError: there is no such folder, no known layout, or a broken label.
    """
    if not folder.is_dir():
        raise TrainingError(f'{folder}: no such folder; specify a dataset folder')
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    images: dict[Path, Path] = {}  # by the name shared with the label
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
            f'{folder}: no images readable by OpenCV and no {biwi.LABELS} (BIWI); specify a '
            'dataset folder'
        )
    raise TrainingError(
        f'{folder}: {len(images)} images, but neither .mat labels (AFLW2000-3D, 300W-LP), nor '
        f"file names as in Pointing'04, nor a {biwi.LABELS} (BIWI); specify the folder of one of "
        'these datasets'
    )


def describe_rest(dataset: Dataset) -> str:
    """Other files in the folder of a dataset, as text; empty if none."""
    names = [str(path) for path in dataset.rest]
    named = listed(names, _MAX_NAMED)
    return f'{len(names)} other files skipped: {named}' if names else ''


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
    """Why a dataset cannot be used for training, as text; empty if it can.

    :param name: of the dataset.
    :param terms: of the dataset.
    :param has_roll: whether its labels are complete.
    """
    if name in _FOR_TESTS_ONLY:
        return f'{name} is for testing only (terms: {terms})'
    return '' if has_roll else f'{name} has no roll labels and cannot be used for training'
