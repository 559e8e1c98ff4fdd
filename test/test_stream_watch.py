# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a watched stream tells, on times written by hand."""

import pytest

from headpose_ros.ros.input.stream_watch import (
    FAILING,
    SILENCE,
    WINDOW,
    StreamWatch,
    machine_load,
)


def feed(watch, images, work, numbers=None, begin=0.0, machine=0.0):
    """Images at an even pace over a window, each worked on for so many seconds; the load."""
    for i in range(images):
        start = begin + i * WINDOW / images
        watch.on_received(start, numbers[i] if numbers else None, start)
        watch.on_processed(start + work, 2 * work)
    return watch.load(begin + WINDOW, machine)


def test_silence_counts_from_the_start_and_from_the_last_image():
    watch = StreamWatch(0.0)
    assert watch.silence(SILENCE - 0.1) is None
    assert watch.silence(SILENCE) == SILENCE
    watch.on_received(10.0, None, 10.0)
    watch.on_processed(10.1, 0.1)
    assert watch.silence(12.0) is None
    assert watch.silence(16.1) == pytest.approx(6.0)


def test_all_images_seen():
    watch = StreamWatch(0.0)
    load = feed(watch, 150, 0.01, list(range(150)))
    assert (load.rate, load.camera_rate, load.missed) == (30.0, 30.0, 0.0)
    assert load.busy == pytest.approx(0.3)
    assert not load.too_high
    assert (watch.processed, watch.missed, watch.dropped) == (150, 0, 0)


def test_times_are_of_the_middle_and_of_the_slow():
    watch = StreamWatch(0.0)
    for i in range(100):
        work = 0.04 if i % 10 == 0 else 0.01
        watch.on_received(0.05 * i, None, 0.05 * i)
        watch.on_processed(0.05 * i + work, 0.2 + work)
    load = watch.load(5.0)
    assert load.work == pytest.approx((0.01, 0.04))
    assert load.latency == pytest.approx((0.21, 0.24))


def test_every_second_image_missed_because_of_the_work():
    watch = StreamWatch(0.0)
    load = feed(watch, 50, 0.09, list(range(0, 100, 2)))
    assert load.missed == pytest.approx(0.5, abs=0.01)
    assert load.camera_rate == pytest.approx(20.0, abs=0.3)
    assert load.too_high and not load.lost_on_the_way
    assert watch.missed == 49


def test_images_missed_although_there_was_time():
    load = feed(StreamWatch(0.0), 50, 0.01, list(range(0, 150, 3)))
    assert load.too_high and load.lost_on_the_way


def test_on_a_loaded_machine_they_are_not_lost_on_the_way():
    load = feed(StreamWatch(0.0), 50, 0.01, list(range(0, 150, 3)), machine=1.2)
    assert load.too_high and not load.lost_on_the_way and load.machine == 1.2
    assert 0.0 <= machine_load() < 1e3


@pytest.mark.parametrize('latency, agree', [
    (0.02, True), (30.0, True), (-0.1, True), (-5.0, False), (90.0, False), (-1.8e9, False),
])
def test_there_is_a_latency_only_where_clocks_agree(latency, agree):
    watch = StreamWatch(0.0)
    for i in range(10):
        watch.on_received(i, i, i)
        watch.on_processed(i, latency)
    assert watch.load(10.0).clocks_agree == agree


def test_without_numbers_the_work_tells():
    assert feed(StreamWatch(0.0), 50, 0.099).too_high
    assert not feed(StreamWatch(0.0), 50, 0.05).too_high


def test_a_camera_that_starts_again_misses_nothing():
    load = feed(StreamWatch(0.0), 100, 0.01, [*range(1000, 1050), *range(50)])
    assert load.missed == 0.0


def test_only_the_last_seconds_count():
    watch = StreamWatch(0.0)
    assert watch.load(1.0) is None
    assert feed(watch, 50, 0.09, list(range(0, 100, 2))).too_high
    assert not feed(watch, 50, 0.01, list(range(100, 150)), begin=WINDOW + 0.1).too_high
    assert watch.load(4 * WINDOW) is None
    assert watch.processed == 100


def test_at_the_start_it_is_too_early_to_tell():
    watch = StreamWatch(0.0)
    for i in range(5):
        watch.on_received(0.1 * i, 4 * i, 0.1 * i)
        watch.on_processed(0.1 * i + 0.09, 0.1)
    load = watch.load(1.0)
    assert load.missed == pytest.approx(12 / 17)
    assert not load.too_high


def test_after_a_pause_nothing_was_missed_in_it():
    watch = StreamWatch(0.0)
    watch.on_received(0.0, 5, 0.0)
    watch.restart(9.0)
    assert watch.silence(10.0) is None
    watch.on_received(10.0, 305, 10.0)
    assert watch.missed == 0


def test_it_fails_when_nothing_works_for_a_while():
    watch = StreamWatch(0.0)
    watch.on_dropped(1.0, 'too short')
    assert watch.failure(1.0 + FAILING / 2) == ''
    watch.on_dropped(1.0 + FAILING, 'too long')
    assert watch.failure(1.0 + FAILING) == 'too long'
    assert watch.silence(1.0 + FAILING) is None
    watch.on_received(4.0, None, 4.0)
    watch.on_processed(4.1, 0.1)
    assert watch.failure(9.0) == ''
    assert watch.dropped == 2


def test_stamps_that_stand_still_are_noticed():
    watch = StreamWatch(0.0)
    seen = []
    for stamp in (1.0, 2.0, 2.0, 1.5):
        watch.on_received(0.0, None, stamp)
        seen.append(watch.stands_still)
    assert seen == [False, False, True, False]
