# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A complete face tracker of MediaPipe, made into a landmark network for a region."""

from typing import Protocol

import cv2
import numpy as np

from headpose_ros.detection.base import Face
from headpose_ros.detection.mediapipe_common import in_pixels
from headpose_ros.detection.region import Region

# What is shown is so many times the region, so that a face that moved is in it, at so many pixels:
# the landmark networks see 192 or 256 of the region itself.
_GROWTH, _SIZE = 1.4, 360


class Tracker(Protocol):
    """Follows one face from image to image."""

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) RGB image, as ``mediapipe_common.as_array`` has them."""

    def close(self) -> None:
        """Free it."""


class ViewNetwork:
    """Shows a tracker of one face an upright view of each region; see ``LandmarkNetwork``.

    MediaPipe's public classes take no region of interest. In the view of its region a face is
    large and in the middle, where they find it by themselves.

    :param tracker: closed with this one.
    :param doubtful: that fits a face of which the first is not sure that it is one, as many seen
        from the side; closed with this one too. ``None`` to do without.
    """

    def __init__(self, tracker: Tracker, doubtful: Tracker | None = None):
        self._trackers = [(tracker, 1.0)]
        if doubtful is not None:
            self._trackers.append((doubtful, 0.0))

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """As ``LandmarkNetwork.fit``; the score is 1 or 0, as MediaPipe keeps it to itself."""
        shown = region.grown(_GROWTH)
        rgb = cv2.cvtColor(shown.view(bgr, _SIZE), cv2.COLOR_BGR2RGB)
        for tracker, score in self._trackers:
            if faces := tracker.run(rgb):
                landmarks = in_pixels(faces[0], _SIZE, _SIZE)
                return Face(shown.to_image(landmarks, _SIZE), score)
        return None

    def forget(self) -> None:
        """As ``LandmarkNetwork.forget``: where nobody is the tracker loses whom it followed."""
        self._trackers[0][0].run(np.zeros((_SIZE, _SIZE, 3), np.uint8))

    def close(self) -> None:
        """Free the trackers."""
        for tracker, _ in self._trackers:
            tracker.close()
