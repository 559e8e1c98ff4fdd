# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Downloadable network files: where they are, and whose."""

import hashlib
import io
import os
import shlex
import shutil
import sys
import warnings
import zipfile
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_data_path

from headpose_ros.errors import DetectorUnavailableError


class Asset(NamedTuple):
    """A file downloaded on demand."""

    url: str
    sha256: str
    size: int  # bytes
    terms: str

    @property
    def path(self) -> Path:
        """Default path of ``headpose fetch-model``, in the user's data folder."""
        return user_data_path('headpose_ros') / self.url.rpartition('/')[2]

    def matches(self, content: bytes) -> bool:
        """Whether content is that of this file."""
        return hashlib.sha256(content).hexdigest() == self.sha256


FACE_LANDMARKER = Asset(
    'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/'
    'face_landmarker.task',
    '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff',
    3758596,
    "Google's model, Apache-2.0; its model cards: "
    'https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker#models',
)
YUNET = Asset(
    'https://media.githubusercontent.com/media/opencv/opencv_zoo/'
    '966be4cb6eefc2a4f586ed0581bf4bbaa2533070/models/face_detection_yunet/'
    'face_detection_yunet_2023mar.onnx',
    '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
    232589,
    "OpenCV Zoo's YuNet by Shiqi Yu, MIT; its model card: "
    'https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet',
)
ASSETS = {'face_landmarker': FACE_LANDMARKER, 'yunet': YUNET}

VARIABLE = 'HEADPOSE_FACE_LANDMARKER'

# Members of a bundle (a zip file) used by the Face Landmarker.
DETECTOR_FILE = 'face_detector.tflite'
_NETWORKS = {DETECTOR_FILE, 'face_landmarks_detector.tflite'}


def default_path() -> Path:
    """Default path of the bundle of ``headpose fetch-model``."""
    return FACE_LANDMARKER.path


def find_bundle(given: str | os.PathLike | None = None) -> Path:
    """Path of the bundle: as given, else from ``VARIABLE``, else the downloaded one.

    :raises DetectorUnavailableError: there is no such file.
    """
    named = os.environ.get(VARIABLE)
    if given is not None:
        path, what = Path(given).expanduser(), 'no such bundle: {}'
    elif named:
        path, what = Path(named).expanduser(), f'{VARIABLE} is set to {{}}, no such file'
    else:
        path, what = default_path(), 'detector face_landmarker requires its bundle {}'
    if path.is_file():
        return path
    raise DetectorUnavailableError(f'{what.format(path)}; download it with: {fetch_command(path)}')


def read_bundle(path: Path) -> bytes:
    """Content of a bundle; warns if it is not the one used in training.

    :raises DetectorUnavailableError: it cannot be read, is not a bundle, or is truncated.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DetectorUnavailableError(f'{path} cannot be read: {error.strerror}') from error
    if FACE_LANDMARKER.matches(content):
        return content
    if not _is_whole(content):
        raise DetectorUnavailableError(
            f'{path} is not a face landmarker bundle, or is truncated; download it with: '
            f'{fetch_command(path)}'
        )
    warnings.warn(
        f'{path} is not the face landmarker bundle that the built-in model was trained with; '
        'poses may be less accurate',
        stacklevel=2,
    )
    return content


def fetch_command(path: Path, name: str = 'face_landmarker') -> str:
    """Command that downloads a file of ``ASSETS`` to a path."""
    asset = ASSETS[name]
    what = '' if asset is FACE_LANDMARKER else f' {name}'
    out = what if path == asset.path else f'{what} --out {shlex.quote(str(path))}'
    command = f'headpose fetch-model{out}'
    if shutil.which('headpose'):
        return command
    # A colcon workspace does not put the command on the PATH.
    return f'{command} (here: {shlex.quote(sys.executable)} -m headpose_ros fetch-model{out})'


def _is_whole(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            return bundle.testzip() is None and set(bundle.namelist()) >= _NETWORKS
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False
