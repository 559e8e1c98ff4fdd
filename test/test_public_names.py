# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The door of the package: its names, what they cost, its version, and its errors."""

import ast
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import headpose_ros
from headpose_ros import errors

ROOT = Path(__file__).resolve().parents[1]

README = 'HeadPoseEstimator, HeadFollower, HeadPose, Camera, camera_pose, draw_heads'
FROM_PACKAGE = f'from headpose_ros import {README}'
FROM_MODULE = 'from headpose_ros.estimator import HeadPoseEstimator'
KINDS = 'print(*(type(each).__name__ for each in (' + README + ')))'


def python(*statements):
    """Output of statements in a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, '-c', '\n'.join(statements)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
@pytest.mark.parametrize('statements', [
    (FROM_PACKAGE, FROM_MODULE),
    (FROM_MODULE, FROM_PACKAGE),
    # A module, or a room, does not take the place of a name that reads like it.
    ('import headpose_ros.six_dof, headpose_ros.camera.camera, headpose_ros.head_pose',
     'import headpose_ros.estimator, headpose_ros.overlay', FROM_PACKAGE),
], ids=['package first', 'module first', 'modules before'])
def test_the_public_names_come_in_any_order(statements):
    assert python(*statements, KINDS).split() == ['type'] * 4 + ['function'] * 2


@pytest.mark.slow
@pytest.mark.parametrize('name', headpose_ros.__all__)
def test_each_name_can_be_the_first(name):
    assert python(f'from headpose_ros import {name}', f'print({name}.__name__)').strip() == name


@pytest.mark.slow
def test_a_type_checker_sees_the_public_names(monkeypatch):
    mypy = pytest.importorskip('mypy.api', reason='needs mypy: make venv')
    monkeypatch.setenv('MYPYPATH', str(ROOT / 'src'))
    options = ('--strict', '--config-file=', '--follow-imports=silent')
    told, _, status = mypy.run([*options, '-c', f'{FROM_PACKAGE}\n{FROM_MODULE}'])
    assert status == 0, told


def test_a_name_that_there_is_not_is_an_error():
    with pytest.raises(AttributeError, match="module 'headpose_ros' has no attribute 'nobody'"):
        _ = headpose_ros.nobody
    assert {*headpose_ros.__all__, '__version__'} <= set(dir(headpose_ros))


@pytest.mark.slow
def test_the_package_alone_costs_nothing():
    modules = python('import sys, headpose_ros', 'print(*sys.modules)').split()
    others = {name.split('.')[0] for name in modules} - sys.stdlib_module_names
    bare = python('import sys', 'print(*sys.modules)').split()  # what .pth files bring
    assert others - {name.split('.')[0] for name in bare} == {'headpose_ros'}


@pytest.mark.slow
def test_the_estimator_costs_no_mediapipe_until_it_is_made():
    modules = python(FROM_PACKAGE, 'import sys', 'print(*sys.modules)').split()
    assert not {'mediapipe', 'sklearn', 'joblib', 'rclpy'} & set(modules)


def test_the_version_is_the_same_everywhere():
    package = ElementTree.parse(ROOT / 'package.xml').findtext('version')
    assert re.fullmatch(r'\d+\.\d+\.\d+', package)
    assert version('headpose_ros') == package  # what setup.py told
    assert headpose_ros.__version__ == package
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
    assert citation['version'] == package


def test_errors_live_in_one_place_and_are_named_alike():
    kinds = {
        kind for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    }
    assert len(kinds) > 10
    for kind in kinds:
        assert issubclass(kind, errors.HeadPoseError) and kind.__name__.endswith('Error')
        assert kind.__doc__


def test_no_other_module_defines_an_error():
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    found = [
        f'{path.relative_to(ROOT)}: {node.name}'
        for path in (ROOT / 'src' / 'headpose_ros').rglob('*.py') if path.name != 'errors.py'
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))
        if isinstance(node, ast.ClassDef)
        for base in map(ast.unparse, node.bases)
        if base.split('.')[-1] in names or re.search(r'(Error|Exception)$', base)
    ]
    assert not found, 'exceptions belong into errors.py'
