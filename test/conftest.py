# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What several test files share."""

import os
import re
import signal
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Off by default, for speed: whether each field of a message gets a value of its type.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'

# What a shell runs in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A file of tests with such a line needs ROS 2.
IMPORTS_ROS = re.compile(
    r'^\s*(?:from|import) (?:rclpy|\w+_msgs|\w+_srvs|headpose_ros\.ros'
    r'|ros_side|ros_domain|recovering|image_messages)\b',
    re.MULTILINE,
)
ROS_FILES = {
    path for path in Path(__file__).parent.glob('test_*.py')
    if IMPORTS_ROS.search(path.read_text(encoding='utf-8'))
}
HAS_ROS = find_spec('rclpy') is not None
NO_ROS = 'needs ROS 2: source one, or make venv'
collect_ignore = [] if HAS_ROS else sorted(path.name for path in ROS_FILES)

# Markers that follow from the fixtures of a test; setup.cfg describes them.
KINDS = {
    'data': {'aflw2000', 'pointing04', 'biwi', 'media', 'cases', 'bundle'},
    'ros': {'ros'},
    'browser': {'browser'},
}


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items):
    for item in items:
        kinds = {kind for kind, fixtures in KINDS.items() if fixtures & set(item.fixturenames)}
        if item.path in ROS_FILES:
            kinds.add('ros')
        for kind in kinds:
            item.add_marker(kind)
        if not HAS_ROS and item.get_closest_marker('ros'):
            item.add_marker(pytest.mark.skip(reason=NO_ROS))


def pytest_terminal_summary(terminalreporter):
    """What was skipped, by kind and what it needs, in place of a line for each place."""
    skipped = Counter(map(_kind_and_reason, terminalreporter.stats.get('skipped', [])))
    if not HAS_ROS:
        skipped['ros', 'files that need ROS 2: source one, or make venv'] = len(collect_ignore)
    if skipped:
        terminalreporter.section('skipped, and what it takes to run it')
    for (kind, reason), count in sorted(skipped.items()):
        terminalreporter.write_line(f'{count:5}  {kind:8} {reason}')


def _kind_and_reason(report):
    kinds = [kind for kind in KINDS if kind in getattr(report, 'keywords', {})]
    return ' '.join(kinds) or '-', report.longrepr[2].removeprefix('Skipped: ')


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
def biwi() -> Path:
    """Folder of BIWI."""
    return _folder('HEADPOSE_BIWI', 'BIWI')


@pytest.fixture(scope='session')
def media() -> Path:
    """Folder of videos of real people."""
    return _folder('HEADPOSE_MEDIA', 'videos of people (Intel sample-videos, CC BY 4.0)')


@pytest.fixture(scope='session')
def cases() -> Path:
    """Folder of odd files and bags, as people have them."""
    return _folder('HEADPOSE_CASES', 'odd files and bags')


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


@pytest.fixture(
    scope='session',
    params=['face_mesh', pytest.param('face_landmarker', marks=pytest.mark.data)],
)
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


@pytest.fixture
def headpose(capfd):
    """Runs the command ``headpose``."""
    from files_made import HeadPose

    return HeadPose(capfd)


@pytest.fixture(scope='session')
def small_head():
    """For pictures of half the usual width, two of which make one."""
    from headpose_ros.media.sample_head.rendered_head import RenderedHead

    return RenderedHead(320, 480, focal_length=480)


@pytest.fixture(scope='session')
def bag_head():
    """For the images of bags, which are small."""
    from headpose_ros.media.sample_head.rendered_head import RenderedHead

    return RenderedHead(320, 240, focal_length=240)


@pytest.fixture(scope='session')
def rendered_head():
    """The built-in head, whose rotation is known."""
    from headpose_ros.errors import DetectorUnavailableError
    from headpose_ros.media.sample_head.rendered_head import RenderedHead

    try:
        return RenderedHead()
    except DetectorUnavailableError as error:
        pytest.skip(f'the built-in head needs a detector: {error}')
