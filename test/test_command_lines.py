# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What all command lines have in common: their help, and how they end."""

import math
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headpose_ros import FollowSettings
from headpose_ros.detection.factory import DETECTORS, FACE_DETECTORS
from headpose_ros.files.rows import WRITERS
from headpose_ros.files.writers import VIDEO_SUFFIXES
from headpose_ros.people.primary import POLICIES

ROOT = Path(__file__).resolve().parents[1]

PROGRAMS = {
    'headpose_ros': ['image', 'video', 'bag', 'info', 'fetch-model'],
    'training': ['landmarks', 'compare', 'fit', 'evaluate', 'benchmark'],
    'benchmarks': [
        'estimator', 'node', 'start', 'crowd', 'profile', 'shortcuts', 'finding', 'outputs',
        'empty', 'depth', 'landmarks', 'report', 'soak',
    ],
    'headpose_ros.ros.demo': [],
}
NEED_ROS = {'benchmarks', 'headpose_ros.ros.demo'}
EACH = [pytest.param(p, marks=pytest.mark.ros) if p in NEED_ROS else p for p in PROGRAMS]


def run(program, *arguments, code=None):
    """The process, which runs code instead of the program if there is any."""
    what = ['-m', program] if code is None else ['-c', code]
    return subprocess.run(
        [sys.executable, *what, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )


def help_of(*words):
    """In one line, so that it does not matter where it breaks."""
    result = run(*words, '--help')
    assert (result.returncode, result.stderr) == (0, '')
    return ' '.join(result.stdout.split())


@pytest.mark.parametrize('program', EACH)
def test_help_lists_the_commands_in_plain_text(program):
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, '-m', program, '-h'], cwd=ROOT, stdout=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert shown.startswith('Usage: ')
    assert not re.search('\x1b|[╭─│]', shown)
    commands = re.findall(r'^  ([a-z]\S*)  ', shown.partition('Commands:')[2], re.MULTILINE)
    assert commands == PROGRAMS[program]
    assert '...' not in shown.partition('Commands:')[2]


@pytest.mark.parametrize('program', EACH)
def test_arguments_that_make_no_sense_are_told_with_exit_code_2(program):
    result = run(program, '--no-such-option')
    assert result.returncode == 2 and 'Traceback' not in result.stderr
    assert result.stderr.startswith('Usage: ')
    assert re.match("Error: No such option:? '?--no-such-option", result.stderr.splitlines()[-1])
    assert result.stdout == ''


def test_the_help_of_headpose_imports_nothing_that_takes_long():
    code = (
        'import sys; from headpose_ros.cli.main import main; main(["video", "--help"]); '
        'print(*sys.modules)'
    )
    modules = run('', code=code).stdout.splitlines()[-1].split()
    assert 'headpose_ros.cli.main' in modules
    assert not {'numpy', 'cv2', 'scipy', 'joblib', 'mediapipe', 'requests', 'rich'} & set(modules)


def test_choices_and_defaults_are_those_of_what_they_are_for():
    told, settings = help_of('headpose_ros', 'bag'), FollowSettings()
    for name, known in (
        ('detector', DETECTORS),
        ('face-detector', FACE_DETECTORS),
        ('primary', POLICIES),
        ('format', WRITERS),
    ):
        (choices,) = re.findall(rf'--{name} [<\[](\S+)[>\]]', told)
        assert choices.split('|') == list(known)
    for name, default in (
        ('max-std DEG', round(math.degrees(settings.max_std), 6)),
        ('smoothing HZ', settings.smoothing_min_cutoff),
        (r'primary \S+', settings.primary),
    ):
        assert re.search(rf'--{name} [^\[]*\[default: {re.escape(str(default))}\]', told)
    assert f'({", ".join(VIDEO_SUFFIXES)})' in told
    assert ' or '.join(f'.{each}' for each in WRITERS) in told


def test_the_end_of_the_reader_is_no_error():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, '-m', 'headpose_ros', 'info', 'models/face_mesh.npz']
    result = subprocess.run(
        command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True,
        env=os.environ | {'PYTHONUNBUFFERED': ''},  # so that it is written at the end
    )
    os.close(write)
    assert result.returncode == 128 + signal.SIGPIPE
    assert result.stderr == ''


@pytest.mark.parametrize('library', ['typer', 'pooch'])
def test_a_library_that_is_missing_is_told_in_one_sentence(library):
    code = (
        f'import sys; sys.modules[{library!r}] = None; '
        'from headpose_ros.__main__ import main; sys.exit(main())'
    )
    result = run('', 'fetch-model', code=code)
    assert result.returncode == 1
    assert result.stderr.startswith('error: ') and library in result.stderr
    assert 'pip install -r requirements.txt' in result.stderr and result.stderr.count('\n') == 1
