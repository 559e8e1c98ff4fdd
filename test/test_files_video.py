# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``headpose video``, ``headpose info``, and how the process behaves in a shell."""

import csv
import fcntl
import os
import pty
import resource
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from functools import partial

import cv2
import numpy as np
import pytest
from files_made import (
    RATE,
    angles,
    image_bag,
    moving_head,
    rotate_video,
    rows_of,
    timed_video,
    write_video,
)

from headpose_ros.files.rows import COLUMNS
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.media.video_file import VideoSource
from headpose_ros.media.video_writer import FRAGMENT
from headpose_ros.regression.model_file import find_model

pytestmark = pytest.mark.usefixtures('face_mesh')

COUNT = 40
LIMIT = 60.0  # seconds


@pytest.fixture(scope='module')
def images():
    return moving_head(RenderedHead(320, 240, focal_length=240), COUNT)


@pytest.fixture(scope='module')
def video(tmp_path_factory, images):
    """Half of it shows somebody, the end nobody."""
    grey = [np.full_like(images[0], 128)] * (COUNT // 2)
    return write_video(tmp_path_factory.mktemp('video') / 'head.mp4', images[:COUNT // 2] + grey)


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, '-m', 'headpose_ros', *map(str, arguments)], text=True, **options
    )


def test_frames_have_the_times_of_the_video(headpose, video, tmp_path):
    drawn = tmp_path / 'drawn.mp4'
    code, out, error = headpose('video', video, '--out', '-', '--annotated', drawn)
    assert code == 0
    rows = rows_of(out)
    numbers = np.array([int(row['frame']) for row in rows])
    assert len(rows) > 0.4 * COUNT and numbers.max() < 0.6 * COUNT
    np.testing.assert_allclose([float(row['stamp']) for row in rows], numbers / RATE, atol=2e-3)
    assert {row['source'] for row in rows} == {str(video)}
    assert f'{COUNT} frames: {len(rows)} faces, {COUNT - len(rows)} without a face' in error
    written = cv2.VideoCapture(str(drawn))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT
    assert written.get(cv2.CAP_PROP_FPS) == pytest.approx(RATE, rel=0.01)


def test_a_damaged_video_is_read_past_the_damage(headpose, images, tmp_path):
    path = write_video(tmp_path / 'head.mp4', images)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 2000] = np.random.default_rng(0).bytes(2000)
    path.write_bytes(content)
    code, out, error = headpose('video', path)
    assert code == 0 and 'cannot be decoded (damaged file)' in error
    numbers = [int(row['frame']) for row in rows_of(out)]
    assert numbers[-1] == COUNT - 1 and COUNT // 2 < len(numbers) < COUNT


