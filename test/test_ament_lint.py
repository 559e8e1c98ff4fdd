# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""ROS 2's own checks of style, where they are installed, on all of the code."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


CODE = ['src', 'training', 'benchmarks', 'launch', 'docs', 'examples', 'test', 'setup.py']


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_flake8():
    flake8 = pytest.importorskip('ament_flake8.main', reason='needs ament_flake8')
    code, errors = flake8.main_with_errors(['--config', 'setup.cfg', *CODE])
    assert code == 0, '\n'.join(errors)


def test_pep257():
    pep257 = pytest.importorskip('ament_pep257.main', reason='needs ament_pep257')
    # As in pyproject.toml: parameters are told where the class is, functions by what they give.
    options = ['--convention', 'pep257', '--add-ignore', 'D105', 'D107', 'D401', '--']
    assert pep257.main(argv=[*options, 'src', 'training', 'setup.py']) == 0
