# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How the faces of a video are followed, and how often others are looked for."""

from contextlib import closing

import cv2
import numpy as np
import pytest
from far_away import distance, from_afar, is_there

from headpose_ros.detection.base import Searcher
from headpose_ros.detection.face_mesh import (
    FULL_RANGE,
    SHORT_RANGE,
    face_mesh_network,
    solutions_detector,
)
from headpose_ros.detection.following import FollowingDetector
from headpose_ros.rotation import rotation_from_rpy

pytestmark = pytest.mark.usefixtures('face_mesh')

RATE = 30.0  # Hz, of the videos here


def searchers(wrap=lambda detector: detector):
    """The two of the default, each detector wrapped."""
    near, far = solutions_detector(SHORT_RANGE, 0.5), solutions_detector(FULL_RANGE, 0.3)
    return Searcher(wrap(near), 192, 216), Searcher(wrap(far), 192, 432)


def lit(image, i):
    """The image in a light that changes with each frame: all of it is worth a look again."""
    return cv2.add(image, (*3 * [37.0 * i % 64.0], 0.0))


class Counting:
    """A detector that counts the images it saw."""

    def __init__(self, detector):
        self.detector, self.images, self.closed = detector, 0, False

    def find(self, rgb):
        self.images += 1
        return self.detector.find(rgb)

    def close(self):
        self.closed = True
        self.detector.close()


@pytest.fixture
def counted():
    """Makes a detector for a video, and the network that each of its looks shows an image to."""
    made = []

    def make(max_faces=5, search_rate=10.0):
        near, far = searchers(Counting)
        network = face_mesh_network(0.5)
        made.append(FollowingDetector((near, far), network, max_faces, search_rate, 0.5))
        return made[-1], near.detector, far.detector

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize('rate', [30.0, 60.0, 100.0])
def test_looks_a_second_are_rationed_by_the_stamps(counted, rendered_head, rate):
    detector, _, far = counted(max_faces=2, search_rate=6.0)
    frame = rendered_head.render(np.eye(3))
    nobody = np.zeros_like(frame)
    stamps = np.arange(0.0, 100.0, 1.0 / rate)
    # Nobody is there: five times as many.
    for i, seconds in enumerate(stamps[: round(rate)]):
        assert detector.detect(lit(nobody, i), seconds) == []
    assert far.images == pytest.approx(30, abs=2)
    while not detector.detect(frame, seconds := seconds + 1.0 / rate):
        pass
    before = far.images
    for i in range(round(2 * rate)):
        assert len(detector.detect(lit(frame, i), seconds + (i + 1) / rate)) == 1
    assert far.images - before == pytest.approx(12, abs=2)


def test_where_nothing_changes_looks_are_few(counted, rendered_head):
    """A head that moves before a wall, through a camera that is noisy."""
    detector, _, far = counted(search_rate=6.0)
    noise = np.random.default_rng(0)

    def look_on(start, stop):
        before = far.images
        for i in range(round(start * RATE), round(stop * RATE)):
            yaw = 20.0 * np.sin(i / RATE)
            image = rendered_head.render(rotation_from_rpy(np.radians([0, 0, yaw])))
            grain = noise.normal(0.0, 5.0, image.shape)
            image = np.clip(image + grain, 0.0, 255.0).astype(np.uint8)
            assert len(detector.detect(image, i / RATE)) == 1
        return far.images - before

    assert look_on(0.0, 2.0) >= 4  # all parts are seen once
    assert look_on(2.0, 10.0) <= 4
    # Nothing is overlooked for ever: each part comes at the latest after ten seconds.
    assert look_on(10.0, 14.0) >= 4


def test_somebody_who_comes_in_is_looked_at_soon(counted, rendered_head):
    detector, _, _ = counted()
    near, _ = from_afar(rendered_head, 150, (1920, 1080), (0.2, 0.5))
    far, landmarks = from_afar(rendered_head, 30, (1920, 1080), (0.8, 0.4))
    both = np.hstack([near[:, :960], far[:, 960:]])
    for i in range(150):
        assert len(detector.detect(near, i / RATE)) == 1
    for i in range(150, 170):
        faces = detector.detect(both, i / RATE)
    assert len(faces) == 2 and is_there(faces[1], landmarks)


def test_where_somebody_was_lost_is_looked_at_again(counted, rendered_head):
    detector, _, far = counted(search_rate=6.0)
    image = rendered_head.render(np.eye(3))
    for i in range(60):
        assert len(detector.detect(image, i / RATE)) == 1
    before = far.images
    black = np.zeros_like(image)
    frames = [image if i % 10 else black for i in range(60, 120)]
    found = [len(detector.detect(frame, i / RATE)) for i, frame in enumerate(frames, 60)]
    assert np.mean(found) > 0.7
    assert far.images > before


def test_at_most_one_look_a_frame(counted):
    detector, _, far = counted()
    nobody = np.zeros((480, 640, 3), np.uint8)
    for i in range(20):  # a slow camera, and then one that was away
        detector.detect(lit(nobody, i), i / 5.0)
    assert far.images == 20
    detector.detect(lit(nobody, i + 1), 1000.0)
    assert far.images == 21


