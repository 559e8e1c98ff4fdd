# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Video files as phones, webcams and interrupted copies leave them."""

import os
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from files_made import rotate_video, timed_video, write_video

from headpose_ros.errors import SourceError
from headpose_ros.media.sources import open_source
from headpose_ros.media.video_file import VideoSource

COUNT = 40
RATE = 20.0  # Hz
STEADY = [i / RATE for i in range(COUNT)]


def marked(level=30):
    """A dark image, wider than high, with a bright upper left corner."""
    image = np.full((48, 96, 3), level, np.uint8)
    image[:16, :16] = 250
    return image


IMAGES = [marked(30 + i) for i in range(COUNT)]


def read(path):
    """The source, the seconds and the images of a file."""
    source = VideoSource(path)
    seconds, images = zip(*source.timed_frames(), strict=True)
    return source, np.array(seconds), images


@pytest.mark.parametrize(('degrees', 'size', 'corner'), [
    (0, (96, 48), (0, 0)), (90, (48, 96), (0, -1)), (180, (96, 48), (-1, -1)),
    (270, (48, 96), (-1, 0)),
])
def test_a_video_is_shown_as_its_container_says(tmp_path, degrees, size, corner):
    path = rotate_video(write_video(tmp_path / 'phone.mp4', IMAGES), degrees)
    source = open_source(str(path))  # as camera_node and the demo do
    assert source.size == size
    image = next(source.frames())
    assert image.shape == (*size[::-1], 3) and image.flags['C_CONTIGUOUS']
    assert image[corner].min() > 200 and image.mean() < 60


def test_pixels_that_are_not_square_are_stretched(tmp_path):
    with av.open(str(tmp_path / 'wide.mkv'), 'w') as container:
        stream = container.add_stream('mpeg4', rate=20)
        stream.width, stream.height, stream.pix_fmt = 96, 48, 'yuv420p'
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(marked(), 'bgr24')))
        container.mux(stream.encode())
    assert VideoSource(tmp_path / 'wide.mkv').size == (128, 48)


def test_infrared_of_10_bits_is_not_black(tmp_path):
    with av.open(str(tmp_path / 'infrared.mkv'), 'w') as container:
        stream = container.add_stream('ffv1', rate=20)
        stream.width, stream.height, stream.pix_fmt = 96, 48, 'gray16le'
        samples = np.tile(np.linspace(0, 1023, 96).astype(np.uint16), (48, 1))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(samples, 'gray16le')))
        container.mux(stream.encode())
    image = next(VideoSource(tmp_path / 'infrared.mkv').frames())
    assert image.max() > 250 and np.median(image) == pytest.approx(127, abs=3)


SLOWER = [i / RATE if i < 20 else 1.0 + (i - 20) / 5.0 for i in range(COUNT)]
GAP = [i / RATE + (7.0 if i >= 20 else 0.0) for i in range(COUNT)]
LATER = [5.0 + i / RATE for i in range(COUNT)]


@pytest.mark.parametrize(('name', 'codec'), [
    ('video.webm', 'libvpx'), ('video.mkv', 'mpeg4'), ('video.mp4', 'mpeg4'),
    ('video.mov', 'mjpeg'), ('video.ts', 'libx264'),
])
@pytest.mark.parametrize('times', [STEADY, SLOWER, GAP, LATER], ids=[
    'steady', 'slower', 'gap', 'later',
])
def test_a_whole_video_is_whole_at_whatever_times_its_images_are(tmp_path, name, codec, times):
    source, seconds, images = read(timed_video(tmp_path / name, IMAGES, times, codec))
    assert source.problem == '' and len(images) == COUNT
    assert all(image is not None for image in images)
    np.testing.assert_allclose(seconds, np.subtract(times, times[0]), atol=2e-3)
    assert source.is_counted == (name in ('video.mp4', 'video.mov'))
    if source.is_counted:
        assert source.count == COUNT


def test_a_wrong_header_does_not_make_a_whole_file_broken(tmp_path):
    path = write_video(tmp_path / 'webcam.avi', IMAGES, 'MJPG')
    content = bytearray(path.read_bytes())
    frames = content.index(b'strh') + 40  # of the stream, as promised
    assert int.from_bytes(content[frames:frames + 4], 'little') == COUNT
    content[frames:frames + 4] = (100 * COUNT).to_bytes(4, 'little')
    path.write_bytes(content)
    source, _, images = read(path)
    assert source.problem == '' and len(images) == COUNT and not source.is_counted


