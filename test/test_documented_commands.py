# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Every command and snippet of the pages runs, as ``documented_commands.TABLE`` says how.

What is run here is run in one copy of the repository, in the order of the pages, so that a command
finds what those before it have written.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from documented_commands import AS_IT_IS, TABLE, How
from ros_domain import Domain
from skimage.data import astronaut

from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.ros.demo import camera_and_node
from headpose_ros.rotation import rotation_from_rpy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    ROOT / 'README.md', *sorted((ROOT / 'docs').rglob('*.md')), ROOT / 'examples' / 'README.md'
)

# What else stands in fenced blocks: messages, which are no commands.
LANGUAGES = {'python', 'text'}

# The commands as those of the tests, and no virtual environment made or filled by make.
PRELUDE = '''
set -e
python() { "$PYTHON" "$@"; }
python3() { python "$@"; }
pip() { python -m pip --disable-pip-version-check "$@"; }
headpose() { python -m headpose_ros "$@"; }
make() { command make --old-file=venv RUN="$PYTHON" "$@"; }
'''

FACES = [(0.0, 0.0), (-20.0, 0.0), (20.0, 5.0)]  # degrees of yaw and pitch
PEOPLE = 4
VIDEO_RATE = 10.0  # Hz


@dataclass(frozen=True)
class Block:
    """A command, or a snippet of Python, of a page."""

    page: Path
    line: int
    text: str
    is_python: bool = False

    @property
    def name(self):
        return f'{self.page.name}:{self.line}'


def blocks(page):
    """Commands of the indented blocks of a page, and its fenced snippets."""
    language, begin, lines, command = '', 0, [], ''
    for number, line in enumerate(page.read_text(encoding='utf-8').splitlines(), 1):
        if language and line == '```':
            if language == 'python':
                yield Block(page, begin, '\n'.join(lines), True)
            language = ''
        elif language:
            lines.append(line)
        elif line.startswith('```'):
            language, begin, lines = line[3:], number, []
            assert language in LANGUAGES, f'{page.name}:{number}: a block of {language!r}'
        elif line.startswith('    ') or command:
            command += re.sub(r'\s+# .*', '', line).strip()
            if command.endswith('\\'):
                command = command[:-1]
                continue
            yield Block(page, number, command)
            command = ''
    assert not language and not command, f'{page.name} ends in a block'


ALL = [block for page in PAGES for block in blocks(page)]
COMMANDS = {block.text: block for block in reversed(ALL) if not block.is_python}
RUN_HERE = [
    block for block in ALL
    if block.is_python or (COMMANDS[block.text] is block and TABLE.get(block.text, How()).run)
]


def test_the_table_has_every_command_and_no_other():
    missing = [f'{block.name}: {text}' for text, block in COMMANDS.items() if text not in TABLE]
    assert not missing, f'not in test/documented_commands.py: {missing}'
    gone = set(TABLE) - set(COMMANDS)
    assert not gone, f'in no page any more: {gone}'


def test_the_tests_that_run_the_others_are_there():
    for test in {how.by for how in TABLE.values() if how.by}:
        file, name = test.split('::')
        tree = ast.parse((ROOT / 'test' / file).read_text(encoding='utf-8'))
        assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)], test


def rendered_faces():
    """Pictures of the built-in head as if of several people: name, BGR, rpy, box."""
    head = RenderedHead(300, 300)
    for person in range(PEOPLE):
        for number, (yaw, pitch) in enumerate(FACES):
            rpy = np.radians([3.0 * person, pitch, yaw])
            rotation = rotation_from_rpy(rpy)
            corners = head.project(head.landmarks(rotation))
            low, high = corners.min(axis=0), corners.max(axis=0)
            box = (*low, *(high - low))
            yield f'room/person{person}_{number:04}', head.render(rotation), rpy, box


@pytest.fixture(scope='module')
def faces():
    return list(rendered_faces())


@pytest.fixture(scope='module')
def folder(faces, tmp_path_factory):
    """A copy of the repository, with the data that its pages name beside it."""
    folder = tmp_path_factory.mktemp('checkout') / 'headpose_ros'
    hidden = shutil.ignore_patterns('.*', '__pycache__', 'build', 'install', 'log', '*.egg-info')
    shutil.copytree(ROOT, folder, ignore=hidden)
    (folder / 'faces').mkdir()
    (folder / 'POINTING04').mkdir()
    for _, bgr, (_, pitch, yaw), box in faces[: len(FACES)]:
        pan, tilt = -np.degrees(yaw), -np.degrees(pitch)
        path = folder / 'POINTING04' / f'person01146{tilt:+.0f}{pan:+.0f}'
        cv2.imwrite(f'{path}.jpg', bgr)
        cv2.imwrite(str(folder / 'faces' / f'{path.name}.jpg'), bgr)
        x, y, width, height = box
        path.with_name(f'{path.name}.txt').write_text(
            f'Face\n{x + width / 2}\n{y + height / 2}\n{width}\n{height}\n'
        )
    images = [bgr for _, bgr, _, _ in faces]
    cv2.imwrite(str(folder / 'photo.jpg'), images[0])
    size = images[0].shape[1::-1]
    video = cv2.VideoWriter(
        str(folder / 'video.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), VIDEO_RATE, size
    )
    for bgr in images:
        video.write(bgr)
    video.release()
    return folder


@pytest.fixture(scope='module')
def environment(folder):
    domain = Domain()
    paths = [str(folder), str(folder / 'src'), os.environ.get('PYTHONPATH', '')]
    environment = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(paths),
        'PYTHON': sys.executable,
        'ROOT': str(ROOT),
        'ROS_DOMAIN_ID': str(domain.number),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    }
    yield environment
    if shutil.which('ros2'):  # whose commands leave a daemon
        subprocess.run(['ros2', 'daemon', 'stop'], env=environment, check=True)
    domain.close()


def bash(text, folder, environment):
    return subprocess.run(
        ['bash', '-c', PRELUDE + text], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
    )


@pytest.mark.parametrize('block', RUN_HERE, ids=lambda block: block.name)
def test_it_runs(block, folder, environment, faces, monkeypatch):
    if block.is_python:
        monkeypatch.chdir(folder)
        photograph = np.ascontiguousarray(astronaut()[:300, 75:375])
        given = {'rgb': photograph, 'bgr': photograph[:, :, ::-1].copy(), 'my_faces': faces}
        exec(compile(block.text, block.name, 'exec'), {'cv2': cv2, **given})
        return
    how = TABLE[block.text]
    if how.needs and bash(how.needs, folder, environment).returncode != 0:
        pytest.skip('a command of the pages: what it needs is in test/documented_commands.py')
    command = how.run.replace(AS_IT_IS, block.text)
    if how.beside_nodes:
        for name, value in environment.items():  # of this process, and so of those nodes
            monkeypatch.setenv(name, value)
        with camera_and_node('sample'):
            result = bash(command, folder, environment)
    else:
        result = bash(command, folder, environment)
    assert result.returncode == 0, result.stdout
    assert 'Traceback' not in result.stdout
