# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose image``: image files to rows and to images with the heads drawn on them."""

import json
import os
import resource
import subprocess
import sys
from functools import partial

import cv2
import numpy as np
import pytest
from files_made import angles, rows_of
from PIL import Image

from headpose_ros.attention import facing_camera
from headpose_ros.estimator import HeadPoseEstimator

pytestmark = pytest.mark.usefixtures('face_mesh')

HEIC = b'\0\0\0\x18ftypheic' + bytes(50)  # the beginning of one


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
    np.testing.assert_allclose(angles([row])[0], np.degrees(head.rpy), atol=2e-4)
    stds = [float(row[f'{axis}_std_deg']) for axis in ('roll', 'pitch', 'yaw')]
    np.testing.assert_allclose(stds, np.degrees(head.std), atol=2e-4)
    box = [float(row[name]) for name in ('x', 'y', 'width', 'height')]
    np.testing.assert_allclose(box, head.bbox, atol=6e-3)
    assert float(row['score']) == pytest.approx(head.score, abs=6e-4)
    assert float(row['facing_camera']) == pytest.approx(facing_camera(head), abs=6e-4)
    told = {name: row[name] for name in ('source', 'frame', 'stamp', 'id', 'primary')}
    assert told == {'source': str(path), 'frame': '0', 'stamp': '', 'id': 'f1', 'primary': '1'}


def test_of_several_faces_the_largest_is_the_first(headpose, tmp_path, photo):
    path = tmp_path / 'two.png'
    half = cv2.resize(photo, None, fx=0.7, fy=0.7)
    both = np.zeros((300, 510, 3), np.uint8)
    both[:210, :210], both[:, 210:] = half, photo
    cv2.imwrite(str(path), both)
    rows = headpose.rows('image', path, '--max-faces', 4)
    assert [(row['id'], row['primary']) for row in rows] == [('f1', '1'), ('f2', '0')]
    assert float(rows[0]['x']) > 210 > float(rows[1]['x'])
    assert len(headpose.rows('image', path, '--max-faces', 1)) == 1
    assert not headpose.rows('image', path, '--max-std', 0.1)


def test_a_broken_image_is_told_and_skipped(headpose, folder, tmp_path):
    out, drawn = tmp_path / 'rows.jsonl', tmp_path / 'new' / 'drawn'
    code, told, error = headpose('image', folder, '--out', out, '--annotated', drawn)
    assert code == 0 and told == ''
    broken, counts, unseen = error.splitlines()
    assert 'skipped: ' in broken and 'cut.jpg cannot be read: image file is truncated' in broken
    assert counts.startswith('3 frames: 1 face, 1 without a face, 1 unreadable')
    assert 'frame 2: image contrast too low to show a face' in unseen
    (row,) = map(json.loads, out.read_text().splitlines())
    assert row['source'].endswith('a somebody.jpg') and row['stamp'] is None
    assert {path.name for path in drawn.iterdir()} == {'a somebody.jpg', 'nobody.png'}
    before, after = (cv2.imread(str(each / 'a somebody.jpg')) for each in (folder, drawn))
    assert before.shape == after.shape
    assert (np.abs(before.astype(int) - after).max(axis=2) > 60).mean() > 0.02


def test_an_image_is_turned_as_its_exif_says(headpose, tmp_path, photo):
    path = tmp_path / 'turned.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    turned = Image.fromarray(np.rot90(photo[..., ::-1]).copy())
    turned.save(path, exif=exif, quality=95)
    (row,) = headpose.rows('image', path)
    assert abs(float(row['roll_deg'])) < 20


def test_what_is_read_when_named_is_read_in_a_folder_and_the_rest_is_named(
    headpose, tmp_path, photo
):
    names = ('a.GIF', 'b.pgm', 'c.JPG', 'd.jfif', 'no_suffix')
    for name, kind in zip(names, ('GIF', 'PPM', 'JPEG', 'JPEG', 'PNG'), strict=True):
        Image.fromarray(photo[..., ::-1]).convert('RGB').save(tmp_path / name, format=kind)
    (tmp_path / 'e.heic').write_bytes(HEIC)
    (tmp_path / 'notes.txt').write_text('x')
    (tmp_path / 'film.mp4').write_bytes(b'\0\0\0\x18ftypisom' + bytes(50))
    (tmp_path / '.hidden.jpg').write_text('x')
    (tmp_path / 'raw').mkdir()
    code, out, error = headpose('image', tmp_path)
    assert code == 0
    assert [row['source'] for row in rows_of(out)] == [str(tmp_path / name) for name in names]
    assert 'e.heic cannot be read: it is an HEIC photo' in error
    told = f'{tmp_path}: 3 skipped, not images: film.mp4, notes.txt, raw (a folder)'
    assert error.splitlines()[-1] == told


