"""Who is who from image to image, and a steady pose for each."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from headpose_ros.head_pose import HeadPose
from headpose_ros.smoothing import RotationSmoother

# A face belongs to a track when its centre moved by less than this many face sizes.
MAX_SHIFT = 1.0

# Seconds without a face after which a track ends, and after a gap as long its smoothing starts
# anew: a head can have turned anywhere in the meantime.
MAX_GAP = 0.5


@dataclass
class _Track:
    number: int
    bbox: np.ndarray
    seen: float
    smoother: RotationSmoother


class FaceTracker:
    """Numbers the heads of a stream of images and smooths the rotation of each.

    :param min_cutoff: of ``RotationSmoother``, Hz; 0 turns smoothing off.
    :param beta: of ``RotationSmoother``, Hz per rad/s.
    """

    def __init__(self, min_cutoff: float, beta: float):
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._tracks: list[_Track] = []
        self._next_number = 1
        self._stamp: float | None = None

    def update(self, heads: list[HeadPose], stamp: float) -> list[HeadPose]:
        """The heads of one image with ``track_id`` set and ``rotation`` smoothed, in their order.

        :param heads: of one image.
        :param stamp: seconds, of the image; when it does not rise, everything starts anew.
        """
        if self._stamp is not None and stamp <= self._stamp:
            self._tracks.clear()
        self._stamp = stamp
        self._tracks = [t for t in self._tracks if stamp - t.seen <= MAX_GAP]
        matches = self._match(heads)
        return [self._follow(head, matches.get(i), stamp) for i, head in enumerate(heads)]

    def _match(self, heads: list[HeadPose]) -> dict[int, _Track]:
        if not heads or not self._tracks:
            return {}
        cost = np.array([[_shift(h.bbox, t.bbox) for t in self._tracks] for h in heads])
        rows, columns = linear_sum_assignment(np.minimum(cost, MAX_SHIFT))
        return {
            int(row): self._tracks[column]
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < MAX_SHIFT
        }

    def _follow(self, head: HeadPose, track: _Track | None, stamp: float) -> HeadPose:
        if track is None:
            smoother = RotationSmoother(self._min_cutoff, self._beta)
            track = _Track(self._next_number, head.bbox, stamp, smoother)
            self._next_number += 1
            self._tracks.append(track)
        rotation = head.rotation
        if self._min_cutoff > 0.0:
            rotation = track.smoother.update(rotation, stamp - track.seen)
        track.bbox, track.seen = head.bbox, stamp
        return replace(head, rotation=rotation, track_id=track.number)


def _shift(a: np.ndarray, b: np.ndarray) -> float:
    centres = (a[:2] + a[2:] / 2) - (b[:2] + b[2:] / 2)
    return float(np.linalg.norm(centres) / max(np.mean([a[2:], b[2:]]), 1.0))
