# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Which bundle the Face Landmarker takes, and which it refuses."""

import sys
import zipfile

import pytest

from headpose_ros.assets.bundle import YUNET
from headpose_ros.detection.factory import create_detector
from headpose_ros.errors import DetectorUnavailableError

NAME = 'face_landmarker'


@pytest.fixture
def no_bundle(monkeypatch, tmp_path):
    """A user who has none; the folder where it would be."""
    monkeypatch.delenv('HEADPOSE_FACE_LANDMARKER', raising=False)
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    return tmp_path / 'headpose_ros'


def refusal(bundle=None):
    with pytest.raises(DetectorUnavailableError) as caught:
        create_detector(NAME, 'image', 1, bundle)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_a_bundle_that_is_not_there_is_told_with_what_named_it(no_bundle, monkeypatch):
    monkeypatch.setenv('PATH', '')  # the program is not to be found
    told = refusal()
    assert f'requires its bundle {no_bundle}/face_landmarker.task' in told
    assert 'download it with: headpose fetch-model' in told
    assert told.endswith(f'(here: {sys.executable} -m headpose_ros fetch-model)')
    monkeypatch.setenv('HEADPOSE_FACE_LANDMARKER', '/no/where.task')
    told = refusal()
    assert 'HEADPOSE_FACE_LANDMARKER is set to /no/where.task' in told
    assert 'download it with: headpose fetch-model --out /no/where.task' in told
    assert 'no such bundle: /not/here; ' in refusal('/not/here')


def test_the_bundle_of_the_parameter_goes_before_the_variables_and_the_fetched_one(
    no_bundle, bundle, monkeypatch
):
    no_bundle.mkdir()
    fetched = no_bundle / 'face_landmarker.task'
    fetched.symlink_to(bundle)
    create_detector(NAME, 'image', 1).close()
    monkeypatch.setenv('HEADPOSE_FACE_LANDMARKER', '/no/where.task')
    assert '/no/where.task' in refusal()
    create_detector(NAME, 'image', 1, fetched).close()
    monkeypatch.setenv('HEADPOSE_FACE_LANDMARKER', str(bundle))
    assert '/not/here' in refusal('/not/here')


def write_zip(path, networks):
    with zipfile.ZipFile(path, 'w') as file:
        for network in networks:
            file.writestr(network, b'no network')


@pytest.mark.parametrize(
    ('write', 'told'),
    [
        (lambda path, whole: path.write_bytes(whole[:-1000]), 'or is truncated'),
        (lambda path, whole: path.write_bytes(whole[:999] + bytes(99) + whole[1098:]), 'not a'),
        (lambda path, whole: path.write_bytes(b''), 'not a face landmarker bundle'),
        (lambda path, whole: path.write_text('404 Not Found'), 'not a face landmarker bundle'),
        (lambda path, whole: write_zip(path, ['hand_detector.tflite']), 'not a face landmarker'),
        (lambda path, whole: path.mkdir(), 'no such bundle'),
    ],
    ids=['truncated', 'spoilt', 'empty', 'text', 'hands', 'folder'],
)
def test_what_is_no_bundle_is_refused_in_one_sentence(bundle, tmp_path, write, told):
    path = tmp_path / 'a bundle.task'
    write(path, bundle.read_bytes())
    message = refusal(path)
    assert told in message and str(path) in message
    assert f"headpose fetch-model --out '{path}'" in message


@pytest.mark.parametrize('name', ['face_mesh', NAME])
def test_yunet_that_is_not_there_is_told_with_what_downloads_it(
    name, request, tmp_path, monkeypatch
):
    path = request.getfixturevalue('bundle') if name == NAME else None
    if name == 'face_mesh':
        request.getfixturevalue('face_mesh')
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    with pytest.raises(DetectorUnavailableError) as caught:
        create_detector(name, 'image', 1, path, 'yunet')
    told = str(caught.value)
    assert f'yunet requires {tmp_path}/headpose_ros/face_detection_yunet' in told
    assert 'download it with: headpose fetch-model yunet' in told and '\n' not in told


def test_a_file_that_is_no_yunet_is_told_in_one_sentence(bundle, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    YUNET.path.parent.mkdir()
    YUNET.path.write_bytes(b'no network')
    with pytest.raises(DetectorUnavailableError) as caught:
        create_detector(NAME, 'image', 1, bundle, 'yunet')
    told = str(caught.value)
    assert told.startswith(f'OpenCV cannot load {YUNET.path}: ') and '\n' not in told.strip()


@pytest.mark.filterwarnings('ignore:.*not the face landmarker bundle')
def test_what_mediapipe_refuses_is_told_in_one_sentence(tmp_path):
    path = tmp_path / 'bundle.task'
    write_zip(path, ['face_detector.tflite', 'face_landmarks_detector.tflite'])
    assert refusal(path).startswith(f'MediaPipe cannot use {path}: ')


def test_another_bundle_runs_with_a_warning(bundle, tmp_path, photo):
    path = tmp_path / 'another.task'
    with zipfile.ZipFile(bundle) as whole, zipfile.ZipFile(path, 'w') as other:
        for name in whole.namelist():
            other.writestr(name, whole.read(name))
    with pytest.warns(UserWarning, match='not the face landmarker bundle.*less accurate'):
        detector = create_detector(NAME, 'image', 1, path)
    assert len(detector.detect(photo)) == 1
    detector.close()
