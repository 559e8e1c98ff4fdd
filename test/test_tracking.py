"""People keep their numbers, and still heads hold still."""

import numpy as np
import pytest

from headpose_ros.head_pose import HeadPose
from headpose_ros.rotation import geodesic_angle, rotation_from_rpy
from headpose_ros.tracking import MAX_GAP, FaceTracker

PERIOD = 1 / 30  # seconds between images
FACE = np.random.default_rng(0).uniform(0, 100, (468, 3))


def head(x=0.0, rpy=(0.0, 0.0, 0.0), std=(0.1, 0.2, 0.3)):
    return HeadPose(rotation_from_rpy(np.array(rpy)), FACE + [x, 0, 0], np.array(std))


@pytest.fixture
def tracker():
    return FaceTracker(min_cutoff=1.0, beta=5.0)


def numbers(heads):
    return [h.track_id for h in heads]


def test_numbers_follow_people_not_order(tracker):
    assert numbers(tracker.update([head(0), head(300)], 0.0)) == [1, 2]
    assert numbers(tracker.update([head(310), head(8)], PERIOD)) == [2, 1]
    assert numbers(tracker.update([head(20), head(320), head(600)], 2 * PERIOD)) == [1, 2, 3]


def test_each_head_keeps_its_own_standard_deviations(tracker):
    sure, unsure = (0.01, 0.02, 0.03), (0.4, 0.5, 0.6)
    tracker.update([head(0, std=sure), head(300, std=unsure)], 0.0)
    # Turned, so that smoothing has something to do, and in the other order.
    tracked = tracker.update(
        [head(310, (0, 0, 0.5), std=sure), head(8, (0, 0, 0.5), std=unsure)], PERIOD
    )
    assert numbers(tracked) == [2, 1]
    for followed, std in zip(tracked, (sure, unsure), strict=True):
        assert 0 < followed.rpy[2] < 0.5
        np.testing.assert_array_equal(followed.std, std)


def test_nobody_is_no_trouble(tracker):
    assert tracker.update([], 0.0) == []
    assert numbers(tracker.update([head()], PERIOD)) == [1]
    assert tracker.update([], 2 * PERIOD) == []


def test_a_short_miss_keeps_the_number_a_long_one_does_not(tracker):
    tracker.update([head()], 0.0)
    assert numbers(tracker.update([head()], 0.9 * MAX_GAP)) == [1]
    assert numbers(tracker.update([head()], 2.5 * MAX_GAP)) == [2]


@pytest.mark.parametrize('stamp', [10.0, 9.0, 0.0], ids=['stands', 'back', 'zero'])
def test_a_stamp_that_does_not_rise_starts_anew(tracker, stamp):
    tracker.update([head(rpy=(0, 0, 0.5))], 10.0)
    (restarted,) = tracker.update([head(rpy=(0, 0, -0.5))], stamp)
    assert restarted.track_id == 2
    np.testing.assert_allclose(restarted.rpy, [0, 0, -0.5], atol=1e-9)


def test_still_heads_jitter_less():
    rng = np.random.default_rng(1)
    noisy = rng.normal(0, np.radians(1.0), (300, 3))
    tracker = FaceTracker(min_cutoff=1.0, beta=5.0)
    smoothed = [
        tracker.update([head(rpy=rpy)], i * PERIOD)[0].rpy for i, rpy in enumerate(noisy)
    ]
    assert np.std(smoothed[30:], axis=0).max() < 0.5 * np.std(noisy[30:], axis=0).min()


def test_a_turning_head_is_followed_closely():
    speed = np.radians(60.0)  # per second
    tracker = FaceTracker(min_cutoff=1.0, beta=5.0)
    for i in range(30):
        true = head(rpy=(0, 0, i * PERIOD * speed - 0.5))
        (followed,) = tracker.update([true], i * PERIOD)
    lag = geodesic_angle(true.rotation, followed.rotation) / speed
    assert lag < 0.040


def test_smoothing_can_be_off():
    tracker = FaceTracker(min_cutoff=0.0, beta=0.0)
    tracker.update([head()], 0.0)
    (followed,) = tracker.update([head(rpy=(0.4, 0.1, -0.2))], PERIOD)
    np.testing.assert_allclose(followed.rpy, [0.4, 0.1, -0.2], atol=1e-9)
    assert followed.track_id == 1
