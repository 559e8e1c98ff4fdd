# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The package as it is installed: by pip from a wheel, and by colcon, plain and with links."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
NO_SOURCES = ('.*', '__pycache__', '*.egg-info', 'build', 'install', 'log')

SOURCE = ROOT / 'src'

# The training writes it there, and to load it would be to run code.
NOT_SHIPPED = 'models/face_mesh.joblib'

# What is no Python, and must be there beside it, in share and in the package itself.
SHARED = {
    f'share/headpose_ros/{file.relative_to(ROOT)}'
    for pattern in ('launch/*.launch.py', 'config/*', 'models/*[!b]', 'package.xml')
    for file in ROOT.glob(pattern)
} | {'share/ament_index/resource_index/packages/headpose_ros'}
INSIDE = {
    str(file.relative_to(SOURCE))
    for file in (SOURCE / 'headpose_ros').rglob('*')
    if file.is_file() and file.suffix not in ('.py', '.pyc')
}


def run(*command, cwd, environment=None):
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True,
        env=environment or os.environ,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    """The package in the source folder of a colcon workspace."""
    folder = tmp_path_factory.mktemp('workspace') / 'src' / 'headpose_ros'
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NO_SOURCES))
    (folder / NOT_SHIPPED).write_text('')
    return folder


@pytest.fixture(scope='module')
def installed(source, tmp_path_factory):
    """An empty virtual environment that a wheel was installed into.

    What the package needs it takes from the environment of the tests, which saves a gigabyte.
    """
    folder = tmp_path_factory.mktemp('pip')
    options = ('--no-deps', '--disable-pip-version-check')
    run(sys.executable, '-m', 'pip', 'wheel', *options, '--no-build-isolation', source, cwd=folder)
    (wheel,) = folder.glob('*.whl')
    run(sys.executable, '-m', 'venv', 'env', cwd=folder)
    python = folder / 'env' / 'bin' / 'python'
    run(python, '-m', 'pip', 'install', *options, wheel, cwd=folder)
    site = run(python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))', cwd=folder)
    needed = {sysconfig.get_path('purelib'), sysconfig.get_path('platlib')}
    (Path(site.strip()) / 'needed.pth').write_text('\n'.join(needed))
    return folder / 'env'


def test_a_wheel_brings_models_launch_and_config(installed):
    missing = {file for file in SHARED if not (installed / file).is_file()}
    assert not missing
    assert not (installed / 'share' / 'headpose_ros' / NOT_SHIPPED).exists()
    (site,) = installed.glob('lib/*/site-packages')
    missing = {file for file in INSIDE if not (site / file).is_file()}
    assert not missing and 'headpose_ros/py.typed' in INSIDE
    number = ElementTree.parse(ROOT / 'package.xml').findtext('version')
    assert (site / f'headpose_ros-{number}.dist-info').is_dir()
    for name in ('headpose', 'headpose_node', 'camera_node', 'view_node', 'faces_node'):
        assert os.access(installed / 'bin' / name, os.X_OK)
    python = installed / 'bin' / 'python'
    assert 'No broken requirements' in run(python, '-m', 'pip', 'check', cwd=installed)


def test_it_runs_from_there(installed, face_mesh, photo, tmp_path):
    np.save(tmp_path / 'photo.npy', photo)
    code = '''
import numpy as np
import headpose_ros
from headpose_ros.estimator import HeadPoseEstimator
with HeadPoseEstimator() as estimator:
    (head,) = estimator.estimate(np.load('photo.npy'))
    print(headpose_ros.__file__, estimator.models[0].path, *np.degrees(head.rpy))
'''
    python = installed / 'bin' / 'python'
    package, model, *rpy = run(python, '-c', code, cwd=tmp_path).split()
    assert Path(package).is_relative_to(installed)
    assert Path(model) == installed / 'share' / 'headpose_ros' / 'models' / 'face_mesh.npz'
    assert np.abs(np.array(rpy, float)).max() < 30
    assert 'fetch-model' in run(installed / 'bin' / 'headpose', '--help', cwd=tmp_path)


def colcon(*arguments, cwd):
    command = Path(sys.executable).with_name('colcon')
    return run(command if command.exists() else 'colcon', *arguments, cwd=cwd)


def test_colcon_sees_an_ament_package(source):
    assert '(ros.ament_python)' in colcon('list', cwd=source.parents[1])


@pytest.mark.parametrize('options', [[], ['--symlink-install']], ids=['plain', 'links'])
def test_colcon_builds_what_runs(ros, face_mesh, source, tmp_path, options):
    workspace = source.parents[1]
    bases = ('--build-base', tmp_path / 'build', '--install-base', tmp_path / 'install')
    colcon('--log-base', tmp_path / 'log', 'build', *bases, *options, cwd=workspace)
    prefix = tmp_path / 'install' / 'headpose_ros'
    missing = {file for file in SHARED if not (prefix / file).is_file()}
    assert not missing
    for file in ('share/headpose_ros/config/headpose.yaml', 'share/headpose_ros/package.xml'):
        original = source / Path(file).relative_to('share/headpose_ros')
        assert ((prefix / file).resolve() == original) == bool(options)
    variables = run('bash', '-c', '. install/setup.bash && env -0', cwd=tmp_path)
    environment = dict(line.split('=', 1) for line in variables.split('\0') if line)
    environment['PATH'] = f'{Path(sys.executable).parent}:{environment["PATH"]}'
    code = 'import headpose_ros; print(headpose_ros.__file__)'
    file = Path(run('python3', '-c', code, cwd=tmp_path, environment=environment).strip())
    assert file.resolve().is_relative_to(source if options else prefix)
    # As ros2 run starts it.
    process = ros.run(prefix / 'lib' / 'headpose_ros' / 'headpose_node', environment=environment)
    process.wait_for('images from /image')
    root = source if options else prefix / 'share' / 'headpose_ros'
    assert f'model {root / "models" / "face_mesh.npz"}' in process.output


def test_colcon_tests_it(source, tmp_path):
    workspace = source.parents[1]
    bases = ('--build-base', tmp_path / 'build', '--install-base', tmp_path / 'install')
    logs = ('--log-base', tmp_path / 'log')
    colcon(*logs, 'build', *bases, cwd=workspace)
    colcon(*logs, 'test', *bases, '--pytest-args', 'test/test_rotation.py', cwd=workspace)
    results = colcon('test-result', '--test-result-base', tmp_path / 'build', cwd=workspace)
    tests, problems = re.search(r'(\d+) tests, (\d+ errors, \d+ failures)', results).groups()
    assert int(tests) > 5
    assert problems == '0 errors, 0 failures'


def test_what_is_called_tested_is_what_the_tests_run_with():
    if os.environ.get('ROS_DISTRO'):
        pytest.skip('runs with what the sourced ROS 2 brings')
    lines = (ROOT / 'constraints' / 'tested.txt').read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith('#')]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    other = {pin.name: version(pin.name) for pin in here if version(pin.name) not in pin.specifier}
    assert not other, 'constraints/tested.txt names other versions; enter these'
    assert 'mediapipe' in {pin.name for pin in here}
