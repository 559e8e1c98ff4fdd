# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Model files of the package run only as they were made, and none of them runs code."""

import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from headpose_ros.assets.checksums import check_listed
from headpose_ros.errors import ChecksumError
from headpose_ros.regression.model_file import find_model, load_model
from training.model_writer import list_file

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_manifest_names_every_model_and_all_are_as_it_says():
    manifest = ROOT / 'models' / 'SHA256SUMS'
    names = [line.split()[1] for line in manifest.read_text().splitlines()]
    assert names == sorted(file.name for file in (ROOT / 'models').glob('*.npz'))
    command = ['sha256sum', '--check', '--strict', manifest.name]
    result = subprocess.run(command, cwd=manifest.parent, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


class Evil:
    """Leaves a file where it is unpickled."""

    def __init__(self, file):
        self._file = file

    def __reduce__(self):
        return Path.touch, (self._file,)


def change_manifest(old, new):
    def change(folder):
        manifest = folder / 'SHA256SUMS'
        text = manifest.read_text()
        assert old in text
        manifest.write_text(text.replace(old, new))
    return change


@pytest.mark.slow
@pytest.mark.parametrize(
    ('spoil', 'told'),
    [
        (lambda folder: None, 'checksum differs from'),
        (change_manifest('face_mesh.npz', 'other.npz'), 'not listed in'),
        (change_manifest('  ', ' '), 'is not a line of sha256sum'),
        (lambda folder: (folder / 'SHA256SUMS').unlink(), 'SHA256SUMS cannot be read: '),
    ],
    ids=['exchanged', 'not listed', 'broken manifest', 'no manifest'],
)
def test_a_model_of_the_package_that_is_not_listed_does_not_run(tmp_path, spoil, told):
    # An installation whose model somebody else could write.
    shutil.copytree(ROOT / 'src' / 'headpose_ros', tmp_path / 'lib' / 'headpose_ros')
    models = tmp_path / 'share' / 'headpose_ros' / 'models'
    shutil.copytree(ROOT / 'models', models)
    model = models / 'face_mesh.npz'
    model.write_bytes(pickle.dumps(Evil(tmp_path / 'it ran')))
    spoil(models)
    code = '''
from headpose_ros.errors import ModelError
from headpose_ros.regression.model_file import load_model
try:
    load_model(None, 'face_mesh')
except ModelError as error:
    print(error)
'''
    result = subprocess.run(
        [sys.executable, '-c', code], cwd=tmp_path / 'lib', capture_output=True, text=True
    )
    assert result.stdout.startswith(f'{model}: not the model shipped with headpose_ros: ')
    assert told in result.stdout
    assert 'reinstall headpose_ros' in result.stdout
    assert result.stdout.count('\n') == 1
    assert not (tmp_path / 'it ran').exists()
    # Named by its path it is the user's own, and is not run either.
    result = subprocess.run(
        [sys.executable, '-c', code.replace('None', repr(str(model)))], cwd=tmp_path / 'lib',
        check=True, capture_output=True, text=True,
    )
    assert f'{model}: not a model file' in result.stdout
    assert not (tmp_path / 'it ran').exists()
    # It is where it is called joblib, which is said before.
    renamed = model.rename(model.with_suffix('.joblib'))
    result = subprocess.run(
        [sys.executable, '-c', code.replace('None', repr(str(renamed)))], cwd=tmp_path / 'lib',
        check=True, capture_output=True, text=True,
    )
    assert (tmp_path / 'it ran').exists()
    assert 'loading a joblib file executes any code' in result.stderr


def test_a_model_of_ones_own_needs_no_checksum(tmp_path):
    own = shutil.copy(find_model('face_mesh'), tmp_path / 'own.npz')
    with warnings.catch_warnings():
        warnings.simplefilter('error', UserWarning)
        load_model(own, 'face_mesh')
        load_model(None, 'face_mesh')


def test_a_file_is_listed_once_beside_the_others(tmp_path):
    for name, content in (('b', b'1'), ('a', b'2'), ('b', b'3')):
        (tmp_path / name).write_bytes(content)
        list_file(tmp_path / name)
    lines = (tmp_path / 'SHA256SUMS').read_text().splitlines()
    assert [line.split('  ')[1] for line in lines] == ['a', 'b']
    check_listed(tmp_path / 'b', b'3')
    with pytest.raises(ChecksumError, match='checksum differs from'):
        check_listed(tmp_path / 'b', b'1')
