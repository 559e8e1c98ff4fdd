# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pointing'04: angles in the file names, a face box next to each image (Gourier et al., 2004).

Tilt and pan are those of the marker that the person was asked to face, on a hemisphere around
them: elevation and azimuth.
"""

import re
from pathlib import Path

import numpy as np

from training.errors import TrainingError
from training.samples import Dataset, Sample

# person, series and number, then tilt and pan in degrees: person01146+0-15
_NAME = re.compile(r'person(?P<person>\d\d)\d{3}(?P<tilt>[+-]\d+)(?P<pan>[+-]\d+)$')

_TERMS = 'any purpose, provided that Gourier, Hall, Crowley (Pointing 2004) is cited'


def read(folder: Path, images: list[Path]) -> Dataset | None:
    """Dataset of images with such names; ``None`` without any.

    Duplicates of the frontal images under another name are skipped.

    :raises TrainingError: a face box is missing or invalid.
    """
    samples, rest = [], []
    for image in images:
        if match := _NAME.match(image.stem):
            name = image.relative_to(folder).with_suffix('').as_posix()
            label = np.radians([float(match['tilt']), float(match['pan']), np.nan])
            region = _read_box(image.with_suffix('.txt'))
            samples.append(Sample(name, match['person'], image, label, region))
        else:
            rest.append(image)
    return Dataset("Pointing'04", _TERMS, samples, 0, rest) if samples else None


def _read_box(path: Path) -> np.ndarray:
    """Corners of a face box, (2, 2) pixels, from a file of centre x, y, width and height."""
    try:
        words = path.read_text(encoding='ascii').split()
        x, y, width, height = (float(word) for word in words[words.index('Face') + 1 :])
    except (OSError, ValueError) as error:
        raise TrainingError(
            f'{path}: no readable face box ({error}); download the dataset again'
        ) from error
    center, half = np.array([x, y]), np.array([width, height]) / 2.0
    return np.stack([center - half, center + half])
