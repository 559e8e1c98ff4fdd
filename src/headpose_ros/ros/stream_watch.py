"""Notices when a stream of images is silent, or when not all of its images are worked on."""

from dataclasses import dataclass

# Seconds without an image after which something is wrong.
SILENCE = 5.0

# Seconds over which the load is measured.
LOAD_WINDOW = 5.0

# Share of missed images that is worth a warning; one now and then is nobody's fault.
MISSED_SHARE = 0.1

# Share of the time spent working above which images must be missed, where they are not numbered.
FULL_LOAD = 0.95

# Share of the time spent working below which it is not the work that misses images.
LIGHT_LOAD = 0.5


@dataclass(frozen=True)
class Load:
    """How a stream was coped with over one window.

    :ivar rate: images worked on a second.
    :ivar busy: share of the time spent on them.
    :ivar missed: share of the images that were not seen, or ``None`` where they are not numbered.
    """

    rate: float
    busy: float
    missed: float | None

    @property
    def too_high(self) -> bool:
        """Whether images are missed."""
        return self.busy >= FULL_LOAD if self.missed is None else self.missed >= MISSED_SHARE

    @property
    def lost_on_the_way(self) -> bool:
        """Whether images are missed although there was time for them."""
        return self.too_high and self.busy < LIGHT_LOAD


class StreamWatch:
    """Keeps the times of images; all times are seconds of one steady clock.

    :param now: the time from which silence counts.
    """

    def __init__(self, now: float):
        self._last_image = now
        self._last_number: int | None = None
        self._start_window(now)

    def worked(self, start: float, end: float, number: int | None) -> None:
        """Note that an image was worked on.

        :param start: when the work began.
        :param end: when it ended.
        :param number: of the image, counted by its publisher; ``None`` if it does not tell.
        """
        self._last_image = end
        self._busy += end - start
        self._images += 1
        if number is not None:
            if self._last_number is not None:
                # A camera that starts again counts from the beginning.
                self._missed += max(0, number - self._last_number - 1)
            self._numbered += 1
            self._last_number = number

    def silence(self, now: float) -> float | None:
        """Seconds since the last image when they are too many, otherwise ``None``."""
        seconds = now - self._last_image
        return seconds if seconds >= SILENCE else None

    def load(self, now: float) -> Load | None:
        """The load, once for each window of ``LOAD_WINDOW`` seconds that had an image."""
        window = now - self._window_start
        if window < LOAD_WINDOW:
            return None
        images, busy, missed, numbered = self._images, self._busy, self._missed, self._numbered
        self._start_window(now)
        if not images:
            return None
        share = missed / (missed + numbered) if numbered else None
        return Load(rate=images / window, busy=busy / window, missed=share)

    def _start_window(self, now: float) -> None:
        self._window_start = now
        self._busy = 0.0
        self._images = self._numbered = self._missed = 0
