# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Adapts a complete MediaPipe face tracker to a landmark network for a region."""

from typing import Protocol

import cv2
import numpy as np

from headpose_ros.detection.base import Face
from headpose_ros.detection.mediapipe_common import in_pixels
from headpose_ros.detection.region import Region

# Size of the view relative to the region, so that a face that moved is still in it, and in pixels:
# the landmark networks use 192 or 256 for the region itself.
_GROWTH, _SIZE = 1.4, 360


class Tracker(Protocol):
    """Tracks one face, or detects it in each image."""

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Faces in a ``uint8`` (H, W, 3) RGB image, see ``mediapipe_common.as_array``."""

    def forget(self) -> None:
        """As ``LandmarkNetwork.forget``."""

    def close(self) -> None:
        """Release it."""


class ViewNetwork:
    """Runs a tracker on an upright view of each region; see ``LandmarkNetwork``.

    MediaPipe's public classes accept no region of interest. In the view of its region a face is
    large and central, so they detect it.

    :param tracker: closed with this object.
    :param doubtful: fits faces in which the first has low confidence, such as profiles; closed
        with this object. ``None`` for none.
    """

    def __init__(self, tracker: Tracker, doubtful: Tracker | None = None):
        self._trackers = [(tracker, 1.0)]
        if doubtful is not None:
            self._trackers.append((doubtful, 0.0))

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """As ``LandmarkNetwork.fit``; the score is 1 or 0, as MediaPipe does not expose it."""
        shown = region.grown(_GROWTH)
        rgb = cv2.cvtColor(shown.view(bgr, _SIZE), cv2.COLOR_BGR2RGB)
        for tracker, score in self._trackers:
            if faces := tracker.run(rgb):
                landmarks = in_pixels(faces[0], _SIZE, _SIZE)
                return Face(shown.to_image(landmarks, _SIZE), score)
        return None

    def forget(self) -> None:
        """As ``LandmarkNetwork.forget``."""
        for tracker, _ in self._trackers:
            tracker.forget()

    def close(self) -> None:
        """Release the trackers."""
        for tracker, _ in self._trackers:
            tracker.close()