@pytest.mark.parametrize('name, content, told', [
    ('photo.heic', HEIC, 'HEIC photo, the default of iPhones; install pillow-heif'),
    ('photo.jpg', HEIC, 'HEIC photo, the default of iPhones; install pillow-heif'),
    ('empty.jpg', b'', 'it is empty (0 bytes)'),
    ('film.jpg', b'\0\0\0\x18ftypisom' + bytes(50), 'MP4 or MOV video; use headpose video'),
    ('film.png', b'RIFF1234AVI ' + bytes(50), 'it is an AVI video; use headpose video'),
    ('scan.jpg', b'%PDF-1.7', 'it is a PDF document; save its pages as JPEG or PNG'),
    ('words.jpg', b'words', 'not an image file, or its header is damaged'),
])
@pytest.mark.parametrize('command', ['image', 'info'])
def test_what_cannot_be_read_is_told_by_what_it_is(
    headpose, tmp_path, monkeypatch, command, name, content, told
):
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    (tmp_path / name).write_bytes(content)
    assert told in headpose.refusal(command, tmp_path / name)


def test_heic_photos_are_read_where_pillow_heif_is_installed(headpose, cases):
    pytest.importorskip('pillow_heif', reason='needs pillow-heif')
    (row,) = headpose.rows('image', cases / 'photo.heic')
    np.testing.assert_allclose(angles([row])[0], (17.0, 18.0, -17.0), atol=3.0)


@pytest.mark.parametrize('name', ['ir10bit.png', 'float01.tiff'])
def test_images_of_more_than_8_bits_show_their_face(headpose, cases, name):
    (row,) = headpose.rows('image', cases / name)
    np.testing.assert_allclose(angles([row])[0], (17.0, 18.0, -17.0), atol=3.0)


@pytest.mark.parametrize('name, samples', [
    ('ten_bits.png', lambda grey: (grey * 1023).astype(np.uint16)),
    ('twelve_bits.tiff', lambda grey: (grey * 4095).astype(np.uint16)),
    ('floats.tiff', lambda grey: grey.astype(np.float32)),
])
def test_a_face_of_more_than_8_bits_is_that_of_8_bits(headpose, tmp_path, photo, name, samples):
    grey = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(tmp_path / 'plain.png'), grey)
    Image.fromarray(samples(grey / 255)).save(tmp_path / name)
    plain, other = (headpose.rows('image', tmp_path / each) for each in ('plain.png', name))
    np.testing.assert_allclose(angles(plain), angles(other), atol=2.0)


@pytest.mark.parametrize('name, samples', [
    ('colours.png', lambda bgr: bgr.astype(np.uint16) * 4),
    ('colours.tiff', lambda bgr: bgr.astype(np.uint16) * 4),
    ('colours.ppm', lambda bgr: bgr.astype(np.uint16) * 4),
    ('floats.tiff', lambda bgr: (bgr / 255).astype(np.float32)),
    ('floats.hdr', lambda bgr: (bgr / 255).astype(np.float32)),
])
def test_colours_of_more_than_8_bits(headpose, tmp_path, photo, name, samples):
    (tmp_path / 'deep').mkdir()
    cv2.imwrite(str(tmp_path / 'plain.png'), photo)
    cv2.imwrite(str(tmp_path / 'deep' / name), samples(photo))
    plain, deep = (headpose.rows('image', tmp_path / each) for each in ('plain.png', 'deep'))
    np.testing.assert_allclose(angles(plain), angles(deep), atol=2.0)


def test_what_opencv_cannot_write_is_drawn_as_png(headpose, tmp_path, photo):
    names = ('moving.gif', 'print.jpg', 'page.ppm')
    for name, mode in zip(names, ('P', 'CMYK', 'RGB'), strict=True):
        Image.fromarray(photo[..., ::-1].copy()).convert(mode).save(tmp_path / name)
    drawn = tmp_path / 'drawn'
    paths = [tmp_path / name for name in names]
    code, _, error = headpose('image', *paths, '--annotated', drawn)
    assert code == 0 and error.startswith('3 frames: 3 faces')
    shown = {'moving.gif.png', 'print.jpg', 'page.ppm.png'}
    assert {path.name for path in drawn.iterdir()} == shown
    assert all(cv2.imread(str(path)).shape == photo.shape for path in drawn.iterdir())
    assert ' exists; choose' in headpose.refusal('image', *paths, '--annotated', drawn)


def test_an_image_that_cannot_be_drawn_does_not_end_the_rest(headpose, tmp_path, photo):
    # Wider than a JPEG can be, which its name says that it is.
    Image.fromarray(np.zeros((4, 66000, 3), np.uint8)).save(tmp_path / 'a.jpg', format='PNG')
    cv2.imwrite(str(tmp_path / 'b.jpg'), photo)
    code, out, error = headpose('image', tmp_path, '--annotated', tmp_path / 'new', '--out', '-')
    assert code == 0 and len(rows_of(out)) == 1
    assert error.count('not written: ') == 1 and 'a.jpg is too large for its format' in error
    assert [path.name for path in (tmp_path / 'new').iterdir()] == ['b.jpg']


