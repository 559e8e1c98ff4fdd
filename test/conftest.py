# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What several test files share."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

# Off by default, for speed: whether each field of a message gets a value of its type.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'

# What a shell runs in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _value(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f'needs {what}: set {variable} to it (see docs/training.md, "Data")')
    return Path(value)


def _folder(variable: str, what: str) -> Path:
    folder = _value(variable, f'the folder of {what}')
    if not folder.is_dir():
        pytest.fail(f'{variable} is {folder}, which is not a folder')
    return folder


@pytest.fixture(scope='session')
def aflw2000() -> Path:
    """Folder of AFLW2000-3D."""
    return _folder('HEADPOSE_AFLW2000', 'AFLW2000-3D')


@pytest.fixture(scope='session')
def pointing04() -> Path:
    """Folder of Pointing'04."""
    return _folder('HEADPOSE_POINTING04', "Pointing'04")


@pytest.fixture(scope='session')
def media() -> Path:
    """Folder of videos of real people."""
    return _folder('HEADPOSE_MEDIA', 'videos of people (Intel sample-videos, CC BY 4.0)')


@pytest.fixture(scope='session')
def bundle() -> Path:
    """The Face Landmarker's bundle."""
    file = _value('HEADPOSE_FACE_LANDMARKER', "the Face Landmarker's bundle")
    if not file.is_file():
        pytest.fail(f'HEADPOSE_FACE_LANDMARKER is {file}, which is not a file')
    return file


@pytest.fixture(scope='session')
def face_mesh() -> None:
    """For tests that need FaceMesh, which MediaPipe has not had since 0.10.30."""
    import mediapipe

    if not hasattr(mediapipe, 'solutions'):
        pytest.skip(f'MediaPipe {mediapipe.__version__} has no FaceMesh')


@pytest.fixture(scope='session', params=['face_mesh', 'face_landmarker'])
def options(request) -> dict:
    """Options of ``HeadPoseEstimator`` for each detector in turn, as far as it can run here."""
    if request.param == 'face_mesh':
        request.getfixturevalue('face_mesh')
        return {'detector': 'face_mesh'}
    return {'detector': 'face_landmarker', 'bundle': request.getfixturevalue('bundle')}


@pytest.fixture(scope='session')
def photo():
    """Photograph of one person, head and shoulders, (300, 300, 3) BGR."""
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[:300, 75:375, ::-1])


@pytest.fixture
def ros():
    """The test's end of the topics, in a ROS domain of its own."""
    from ros_side import RosSide

    side = RosSide()
    yield side
    side.close()


@pytest.fixture(scope='session')
def rendered_head():
    """The built-in head, whose rotation is known."""
    from headpose_ros.media.sample_head.rendered_head import RenderedHead

    return RenderedHead()