def test_after_a_pause_looks_are_not_made_up_for(counted, rendered_head):
    detector, _, far = counted(max_faces=2, search_rate=1.0)
    frame = rendered_head.render(np.eye(3))
    for i in range(30):
        detector.detect(lit(frame, i), i / RATE)
    before = far.images
    for i in range(30):
        detector.detect(lit(frame, i), 1000.0 + i / RATE)
    assert 1 <= far.images - before <= 2


@pytest.mark.parametrize('stamp', [0.0, 1e9])
def test_while_stamps_stand_still_a_frame_is_a_thirtieth_of_a_second(
    counted, rendered_head, stamp
):
    detector, _, far = counted(max_faces=2)
    frame = rendered_head.render(np.eye(3))
    for i in range(61):
        assert len(detector.detect(lit(frame, i), stamp)) == 1
    assert far.images == pytest.approx(21, abs=2)


class Rejecting:
    """A landmark network that sees nobody for a while."""

    def __init__(self, network):
        self.network, self.rejects, self.fits = network, True, 0

    def fit(self, bgr, region):
        self.fits += 1
        return None if self.rejects else self.network.fit(bgr, region)

    def close(self):
        self.network.close()


@pytest.mark.parametrize('period', [1 / 30, 0.0, -1 / 30], ids=['grow', 'stand still', 'go back'])
def test_what_was_no_face_is_looked_at_again_after_a_while(rendered_head, period):
    network = Rejecting(face_mesh_network(0.5))
    with closing(FollowingDetector(searchers(), network, 1, 10.0, 0.5)) as detector:
        image = rendered_head.render(np.eye(3))
        assert detector.detect(image, 0.0) == []
        before = network.fits
        assert detector.detect(image, period) == []
        assert network.fits == before > 0
        network.rejects = False
        found = [len(detector.detect(image, i * period)) for i in range(2, 20)]
    assert found[0] == 0 and found[-1] == 1


def test_what_is_never_a_face_is_looked_at_ever_less_often(rendered_head):
    network = Rejecting(face_mesh_network(0.5))
    image = rendered_head.render(np.eye(3))
    seconds = []
    with closing(FollowingDetector(searchers(), network, 1, 10.0, 0.5)) as detector:
        for i in range(round(8.0 * RATE)):
            before = network.fits
            assert detector.detect(image, i / RATE) == []
            seconds += [i / RATE] * (network.fits > before)
    first, *_, last = np.diff(seconds)
    assert 0.3 <= first < 0.6 and 1.1 < last < 2.6


def test_while_as_many_as_wanted_are_followed_nobody_is_looked_for(counted, rendered_head):
    detector, near, far = counted(max_faces=1)
    for i in range(60):
        degrees = 0.5 * i
        image = rendered_head.render(rotation_from_rpy(np.radians([0, 0, degrees])))
        assert len(detector.detect(image, i / RATE)) == 1
        if i == 0:
            before = near.images, far.images
    assert (near.images, far.images) == before


def test_a_rate_of_0_looks_at_the_first_frame_only(counted, rendered_head):
    detector, _, far = counted(search_rate=0.0)
    image = rendered_head.render(np.eye(3))
    for i in range(30):
        assert len(detector.detect(image, i / RATE)) == 1
    assert far.images == 1


def test_a_small_moving_face_is_followed(counted, rendered_head):
    detector, _, far = counted(max_faces=1)
    found = []
    for frame in range(60):
        centre = (0.3 + 0.004 * frame, 0.4 + 0.002 * frame)
        image, landmarks = from_afar(rendered_head, 60, (1280, 720), centre)
        before = far.images
        faces = detector.detect(image, frame / RATE)
        assert far.images == before + (not any(found))
        found.append(len(faces))
        for face in faces:
            assert distance(face, landmarks) < 4.0
    first = found.index(1)
    assert first < 15
    assert found[first:] == [1] * (60 - first)
    # It comes so near that it fills the image, and goes far away again.
    before = far.images
    for step, pixels in enumerate([*range(60, 400, 10), *range(400, 20, -10)]):
        image, landmarks = from_afar(rendered_head, pixels, (1280, 720), (0.54, 0.52))
        (face,) = detector.detect(image, 2.0 + step / RATE)
        assert distance(face, landmarks) < 1.0 + 0.05 * pixels
    assert far.images == before


def test_a_face_that_jumps_is_looked_for_near_where_it_was(counted, rendered_head):
    detector, _, far = counted(max_faces=1)
    for i in range(10):
        image, landmarks = from_afar(rendered_head, 80, (640, 480), (0.5 + 0.03 * (i % 2), 0.5))
        (face,) = detector.detect(image, i / RATE)
        assert is_there(face, landmarks)
    assert far.images == 1


def test_all_networks_are_closed(counted):
    detector, near, far = counted()
    detector.detect(np.zeros((48, 64, 3), np.uint8))
    detector.close()
    assert near.closed and far.closed
    with pytest.raises(RuntimeError, match='is closed'):
        detector.detect(np.zeros((48, 64, 3), np.uint8), 1.0)
