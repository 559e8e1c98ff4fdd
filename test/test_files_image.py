# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose image``: image files to rows and to images with the heads drawn on them."""

import json

import cv2
import numpy as np
import pytest
from files_made import HeadPose, angles, rows_of

from headpose_ros.estimator import HeadPoseEstimator

pytestmark = pytest.mark.usefixtures('face_mesh')


@pytest.fixture
def headpose(capfd):
    return HeadPose(capfd)


@pytest.fixture
def folder(tmp_path, photo):
    """Somebody, nobody, and a file that was cut short."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    cv2.imwrite(str(folder / 'a somebody.jpg'), photo)
    cv2.imwrite(str(folder / 'nobody.png'), np.full((120, 160, 3), 128, np.uint8))
    jpeg = (folder / 'a somebody.jpg').read_bytes()
    (folder / 'cut.jpg').write_bytes(jpeg[:len(jpeg) // 2])
    return folder


def test_a_row_is_what_the_estimator_says_of_a_face(headpose, tmp_path, photo):
    path = tmp_path / 'ä.png'
    cv2.imwrite(str(path), photo)
    (row,) = headpose.rows('image', path)
    with HeadPoseEstimator() as estimator:
        (head,) = estimator.estimate(photo)
    np.testing.assert_allclose(angles([row])[0], np.degrees(head.rpy), atol=6e-5)
    stds = [float(row[f'{axis}_std_deg']) for axis in ('roll', 'pitch', 'yaw')]
    np.testing.assert_allclose(stds, np.degrees(head.std), atol=6e-5)
    box = [float(row[name]) for name in ('x', 'y', 'width', 'height')]
    np.testing.assert_allclose(box, head.bbox, atol=6e-3)
    told = {name: row[name] for name in ('source', 'frame', 'stamp', 'id', 'primary')}
    assert told == {'source': str(path), 'frame': '0', 'stamp': '', 'id': '1', 'primary': '1'}


def test_of_several_faces_the_largest_is_the_first(headpose, tmp_path, photo):
    path = tmp_path / 'two.png'
    half = cv2.resize(photo, None, fx=0.7, fy=0.7)
    both = np.zeros((300, 510, 3), np.uint8)
    both[:210, :210], both[:, 210:] = half, photo
    cv2.imwrite(str(path), both)
    rows = headpose.rows('image', path, '--max-faces', 4)
    assert [(row['id'], row['primary']) for row in rows] == [('1', '1'), ('2', '0')]
    assert float(rows[0]['x']) > 210 > float(rows[1]['x'])
    assert len(headpose.rows('image', path, '--max-faces', 1)) == 1
    assert not headpose.rows('image', path, '--max-std', 0.1)


def test_a_broken_image_is_told_and_skipped(headpose, folder, tmp_path):
    out, drawn = tmp_path / 'rows.jsonl', tmp_path / 'new' / 'drawn'
    code, told, error = headpose('image', folder, '--out', out, '--annotated', drawn)
    assert code == 0 and told == ''
    broken, counts, unseen = error.splitlines()
    assert 'skipped: ' in broken and 'cut.jpg cannot be read: image file is truncated' in broken
    assert counts.startswith('3 frames: 1 face, 1 without a face, 1 broken')
    assert 'frame 2: the image is too ' in unseen
    (row,) = map(json.loads, out.read_text().splitlines())
    assert row['source'].endswith('a somebody.jpg') and row['stamp'] is None
    assert {path.name for path in drawn.iterdir()} == {'a somebody.jpg', 'nobody.png'}
    before, after = (cv2.imread(str(each / 'a somebody.jpg')) for each in (folder, drawn))
    assert before.shape == after.shape
    assert (np.abs(before.astype(int) - after).max(axis=2) > 60).mean() > 0.02


def test_an_image_is_turned_as_its_exif_says(headpose, tmp_path, photo):
    from PIL import Image

    path = tmp_path / 'turned.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    turned = Image.fromarray(np.rot90(photo[..., ::-1]).copy())
    turned.save(path, exif=exif, quality=95)
    (row,) = headpose.rows('image', path)
    assert abs(float(row['roll_deg'])) < 20


@pytest.mark.parametrize('arguments, told', [
    (('nowhere.jpg',), 'nowhere.jpg: there is no such file or folder'),
    (('{photos}/cut.jpg',), 'cut.jpg cannot be read'),
    (('{folder}',), 'no images in this folder'),
    (('{photos}', '--out', 'rows.txt'), 'rows.txt does not end in .csv or .jsonl'),
    (('{photos}', '--out', '{photos}'), 'does not end in'),
    (('{photos}', '--out', '/nowhere/rows.csv'), 'cannot be written'),
    (('{photos}', '--annotated', '{photos}', '--force'), 'never written over'),
    (('{photos}', '--annotated', '{photos}/nobody.png'), 'not a folder'),
    (('{photos}', '{photos}/nobody.png', '--annotated', '{folder}/drawn'), 'have one name'),
    (('{photos}', '--max-faces', '0'), 'max_faces is 0; want a whole number from 1'),
    (('{photos}', '--max-std', '-1'), 'max_std is'),
    (('{photos}', '--model', 'nowhere.npz'), 'there is no such model file'),
    (('{photos}', '--bundle', 'any.task'), 'face_mesh takes none'),
])
def test_what_cannot_be_is_one_sentence(headpose, folder, tmp_path, arguments, told):
    empty = tmp_path / 'empty'
    empty.mkdir()
    places = {'photos': folder, 'folder': empty}
    assert told in headpose.refusal('image', *(each.format(**places) for each in arguments))
    assert not any(empty.iterdir())


def test_nothing_is_written_over_without_being_asked(headpose, folder, tmp_path):
    out, drawn = tmp_path / 'rows.csv', tmp_path / 'drawn'
    out.write_text('mine')
    drawn.mkdir()
    (drawn / 'nobody.png').write_text('mine')
    outputs = ('--out', out), ('--annotated', drawn)
    for output in outputs:
        assert 'is there already' in headpose.refusal('image', folder, *output)
    # What goes wrong later leaves it as well.
    headpose.refusal('image', folder, *outputs[0], '--force', '--max-faces', 0)
    assert out.read_text() == (drawn / 'nobody.png').read_text() == 'mine'
    assert headpose('image', folder, *outputs[0], *outputs[1], '--force')[0] == 0
    assert len(rows_of(out.read_text())) == 1
    assert cv2.imread(str(drawn / 'nobody.png')) is not None
