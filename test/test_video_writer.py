# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Videos of images, at whatever rate they come."""

import cv2
import numpy as np
import pytest

from headpose_ros.media.video_writer import VideoWriter

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
