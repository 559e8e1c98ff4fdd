# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The ``.task`` bundle with the networks of MediaPipe's Face Landmarker: where it is and whose."""

import hashlib
import io
import os
import shlex
import shutil
import sys
import warnings
import zipfile
from pathlib import Path

from platformdirs import user_data_path

from headpose_ros.errors import DetectorUnavailableError

URL = (
    'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/'
    'face_landmarker.task'
)
SHA256 = '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff'
SIZE = 3758596  # bytes
VARIABLE = 'HEADPOSE_FACE_LANDMARKER'

# What the Face Landmarker takes out of a bundle, which is a zip file.
DETECTOR_FILE = 'face_detector.tflite'
_NETWORKS = {DETECTOR_FILE, 'face_landmarks_detector.tflite'}


def default_path() -> Path:
    """Where ``headpose fetch-model`` puts the bundle: in the user's data folder."""
    return user_data_path('headpose_ros') / 'face_landmarker.task'


def yunet_path() -> Path:
    """Where ``headpose fetch-model`` puts YuNet."""
    return user_data_path('headpose_ros') / 'face_detection_yunet_2023mar.onnx'


def find_bundle(given: str | os.PathLike | None = None) -> Path:
    """Path of the bundle: the one given, else that of the variable, else the fetched one.

    :raises DetectorUnavailableError: there is no such file.
    """
    named = os.environ.get(VARIABLE)
    if given is not None:
        path, what = Path(given).expanduser(), 'there is no bundle {}'
    elif named:
        path, what = Path(named).expanduser(), f'{VARIABLE} names {{}}, and there is no such file'
    else:
        path, what = default_path(), 'the detector face_landmarker needs its bundle {}'
    if path.is_file():
        return path
    raise DetectorUnavailableError(f'{what.format(path)}; download it with: {fetch_command(path)}')


def read_bundle(path: Path) -> bytes:
    """Content of a bundle; a warning when it is not the one that the models are trained on.

    :raises DetectorUnavailableError: it cannot be read, or is no whole bundle.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DetectorUnavailableError(f'{path} cannot be read: {error.strerror}') from error
    if is_known(content):
        return content
    if not _is_whole(content):
        raise DetectorUnavailableError(
            f'{path} is no face landmarker bundle, or a truncated one; download it with: '
            f'{fetch_command(path)}'
        )
    warnings.warn(
        f'{path} is another face landmarker bundle than the one headpose_ros is made with: a '
        'model trained with that one may misread its landmarks',
        stacklevel=2,
    )
    return content


def is_known(content: bytes) -> bool:
    """Whether it is the bundle that ``headpose fetch-model`` downloads."""
    return hashlib.sha256(content).hexdigest() == SHA256


def fetch_command(path: Path) -> str:
    """What downloads the bundle to a path, in words."""
    out = '' if path == default_path() else f' --out {shlex.quote(str(path))}'
    command = f'headpose fetch-model{out}'
    if shutil.which('headpose'):
        return command
    # A colcon workspace has its programs elsewhere.
    return f'{command} (here: {shlex.quote(sys.executable)} -m headpose_ros fetch-model{out})'


def _is_whole(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            return bundle.testzip() is None and set(bundle.namelist()) >= _NETWORKS
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False
