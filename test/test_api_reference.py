# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The API reference: its examples are run, and it has every public name."""

import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import headpose_ros

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / 'src'
WITH_EXAMPLES = [
    '.'.join(path.relative_to(SOURCE).with_suffix('').parts)
    for path in sorted(SOURCE.rglob('*.py')) if '    >>> ' in path.read_text(encoding='utf-8')
]


@pytest.mark.parametrize('module', WITH_EXAMPLES)
def test_examples_give_what_they_say(module, face_mesh, photo):
    names = {name: getattr(headpose_ros, name) for name in headpose_ros.__all__}
    result = doctest.testmod(import_module(module), extraglobs={**names, 'bgr': photo, 'np': np})
    assert result.attempted and not result.failed  # what differs is in the output


@pytest.mark.slow
def test_make_docs_builds_pages_with_every_public_name(tmp_path):
    pytest.importorskip('sphinx', reason='needs Sphinx: make venv')
    pytest.importorskip('furo', reason='needs Furo: make venv')
    variables = (f'RUN={sys.executable}', f'DOCS={tmp_path}')
    result = subprocess.run(
        ['make', '--old-file=venv', *variables, 'docs'], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    pages = ''.join(path.read_text(encoding='utf-8') for path in tmp_path.glob('*.html'))
    missing = [n for n in headpose_ros.__all__ if f'id="headpose_ros.{n}"' not in pages]
    assert not missing, 'not in docs/api'
