# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images that are too dark, too bright or too flat to show a face are told, and no others."""

import cv2
import numpy as np
import pytest
from files_made import HeadPose

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.images.exposure import exposure_problem


@pytest.mark.parametrize('low, high, told', [
    (0, 8, 'image too dark to show a face (pixel values 0 to '),
    (0, 0, 'image too dark'),
    (247, 255, 'image too bright'),
    (255, 255, 'image too bright'),
    (120, 128, 'image contrast too low'),
    (0, 32, ''),
    (0, 255, ''),
    (223, 255, ''),
])
def test_what_the_picture_is(photo, low, high, told):
    image = (low + photo * ((high - low) / 255)).round().astype(np.uint8)
    problem = exposure_problem(image)
    assert problem.startswith(told) and bool(problem) == bool(told)


@pytest.mark.parametrize('low', [0, 120, 220])
def test_either_it_is_told_or_the_face_is_found(face_mesh, photo, low):
    with HeadPoseEstimator() as estimator:
        for contrast in range(0, 36, 4):
            image = (low + photo * (contrast / 255)).round().astype(np.uint8)
            assert exposure_problem(image) or estimator.estimate(image), contrast


def test_noise_in_the_dark_is_dark():
    noise = np.random.default_rng(0).poisson(2.0, (480, 640, 3)).astype(np.uint8)
    assert 'too dark' in exposure_problem(noise)


def test_files_that_can_show_no_face_are_told(face_mesh, capfd, tmp_path, photo):
    for name, image in (('a', photo), ('b', photo // 64), ('c', photo // 128)):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    code, _, error = HeadPose(capfd)('image', tmp_path)
    assert code == 0 and '1 face, 2 without a face, 0 unreadable' in error
    assert 'frame 1: image too dark to show a face' in error and '(2 such frames)' in error
