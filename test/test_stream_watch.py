"""What a watched stream tells, on times written by hand."""

import pytest

from headpose_ros.ros.stream_watch import LOAD_WINDOW, SILENCE, StreamWatch


def feed(watch, images, work, numbers=None):
    """Images at an even pace over a window, each worked on for so many seconds."""
    for i in range(images):
        start = i * LOAD_WINDOW / images
        watch.worked(start, start + work, numbers[i] if numbers else None)
    return watch.load(LOAD_WINDOW)


def test_silence_counts_from_the_start_and_from_the_last_image():
    watch = StreamWatch(0.0)
    assert watch.silence(SILENCE - 0.1) is None
    assert watch.silence(SILENCE) == SILENCE
    watch.worked(10.0, 10.1, None)
    assert watch.silence(12.0) is None
    assert watch.silence(16.1) == pytest.approx(6.0)


def test_all_images_seen():
    load = feed(StreamWatch(0.0), 150, 0.01, list(range(150)))
    assert (load.rate, load.missed) == (30.0, 0.0)
    assert load.busy == pytest.approx(0.3)
    assert not load.too_high


def test_every_second_image_missed_because_of_the_work():
    load = feed(StreamWatch(0.0), 50, 0.09, list(range(0, 100, 2)))
    assert load.missed == pytest.approx(0.5, abs=0.01)
    assert load.too_high and not load.lost_on_the_way


def test_images_missed_although_there_was_time():
    load = feed(StreamWatch(0.0), 50, 0.01, list(range(0, 150, 3)))
    assert load.too_high and load.lost_on_the_way


def test_without_numbers_the_work_tells():
    assert feed(StreamWatch(0.0), 50, 0.099).too_high
    assert not feed(StreamWatch(0.0), 50, 0.05).too_high


def test_a_camera_that_starts_again_misses_nothing():
    load = feed(StreamWatch(0.0), 100, 0.01, [*range(1000, 1050), *range(50)])
    assert load.missed == 0.0


def test_one_answer_a_window_and_none_without_images():
    watch = StreamWatch(0.0)
    assert watch.load(LOAD_WINDOW) is None
    assert feed(StreamWatch(0.0), 10, 0.01) is not None
    watch.worked(6.0, 6.1, None)
    assert watch.load(LOAD_WINDOW + 1.0) is None
    assert watch.load(2 * LOAD_WINDOW) is not None
    assert watch.load(2 * LOAD_WINDOW) is None
