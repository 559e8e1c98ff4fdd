# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Videos of images, at whatever rate they come."""

import av
import cv2
import numpy as np
import pytest

from headpose_ros.media.video_file import VideoSource
from headpose_ros.media.video_writer import FRAGMENT, VideoWriter

COUNT = 12
IMAGE = np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize('is_told', [True, False])
@pytest.mark.parametrize('rate', [0.0123, 29.97, 30000 / 1001, 66.1234, 119.8765, 239.7654])
def test_a_video_has_the_rate_of_its_images(tmp_path, rate, is_told):
    recorder = VideoWriter(tmp_path / 'video.mp4', rate if is_told else None)
    for number in range(COUNT):
        recorder.add(IMAGE, 100.0 + number / rate)
    recorder.close()
    video = cv2.VideoCapture(str(recorder.path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == COUNT == recorder.images
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(rate, abs=0.006)


@pytest.mark.parametrize('seconds', [-1.0, 0.0, 1e-6, 3600.0])
def test_odd_stamps_are_no_obstacle(tmp_path, seconds):
    recorder = VideoWriter(tmp_path / 'video.mp4')
    for number in range(COUNT):
        recorder.add(IMAGE, seconds * number)
    recorder.close()
    assert cv2.VideoCapture(str(recorder.path)).get(cv2.CAP_PROP_FRAME_COUNT) == COUNT


@pytest.mark.parametrize('suffix', ['mp4', 'mkv', 'mov'])
def test_images_keep_their_times(tmp_path, suffix):
    times = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.45, 3.0, 3.5, 3.51, 3.6, 9.0, 9.1])
    recorder = VideoWriter(tmp_path / f'video.{suffix}')
    for time in times:
        recorder.add(IMAGE, 1_700_000_000.0 + time)
    recorder.close()
    seconds = [second for second, _ in VideoSource(recorder.path).timed_frames()]
    np.testing.assert_allclose(seconds, times, atol=1e-3)


@pytest.mark.parametrize('suffix', ['mp4', 'mkv', 'mov', 'avi'])
def test_a_file_that_was_never_finished_can_be_read(tmp_path, suffix):
    recorder = VideoWriter(tmp_path / f'video.{suffix}', rate=30.0)
    for number in range(5 * FRAGMENT):
        recorder.add(np.full_like(IMAGE, number), number / 30)
    images = [image for image in VideoSource(recorder.path).frames() if image is not None]
    assert len(images) >= 3 * FRAGMENT


def test_images_of_any_size_become_a_video(tmp_path):
    recorder = VideoWriter(tmp_path / 'video.mp4', rate=30.0)
    for size in ((47, 63), (48, 64), (10, 10)):
        recorder.add(np.full((*size, 3), 90, np.uint8), recorder.images / 30)
    recorder.close()
    video = VideoSource(recorder.path)
    images = list(video.frames())
    assert len(images) == 3 and video.size == (64, 48)  # colours come by two pixels
    assert all(abs(image.mean() - 90) < 3 for image in images)


@pytest.mark.parametrize('name', ['video.mp3', 'video.txt', 'missing/video.mp4'])
def test_what_cannot_be_written_is_told(tmp_path, name):
    recorder = VideoWriter(tmp_path / name)
    recorder.add(IMAGE, 0.0)
    with pytest.raises(OSError, match=name.rpartition('/')[2]):
        recorder.close()
    recorder.close()  # which has nothing more to say


def test_what_waits_is_written_though_the_file_is_interrupted_as_it_opens(tmp_path, monkeypatch):
    path, opened = tmp_path / 'video.mp4', av.open

    def interrupt(*arguments, **options):
        monkeypatch.setattr(av, 'open', opened)
        raise KeyboardInterrupt

    monkeypatch.setattr(av, 'open', interrupt)
    writer = VideoWriter(path)
    images = [(np.full((48, 64, 3), 10 * i, np.uint8), i / 10) for i in range(10)]
    for image, stamp in images[:-1]:
        writer.add(image, stamp)
    with pytest.raises(KeyboardInterrupt):
        writer.add(*images[-1])
    writer.close()
    assert len(list(VideoSource(path).frames())) == len(images)
