# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's import, and its networks that start anew after they failed."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from headpose_ros.detection.mediapipe_common import Restarting
from headpose_ros.detection.region import Region

IMAGE = np.zeros((48, 64, 3), np.uint8)
REGION = Region(32.0, 24.0, 40.0)


class Landmarks:
    """A landmark network that fails for good once it fails, as a graph of MediaPipe does."""

    def __init__(self, made):
        self.number, self.seen, self.failed, self.closed = len(made), [], False, False
        made.append(self)

    def fit(self, bgr, region):
        self.seen.append((bgr, region))
        self.failed = self.failed or bgr.ndim != 3
        if self.failed:
            raise ValueError('the graph has failed')
        return self.number

    def close(self):
        self.closed = True
        if self.failed:
            raise RuntimeError('the graph has failed')


class Faces:
    """A detector of faces."""

    def __init__(self, made):
        self.seen, self.closed = [], False
        made.append(self)

    def find(self, rgb):
        self.seen.append(rgb)
        return ['a face']

    def close(self):
        self.closed = True


@pytest.fixture
def made():
    return []


def test_after_a_failure_it_starts_anew(made):
    network = Restarting(lambda: Landmarks(made))
    assert network.fit(IMAGE, REGION) == 0
    with pytest.raises(ValueError, match='has failed'):
        network.fit(IMAGE[:, :, 0], REGION)
    assert network.fit(IMAGE, REGION) == 1
    assert [each.closed for each in made] == [True, False]


def test_networks_are_loaded_at_the_start(made):
    Restarting(lambda: Landmarks(made))
    Restarting(lambda: Faces(made))
    for network in made:
        assert len(network.seen) == 1
    ((bgr, region),), (rgb,) = made[0].seen, made[1].seen
    assert not bgr.any() and not rgb.any()  # nobody is there
    assert region.side > 0.0


def test_a_detector_of_faces_is_used_in_the_same_way(made):
    detector = Restarting(lambda: Faces(made))
    assert detector.find(IMAGE) == ['a face']
    detector.close()
    with pytest.raises(RuntimeError, match='is closed; create a new one'):
        detector.find(IMAGE)


def test_closed_means_closed(made):
    network = Restarting(lambda: Landmarks(made))
    network.close()
    network.close()
    assert made[0].closed
    with pytest.raises(RuntimeError, match='is closed; create a new one'):
        network.fit(IMAGE, REGION)
    assert len(made) == 1


def test_who_forgets_to_close_leaves_nothing_open(made):
    network = Restarting(lambda: Landmarks(made))
    del network
    gc.collect()
    assert made[0].closed


def test_a_start_that_failed_is_tried_again(made):
    short = [False]

    def create():
        if short[0]:
            raise OSError('no more files')
        return Landmarks(made)

    network = Restarting(create)
    with pytest.raises(ValueError, match='has failed'):
        network.fit(IMAGE[:, :, 0], REGION)
    short[0] = True
    with pytest.raises(OSError, match='no more files'):
        network.fit(IMAGE, REGION)
    short[0] = False
    assert network.fit(IMAGE, REGION) == 1


@pytest.mark.slow
def test_mediapipe_comes_without_matplotlib_and_can_still_plot():
    code = '''
import sys
from headpose_ros.detection.mediapipe_common import import_mediapipe
mediapipe = import_mediapipe()
assert 'matplotlib' not in sys.modules
if hasattr(mediapipe, 'solutions'):
    from mediapipe.python.solutions import drawing_utils
    assert callable(drawing_utils.plt.figure)
import matplotlib.pyplot
assert callable(matplotlib.pyplot.figure)
'''
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
