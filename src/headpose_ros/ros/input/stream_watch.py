# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Keeps count of a stream of images: how many, how fast, how late, and what goes wrong."""

import os
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SILENCE = 5.0  # seconds without an image after which something is wrong
FAILING = 2.0  # seconds for which no image could be worked on after which something is wrong
WINDOW = 5.0  # seconds over which rates, load and times are measured

# Share of missed images that is worth a warning; one now and then is nobody's fault.
MISSED_SHARE = 0.1
# Share of the time spent working above which images must be missed, where they are not numbered.
FULL_LOAD = 0.95
# Share of the time spent working below which it is not the work that misses images.
LIGHT_LOAD = 0.5
# Share of the processors that all programs of the machine want, from which on it is the machine.
MACHINE_LOAD = 0.9

# Seconds of the median latency beyond which the stamps are of another clock: no image waits for a
# minute, and none comes from the future.
OLDEST, NEWEST = 60.0, -1.0


def machine_load() -> float:
    """Programs that want to run, by the load average of a minute, for each processor."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@dataclass(frozen=True)
class Load:
    """How a stream was coped with over the last seconds."""

    seconds: float  # how many seconds
    rate: float  # images worked on a second
    camera_rate: float  # images a second that the camera sent, as far as that is known
    busy: float  # share of the time spent on them
    # Share of the images that were not seen, or ``None`` where they are not numbered.
    missed: float | None
    work: tuple[float, float]  # seconds spent on an image, median and 95th percentile
    # Seconds from the stamp of an image to its results, median and 95th percentile.
    latency: tuple[float, float]
    machine: float  # see ``machine_load``

    @property
    def clocks_agree(self) -> bool:
        """Whether stamps are of the clock of the node, without which there is no latency."""
        return NEWEST <= self.latency[0] <= OLDEST

    @property
    def too_high(self) -> bool:
        """Whether images are missed, and not only at the start."""
        if self.seconds < WINDOW:
            return False
        return self.busy >= FULL_LOAD if self.missed is None else self.missed >= MISSED_SHARE

    @property
    def lost_on_the_way(self) -> bool:
        """Whether images are missed although node and machine had time for them."""
        has_time = self.busy < LIGHT_LOAD and self.machine < MACHINE_LOAD
        return self.too_high and has_time


class _Work(NamedTuple):
    start: float
    end: float
    latency: float
    missed: int | None


class StreamWatch:
    """Keeps the times of images; all times but latencies are seconds of one steady clock.

    :param now: the time from which silence counts.

    :ivar processed: images worked on.
    :ivar dropped: images that could not be worked on.
    :ivar missed: images that their numbers tell of and that never came.
    :ivar stands_still: whether the stamp of the last image was not later than the one before.
    """

    def __init__(self, now: float):
        self.processed = self.dropped = self.missed = 0
        self.restart(now)

    def restart(self, now: float) -> None:
        """The stream begins anew, as after a pause; totals go on."""
        self.stands_still = False
        self._since = self._last_image = self._received = now
        self._last_number: int | None = None
        self._missed: int | None = None  # between the last image and the one before
        self._last_stamp: float | None = None
        self._failing_since: float | None = None
        self._reason = ''
        self._window: deque[_Work] = deque()

    def on_received(self, now: float, number: int | None, stamp: float) -> None:
        """Note that an image has arrived.

        :param number: sequence number of the publisher; ``None`` where it is not known.
        :param stamp: of the image, seconds.
        """
        self._last_image = self._received = now
        self.stands_still = self._last_stamp is not None and stamp == self._last_stamp
        self._last_stamp = stamp
        last, self._last_number = self._last_number, number
        if number is None:
            self._missed = None
            return
        # A camera that starts again counts from the beginning.
        self._missed = 0 if last is None else max(0, number - last - 1)
        self.missed += self._missed

    def on_processed(self, now: float, latency: float) -> None:
        """Note that the image that has arrived is processed.

        :param latency: seconds from the stamp of the image to its results.
        """
        self.processed += 1
        self._failing_since = None
        self._last_image = now
        self._window.append(_Work(self._received, now, latency, self._missed))

    def on_dropped(self, now: float, reason: str) -> None:
        """Note that the image that has arrived cannot be processed, and why."""
        self.dropped += 1
        self._last_image = now
        self._reason = reason
        if self._failing_since is None:
            self._failing_since = now

    def silence(self, now: float) -> float | None:
        """Seconds since the last image when they are too many, otherwise ``None``."""
        seconds = now - self._last_image
        return seconds if seconds >= SILENCE else None

    def failure(self, now: float) -> str:
        """Why no image could be worked on for a while, empty when that is not so."""
        is_failing = self._failing_since is not None and now - self._failing_since >= FAILING
        return self._reason if is_failing else ''

    def load(self, now: float, machine: float = 0.0) -> Load | None:
        """The load over the last ``WINDOW`` seconds; ``None`` without any image in them.

        To be asked for now and then: what is older is forgotten here.

        :param machine: see ``machine_load``.
        """
        while self._window and self._window[0].end < now - WINDOW:
            self._window.popleft()
        seconds = min(WINDOW, now - self._since)
        if not self._window or seconds <= 0.0:
            return None
        count = len(self._window)
        work = np.array([each.end - each.start for each in self._window])
        latency = [each.latency for each in self._window]
        numbered = [each.missed for each in self._window if each.missed is not None]
        missed = sum(numbered)
        return Load(
            seconds=seconds,
            rate=count / seconds,
            camera_rate=(count + missed) / seconds,
            busy=float(work.sum()) / seconds,
            missed=missed / (missed + len(numbered)) if numbered else None,
            work=tuple(np.percentile(work, (50, 95)).tolist()),
            latency=tuple(np.percentile(latency, (50, 95)).tolist()),
            machine=machine,
        )