@pytest.mark.parametrize('degrees', [90, 180, 270])
def test_a_phone_video_gives_the_poses_of_an_upright_one(headpose, images, tmp_path, degrees):
    upright = write_video(tmp_path / 'upright.mp4', images[:12])
    turned = [np.ascontiguousarray(np.rot90(image, degrees // 90)) for image in images[:12]]
    phone = rotate_video(write_video(tmp_path / 'phone.mp4', turned), degrees)
    rows = [headpose.rows('video', path, '--smoothing', 0) for path in (upright, phone)]
    assert len(rows[0]) == len(rows[1]) == 12
    np.testing.assert_allclose(angles(rows[0]), angles(rows[1]), atol=4.0)
    assert '320 x 240 pixels' in headpose('info', phone)[1]


def test_a_video_of_changing_rate_is_whole(headpose, images, tmp_path):
    times = [i / 30 if i < 10 else i / 10 for i in range(20)]
    path = timed_video(tmp_path / 'lowlight.webm', images[:20], times)
    code, out, error = headpose('video', path)
    assert code == 0 and error.startswith('20 frames: ') and 'cut' not in error
    stamps = {int(row['frame']): float(row['stamp']) for row in rows_of(out)}
    assert stamps[19] == pytest.approx(times[19], abs=2e-3)
    assert 'duration  about ' in headpose('info', path)[1]


@pytest.mark.parametrize('name, frames', [('lowlight.webm', 80), ('odd.avi', 23)])
def test_whole_files_are_not_called_broken(headpose, cases, name, frames):
    code, _, error = headpose('video', cases / name)
    assert code == 0 and error.startswith(f'{frames} frames: {frames} faces')
    assert 'cut' not in error and 'damaged' not in error
    assert 'duration  about ' in headpose('info', cases / name)[1]


@pytest.mark.parametrize('name', ['plain.mp4', 'rot90.mp4'])
def test_a_video_of_a_phone_held_upright(headpose, cases, name):
    rows = headpose.rows('video', cases / name, '--smoothing', 0)
    shown = angles([row for row in rows if row['frame'] in ('0', '10', '22')])
    np.testing.assert_allclose(shown, [(0, -13, -50), (-2, -10, 18), (0, -13, -26)], atol=6.0)
    told = headpose('info', cases / name)[1]
    assert '480 x 270 pixels' in told and 'duration  23 frames, 2.30 s' in told


@pytest.mark.parametrize('name, told', [
    ('nomoov.mp4', 'has no index (the moov box'), ('audio.mp4', 'contains no video, only audio'),
    ('zero.mp4', 'is empty (0 bytes)'), ('photo.heic', 'HEIC photo'),
])
def test_what_is_no_video_is_told_by_info_too(headpose, cases, name, told):
    assert told in headpose.refusal('info', cases / name)


def test_a_video_that_was_cut_short_is_told_after_what_there_is(headpose, images, tmp_path):
    path = write_video(tmp_path / 'head.avi', images, 'MJPG')
    os.truncate(path, path.stat().st_size // 2)
    out = tmp_path / 'rows.csv'
    sentence = headpose.refusal('video', path, '--out', out)
    assert 'head.avi is truncated: ' in sentence and 'copy it again' in sentence
    assert COUNT // 3 < len(rows_of(out.read_text())) < COUNT


@pytest.mark.parametrize('name, told', [
    ('nowhere.mp4', 'no such source'),
    ('text.mp4', 'not a video that FFmpeg can read'),
    ('.', 'for images use headpose image'),
    ('photo.png', 'for images use headpose image'),
])
def test_what_is_no_video_is_one_sentence(headpose, tmp_path, images, name, told):
    (tmp_path / 'text.mp4').write_text('no video')
    cv2.imwrite(str(tmp_path / 'photo.png'), images[0])
    out = tmp_path / 'rows.csv'
    code, _, error = headpose('video', tmp_path / name, '--out', out)
    assert code == 1 and error.startswith('error: ') and told in error
    assert error.count('\n') == 1 and not out.exists()  # nor a word of FFmpeg


def test_outputs_are_refused_before_anything_begins(headpose, video, tmp_path):
    for arguments, told in (
        (('--annotated', tmp_path / 'drawn.gif'), 'unknown suffix, expected .mp4'),
        (('--annotated', video, '--force'), 'never overwritten'),
        (('--out', video, '--format', 'csv', '--force'), 'never overwritten'),
        (('--out', tmp_path / 'rows.csv', '--annotated', tmp_path), 'unknown suffix, expected'),
        (('--smoothing', -1), 'smoothing_min_cutoff is -1.0'),
    ):
        assert told in headpose.refusal('video', video, *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_standard_output_has_rows_only_and_its_end_is_no_error(video, tmp_path):
    result = start('video', video, '--format', 'jsonl', stdout=-1, stderr=-1).communicate()
    assert all(line.startswith('{"source": ') for line in result[0].splitlines())
    assert result[1].count('\n') == 2  # the counts, and that half of the frames are flat
    process = start('video', 'sample', stdout=-1, stderr=-1)
    assert process.stdout.readline().startswith('source,frame,stamp')
    process.stdout.close()
    assert process.wait(LIMIT) == 128 + signal.SIGPIPE
    assert process.stderr.read() == ''


@pytest.mark.slow
@pytest.mark.parametrize('number, code', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_written_until_it_is_stopped_is_whole(tmp_path, number, code):
    rows, drawn = tmp_path / 'rows.csv', tmp_path / 'drawn.mp4'
    process = start('video', 'sample', '--out', rows, '--annotated', drawn, stderr=-1)
    end = time.monotonic() + LIMIT
    while not rows.exists() or rows.read_text().count('\n') < 20:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(number)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == code and 'Traceback' not in error and ' faces, ' in error
    with rows.open() as file:
        lines = list(csv.reader(file))
    assert len({len(line) for line in lines}) == 1
    written = cv2.VideoCapture(str(drawn))
    # The last row may be of a frame that was about to be drawn.
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) >= len(lines) - 2 and written.read()[0]


@pytest.mark.slow
@pytest.mark.parametrize('command', ['image', 'bag'])
def test_of_images_and_bags_too(tmp_path, images, command):
    rows, drawn = tmp_path / 'rows.csv', tmp_path / 'drawn'
    source = tmp_path / 'source'
    if command == 'bag':
        image_bag(source, images * 6)
        drawn = drawn.with_suffix('.mp4')
    else:
        source.mkdir()
        for i in range(200):
            cv2.imwrite(str(source / f'{i:03}.png'), images[i % COUNT])
    process = start(command, source, '--out', rows, '--annotated', drawn, stderr=-1)
    end = time.monotonic() + LIMIT
    while not rows.exists() or rows.read_text().count('\n') < 10:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 130 and 'Traceback' not in error
    lines = rows.read_text().splitlines()
    assert {len(line) for line in csv.reader(lines)} == {len(COLUMNS)}
    if command == 'bag':
        assert len(list(VideoSource(drawn).frames())) >= len(lines) - 2
    else:
        assert all(cv2.imread(str(path)) is not None for path in drawn.iterdir())
        assert len(lines) - 2 <= len(list(drawn.iterdir())) < 200


@pytest.mark.slow
@pytest.mark.parametrize('suffix', ['mp4', 'mkv', 'avi'])
def test_a_full_disk_leaves_a_video_that_can_be_played(tmp_path, suffix):
    rows, drawn = tmp_path / 'rows.csv', tmp_path / f'drawn.{suffix}'
    limit = 150_000  # bytes of a file, as of a disk that is nearly full
    process = start(
        'video', 'sample', '--out', rows, '--annotated', drawn, stderr=-1,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert error.splitlines()[-1] == f'error: {drawn}: File too large'
    assert 'Traceback' not in error and error.count('error: ') == 1
    lines = rows.read_text().splitlines()
    images = [image for image in VideoSource(drawn).frames() if image is not None]
    # What was not yet written of H.264 is a fragment at the most.
    assert len(lines) - FRAGMENT - 5 < len(images) and len(images) > 10
    assert images[0].shape == (480, 640, 3)


@pytest.mark.slow
def test_a_full_disk_leaves_whole_rows(tmp_path):
    rows = tmp_path / 'rows.csv'
    process = start(
        'video', 'sample', '--out', rows, stderr=-1,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert error.splitlines()[-1] == f'error: {rows}: File too large'
    with rows.open() as file:
        assert {len(line) for line in csv.reader(file)} == {len(COLUMNS)}
    assert 500 < rows.stat().st_size <= 1000 and rows.read_text().endswith('\n')


@pytest.mark.slow
def test_a_terminal_shows_a_bar_with_the_rate(video, tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    process = start('video', video, '--out', tmp_path / 'rows.csv', stderr=theirs, stdout=-3)
    os.close(theirs)
    told = []

    def read():
        try:
            while data := os.read(ours, 4096):
                told.append(data)
        except OSError:  # so ends a terminal
            pass

    reader = threading.Thread(target=read)
    reader.start()
    assert process.wait(LIMIT) == 0
    reader.join(LIMIT)
    os.close(ours)
    text = b''.join(told).decode()
    assert f'{COUNT}/{COUNT}' in text and ' frames/s]' in text


@pytest.mark.slow
def test_without_the_extra_only_bags_cannot_be_read(video, tmp_path):
    bag = tmp_path / 'bag.mcap'
    bag.write_bytes(b'')
    code = (
        'import sys; sys.modules.update(dict.fromkeys(("rosbags", "mcap"))); '
        'from headpose_ros.cli.main import main; sys.exit(main(sys.argv[1:]))'
    )
    for arguments, exit_code, told in (
        (('video', video), 0, f'{COUNT} frames: '),
        (('bag', bag), 1, "install them: pip install 'rosbags"),
    ):
        result = subprocess.run(
            [sys.executable, '-c', code, *map(str, arguments)], text=True, capture_output=True
        )
        assert result.returncode == exit_code and told in result.stderr
        assert result.stderr.count('\n') == 1 + (exit_code == 0)  # half of the frames are flat


def test_info_says_what_a_file_is_and_what_is_installed(headpose, video, images, tmp_path):
    photo = tmp_path / 'photo.png'
    cv2.imwrite(str(photo), images[0])
    for arguments, words in (
        ((video,), ('320 x 240 pixels', '30 Hz', f'{COUNT} frames, {COUNT / RATE:.2f} s')),
        ((photo,), ('320 x 240 pixels',)),
        ((find_model('face_mesh'),), ('face_mesh', 'AFLW2000-3D', 'geodesic', 'scikit-learn')),
        ((), ('headpose_ros', 'mediapipe', 'numpy', 'detector face_mesh', 'available', 'bundle')),
    ):
        code, out, _ = headpose('info', *arguments)
        assert code == 0 and all(word in out for word in words), out
    assert 'no such file' in headpose.refusal('info', tmp_path / 'nowhere')
    (tmp_path / 'any.txt').write_text('x')
    headpose.refusal('info', tmp_path / 'any.txt')
    (tmp_path / 'broken.npz').write_text('x')
    assert 'not a model file' in headpose.refusal('info', tmp_path / 'broken.npz')
    (tmp_path / 'broken.joblib').write_text('x')
    assert 'cannot be loaded by joblib' in headpose.refusal('info', tmp_path / 'broken.joblib')
