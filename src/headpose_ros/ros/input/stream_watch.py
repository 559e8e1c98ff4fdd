# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Statistics of an image stream: counts, rates, latency and failures."""

import os
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SILENCE = 5.0  # seconds without an image before a warning
FAILING = 2.0  # seconds without a usable image before an error
WINDOW = 5.0  # seconds over which rates, load and times are measured

# Share of missed images worth a warning; an occasional one is normal.
MISSED_SHARE = 0.1
# Load above which images must be missed, where they carry no sequence number.
FULL_LOAD = 0.95
# Load below which the node is not the cause of missed images.
LIGHT_LOAD = 0.5
# Load of the machine, per processor, above which it is the cause.
MACHINE_LOAD = 0.9

# Median latency, seconds, beyond which the stamps are of another clock: no image waits for a
# minute, and none comes from the future.
OLDEST, NEWEST = 60.0, -1.0


def machine_load() -> float:
    """One-minute load average per processor."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@dataclass(frozen=True)
class Load:
    """Load over the last seconds."""

    seconds: float  # length of the window
    rate: float  # processed images per second
    camera_rate: float  # images per second sent by the camera, as far as known
    busy: float  # share of the time spent processing
    # Share of missed images; ``None`` where they carry no sequence number.
    missed: float | None
    work: tuple[float, float]  # seconds of processing per image, median and 95th percentile
    # Seconds from image stamp to results, median and 95th percentile.
    latency: tuple[float, float]
    machine: float  # see ``machine_load``

    @property
    def clocks_agree(self) -> bool:
        """Whether stamps are of the node's clock; otherwise latency is unknown."""
        return NEWEST <= self.latency[0] <= OLDEST

    @property
    def too_high(self) -> bool:
        """Whether images are missed, startup excepted."""
        if self.seconds < WINDOW:
            return False
        return self.busy >= FULL_LOAD if self.missed is None else self.missed >= MISSED_SHARE

    @property
    def lost_on_the_way(self) -> bool:
        """Whether images are missed although node and machine are lightly loaded."""
        has_time = self.busy < LIGHT_LOAD and self.machine < MACHINE_LOAD
        return self.too_high and has_time


class _Work(NamedTuple):
    start: float
    end: float
    latency: float
    missed: int | None


class StreamWatch:
    """Records image times; all times but latencies are seconds of one steady clock.

    :param now: start of the stream.

    :ivar processed: images processed.
    :ivar dropped: images that could not be processed.
    :ivar missed: images never received, by their sequence numbers.
    :ivar stands_still: whether the last two stamps were the same.
    """

    def __init__(self, now: float):
        self.processed = self.dropped = self.missed = 0
        self.restart(now)

    def restart(self, now: float) -> None:
        """Restart the stream, as after a pause; totals are kept."""
        self.stands_still = False
        self._since = self._last_image = self._received = now
        self._last_number: int | None = None
        self._missed: int | None = None  # between the last image and the one before
        self._last_stamp: float | None = None
        self._failing_since: float | None = None
        self._reason = ''
        self._window: deque[_Work] = deque()

    def on_received(self, now: float, number: int | None, stamp: float) -> None:
        """Record that an image was received.

        :param number: sequence number of the publisher; ``None`` if unknown.
        :param stamp: of the image, seconds.
        """
        self._last_image = self._received = now
        self.stands_still = self._last_stamp is not None and stamp == self._last_stamp
        self._last_stamp = stamp
        last, self._last_number = self._last_number, number
        if number is None:
            self._missed = None
            return
        # A restarted camera counts from the beginning.
        self._missed = 0 if last is None else max(0, number - last - 1)
        self.missed += self._missed

    def on_processed(self, now: float, latency: float) -> None:
        """Record that the received image was processed.

        :param latency: seconds from the image stamp to its results.
        """
        self.processed += 1
        self._failing_since = None
        self._last_image = now
        self._window.append(_Work(self._received, now, latency, self._missed))

    def on_dropped(self, now: float, reason: str) -> None:
        """Record that the received image could not be processed, and why."""
        self.dropped += 1
        self._last_image = now
        self._reason = reason
        if self._failing_since is None:
            self._failing_since = now

    def silence(self, now: float) -> float | None:
        """Seconds since the last image if too long, otherwise ``None``."""
        seconds = now - self._last_image
        return seconds if seconds >= SILENCE else None

    def failure(self, now: float) -> str:
        """Why no image could be processed for a while, else empty."""
        is_failing = self._failing_since is not None and now - self._failing_since >= FAILING
        return self._reason if is_failing else ''

    def load(self, now: float, machine: float = 0.0) -> Load | None:
        """The load over the last ``WINDOW`` seconds; ``None`` without an image in them.

        To be called regularly: it also discards older records.

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
