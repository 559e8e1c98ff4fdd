# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""BIWI Kinect Head Pose: face crops and a ``labels.csv`` (Fanelli et al., IJCV 2013).

The labels are in the axes of the calibrated colour camera.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from headpose_ros.camera.camera import Camera
from training.errors import TrainingError
from training.samples import Dataset, Sample, read_bgr

NAME = 'BIWI'
LABELS = 'labels.csv'  # in the folder of the dataset

# The Kinect's colour camera, calibration from the database.
CAMERA = Camera(
    np.array([[517.679, 0.0, 320.0], [0.0, 517.679, 240.5], [0.0, 0.0, 1.0]]),
    np.zeros(0),
    'plumb_bob',
    640,
    480,
)

# Share of a crop's sides, about its centre, used as region of the labelled face. The whole crop is
# too large: its overlap with small profiles is below ``training.detecting.MIN_OVERLAP``. With this
# share the overlap of all faces detected by FaceMesh is at least 0.44. The image is black outside
# the crop, so there are no other people.
FACE_SHARE = 0.75

_ANGLES = ['pitch', 'yaw', 'roll']  # degrees, signs and composition as in AFLW2000-3D
_CORNER = ['crop_x', 'crop_y']  # pixels, upper left corner of the crop in the camera image
_COLUMNS = ['image', 'sequence', *_ANGLES, *_CORNER]

_TERMS = (
    'research only, no redistribution; cite Fanelli, Dantone, Gall, Fossati, Van Gool: Random '
    'Forests for Real Time 3D Face Analysis, IJCV 2013'
)


def read(folder: Path) -> Dataset | None:
    """Dataset of a folder with a ``labels.csv``; ``None`` without one.

    :raises TrainingError: a label is missing or invalid, or an image is missing, unreadable or
        extends beyond the camera image.
    """
    path = folder / LABELS
    if not path.is_file():
        return None
    table = _read_table(path)
    numbers = _numbers(table, path)
    labels = np.radians(numbers[_ANGLES].to_numpy())
    corners = np.rint(numbers[_CORNER].to_numpy()).astype(int)
    samples = [
        _sample(folder, image, sequence, label, (int(x), int(y)))
        for image, sequence, label, (x, y) in zip(
            table['image'], table['sequence'], labels, corners, strict=True
        )
    ]
    samples.sort(key=lambda sample: sample.name)
    return Dataset(NAME, _TERMS, samples, left_out=0)


def _read_table(path: Path) -> pd.DataFrame:
    """The rows as text."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # those of pandas are ValueErrors
        raise TrainingError(f'{path}: not a readable table ({error}); write it again') from error
    if missing := [name for name in _COLUMNS if name not in table]:
        raise TrainingError(
            f'{path}: no column {", ".join(missing)}; expected a header {", ".join(_COLUMNS)}'
        )
    if table.empty:
        raise TrainingError(f'{path}: no rows; expected one per image')
    return table


def _numbers(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = [*_ANGLES, *_CORNER]
    numbers = table[names].apply(pd.to_numeric, errors='coerce')
    rows, columns = np.nonzero(~np.isfinite(numbers.to_numpy(float)))
    if len(rows):
        name = names[columns[0]]
        raise TrainingError(
            f'{path}: {name} of {table["image"].iloc[rows[0]]} is '
            f'{table[name].iloc[rows[0]]!r}; expected a number'
        )
    return numbers


def _sample(
    folder: Path, image: str, sequence: str, label: np.ndarray, corner: tuple[int, int]
) -> Sample:
    path = folder / image
    if not path.is_file():
        raise TrainingError(f'{path}: no such image, but {LABELS} lists it; add it')
    height, width = read_bgr(path).shape[:2]
    size, low = np.array([width, height]), np.array(corner)
    if (low < 0).any() or (low + size > (CAMERA.width, CAMERA.height)).any():
        raise TrainingError(
            f'{path}: {width} x {height} pixels at {corner} extend beyond the '
            f'{CAMERA.width} x {CAMERA.height} camera image; correct crop_x and crop_y in {LABELS}'
        )
    margin = (1.0 - FACE_SHARE) / 2.0 * size
    region = np.stack([low + margin, low + size - margin])
    name = Path(image).with_suffix('').as_posix()
    return Sample(name, sequence, path, label, region, CAMERA, corner)