@pytest.mark.slow
@pytest.mark.parametrize('encoding', ['utf-8', 'latin-1', 'ascii'])
@pytest.mark.parametrize('kind', ['csv', 'jsonl'])
def test_names_with_any_letters_come_out_in_any_encoding(tmp_path, photo, encoding, kind):
    for name in ('ä.png', '日😀.png', os.fsdecode(b'byte\xff.png')):
        (tmp_path / name).write_bytes(cv2.imencode('.png', photo)[1])
    environment = {
        **os.environ, 'PYTHONIOENCODING': f'{encoding}:strict', 'LC_ALL': 'C',
        'PYTHONCOERCECLOCALE': '0',
    }
    command = [sys.executable, '-X', 'utf8=1', '-m', 'headpose_ros']
    result = subprocess.run(
        [*command, 'image', tmp_path, '--format', kind], capture_output=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    text = result.stdout.decode(encoding, 'surrogateescape')
    if kind == 'jsonl':
        names = {json.loads(line)['source'].rpartition('/')[2] for line in text.splitlines()}
        assert {'ä.png', '日😀.png', 'byte\udcff.png'} == names
    else:
        rows = rows_of(text)
        assert len(rows) == 3 and b'byte\xff.png,' in result.stdout
        known = {'utf-8': 'ä.png', 'latin-1': 'ä.png', 'ascii': r'\xe4.png'}[encoding]
        assert any(row['source'].endswith(f'/{known}') for row in rows)
    info = subprocess.run(
        [*command, 'info', tmp_path / '日😀.png'], capture_output=True, env=environment
    )
    assert info.returncode == 0 and b'300 x 300 pixels' in info.stdout, info.stderr


def test_a_full_disk_is_one_sentence(headpose, folder):
    full = '/dev/full'
    sentence = headpose.refusal('image', folder, '--out', full, '--format', 'csv', '--force')
    assert sentence == 'error: /dev/full: No space left on device'


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_of_an_image(tmp_path, photo):
    small = cv2.resize(photo, (30, 30))
    for name, image in (('a.png', small), ('b.png', photo)):
        cv2.imwrite(str(tmp_path / name), image)
    limit = (20_000, 20_000)  # bytes of a file: enough for the small one
    result = subprocess.run(
        [sys.executable, '-m', 'headpose_ros', 'image', 'a.png', 'b.png', '--annotated', 'drawn'],
        cwd=tmp_path, capture_output=True, text=True,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, limit),
    )
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith('error: drawn/b.png: File too large')
    assert [path.name for path in (tmp_path / 'drawn').iterdir()] == ['a.png']


@pytest.mark.slow
@pytest.mark.parametrize('arguments', [('image', 'a.png'), ('info',), ('--help',)])
def test_a_full_disk_behind_standard_output_is_one_sentence(tmp_path, photo, arguments):
    cv2.imwrite(str(tmp_path / 'a.png'), photo)
    with open('/dev/full', 'w') as full:
        result = subprocess.run(
            [sys.executable, '-m', 'headpose_ros', *arguments], cwd=tmp_path, stdout=full,
            stderr=subprocess.PIPE, text=True,
        )
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].endswith('No space left on device')
    assert 'Traceback' not in result.stderr and 'ignored' not in result.stderr


@pytest.mark.parametrize('arguments, told', [
    (('nowhere.jpg',), 'nowhere.jpg: no such file or folder'),
    (('{photos}/cut.jpg',), 'cut.jpg cannot be read'),
    (('{folder}',), 'no images in this folder'),
    (('{photos}', '--out', 'rows.txt'), 'rows.txt: unknown suffix, expected .csv or .jsonl'),
    (('{photos}', '--out', '{photos}'), 'unknown suffix'),
    (('{photos}', '--out', '/nowhere/rows.csv'), 'cannot be written'),
    (('{photos}', '--annotated', '{photos}', '--force'), 'never overwritten'),
    (('{photos}', '--annotated', '{photos}/nobody.png'), 'not a folder'),
    (('{photos}', '{photos}/nobody.png', '--annotated', '{folder}/drawn'), 'the same file name'),
    (('{photos}', '--max-faces', '0'), 'max_faces is 0; expected an integer >= 1'),
    (('{photos}', '--max-std', '-1'), 'max_std is'),
    (('{photos}', '--model', 'nowhere.npz'), 'no such model file'),
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
        assert ' exists; choose' in headpose.refusal('image', folder, *output)
    # What goes wrong later leaves it as well.
    headpose.refusal('image', folder, *outputs[0], '--force', '--max-faces', 0)
    assert out.read_text() == (drawn / 'nobody.png').read_text() == 'mine'
    assert headpose('image', folder, *outputs[0], *outputs[1], '--force')[0] == 0
    assert len(rows_of(out.read_text())) == 1
    assert cv2.imread(str(drawn / 'nobody.png')) is not None