@pytest.mark.parametrize('name', ['video.webm', 'video.mkv', 'video.avi', 'video.mp4'])
@pytest.mark.parametrize('share', [0.4, 0.97])
def test_a_video_that_was_cut_short_is_told_and_read_up_to_there(tmp_path, name, share):
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 255, (COUNT, 48, 96, 3), np.uint8)
    if name == 'video.mp4':  # with its index first
        with av.open(str(path), 'w', options={'movflags': 'frag_keyframe+empty_moov'}) as written:
            stream = written.add_stream('mpeg4', rate=20)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = 96, 48, 'yuv420p', 5
            for image in noise:
                written.mux(stream.encode(av.VideoFrame.from_ndarray(image, 'bgr24')))
            written.mux(stream.encode())
    elif name == 'video.avi':
        write_video(path, noise, 'MJPG')
    else:
        timed_video(path, noise, STEADY, 'libvpx' if name == 'video.webm' else 'mpeg4')
    os.truncate(path, int(path.stat().st_size * share))
    source = VideoSource(path)
    assert 'is truncated' in source.problem  # before it is read to its end
    source, _, images = read(path)
    assert 'video' in source.problem and 'is truncated' in source.problem
    assert source.problem.endswith('copy it again')
    whole = sum(image is not None for image in images)
    assert 0.4 * share * COUNT < whole < COUNT


def test_a_recording_that_was_killed_is_read_and_no_more_is_said(tmp_path):
    """Of Matroska, where nobody came to write how long it is."""
    path = timed_video(tmp_path / 'killed.mkv', IMAGES, STEADY, 'mpeg4')
    content = bytearray(path.read_bytes())
    segment = content.index(bytes.fromhex('18538067')) + 4
    content[segment:segment + 8] = b'\x01' + b'\xff' * 7
    length = content.index(bytes.fromhex('4489'))  # of the duration
    content[length:length + 11] = b'\xec' + bytes([0x80 + 9]) + bytes(9)
    path.write_bytes(content)
    source, _, images = read(path)
    assert source.problem == '' and len(images) == COUNT and source.count == 0


def test_room_that_a_copy_did_not_fill_is_told(tmp_path):
    path = write_video(tmp_path / 'half.avi', IMAGES * 3, 'MJPG')
    content = bytearray(path.read_bytes())
    content[len(content) // 2:] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    source, _, images = read(path)
    assert 'is truncated' in source.problem and COUNT < len(images) < 3 * COUNT


def test_damage_in_the_middle_is_told(tmp_path):
    path = timed_video(tmp_path / 'damaged.mkv', IMAGES * 3, np.arange(3 * COUNT) / RATE, 'mpeg4')
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(content)
    source, _, images = read(path)
    assert 'damaged' in source.problem and COUNT < len(images) < 3 * COUNT


@pytest.mark.parametrize(('name', 'told'), [
    ('empty.mp4', 'is empty (0 bytes), not a video: copy or record it again'),
    ('unfinished.mp4', 'has no index (the moov box'),
    ('sound.mp4', 'contains no video, only audio; specify another file'),
    ('photo.mp4', 'is an HEIC photo, the default of iPhones, not a video: use headpose image'),
    ('document.mp4', 'is a PDF document, not a video: '),
    ('words.mp4', 'not a video that FFmpeg can read'),
    ('words.txt', 'not a video that FFmpeg can read'),
])
def test_what_is_no_video_is_told_with_what_to_do(tmp_path, name, told):
    path = tmp_path / name
    path.write_bytes({
        'empty.mp4': b'', 'photo.mp4': b'\0\0\0\x18ftypheic' + bytes(50),
        'document.mp4': b'%PDF-1.7',
    }.get(name, b'no video'))
    if name == 'unfinished.mp4':
        write_video(path, IMAGES)
        os.truncate(path, path.read_bytes().index(b'moov') - 4)
    if name == 'sound.mp4':
        with av.open(str(path), 'w') as container:
            stream = container.add_stream('aac', rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), 'fltp', 'mono')
            frame.rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    for _ in range(2):  # FFmpeg says a thing once
        with pytest.raises(SourceError) as refusal:
            VideoSource(path)
        assert f'{path}' in str(refusal.value) and told in str(refusal.value)


def test_a_file_that_may_not_be_read_is_told(tmp_path):
    path = write_video(tmp_path / 'secret.mp4', IMAGES)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip('runs as root, who may read everything')
    with pytest.raises(SourceError, match='Permission denied'):
        VideoSource(path)


@pytest.mark.parametrize('name', ['a:b.mp4', os.fsdecode(b'\xff.mp4'), 'ä 日.mp4', '-x.mp4'])
def test_any_name_will_do(tmp_path, name):
    write_video(tmp_path / 'plain.mp4', IMAGES).rename(tmp_path / name)
    assert len(list(VideoSource(tmp_path / name).frames())) == COUNT


@pytest.mark.slow
def test_ffmpeg_is_loaded_for_videos_only():
    modules = 'headpose_ros.estimator, headpose_ros.overlay, headpose_ros.media.sources'
    code = f'import sys, {modules}; sys.exit("av" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
