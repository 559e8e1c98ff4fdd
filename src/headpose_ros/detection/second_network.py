# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Fits the faces of a detector with a second landmark network as well."""

import numpy as np

from headpose_ros.detection.base import Face, FaceDetector, LandmarkNetwork
from headpose_ros.detection.region import Region
from headpose_ros.detection.search import is_one_face
from headpose_ros.landmarks import has_shape


class WithSecondNetwork:
    """A detector whose faces also have the landmarks of a second network.

    :param detector: detects and tracks; closed with this object.
    :param network: closed with this object.
    """

    def __init__(self, detector: FaceDetector, network: LandmarkNetwork):
        self._detector = detector
        self._network = network

    def detect(self, bgr: np.ndarray, seconds: float = 0.0) -> list[Face]:
        """As ``FaceDetector.detect``."""
        return [
            face._replace(second=self._fit(bgr, face))
            for face in self._detector.detect(bgr, seconds)
        ]

    def _fit(self, bgr: np.ndarray, face: Face) -> np.ndarray | None:
        other = self._network.fit(bgr, Region.around_landmarks(face.landmarks))
        if other is None or not has_shape(other.landmarks):
            return None
        # In the view around a face there may be another one.
        return other.landmarks if is_one_face(face.box, other.box) else None

    def close(self) -> None:
        """Release the detector and the network."""
        self._detector.close()
        self._network.close()
