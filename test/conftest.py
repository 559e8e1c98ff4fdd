"""What several test files share."""

import os
from pathlib import Path

import pytest

# Off by default, for speed: whether each field of a message gets a value of its type.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f'needs {what}: set {variable} to its folder (see README, "Data")')
    folder = Path(value)
    if not folder.is_dir():
        pytest.fail(f'{variable} is {value}, which is not a folder')
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
    from headpose_ros.sample.rendered_head import RenderedHead

    return RenderedHead()
