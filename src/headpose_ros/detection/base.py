# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Interfaces between face detection, landmark networks and tracking."""

from typing import NamedTuple, Protocol

import numpy as np

from headpose_ros.detection.region import Region
from headpose_ros.landmarks import Box, box_of


class Face(NamedTuple):
    """A face in an image.

    :ivar landmarks: (468, 3) pixels; x right, y down, depth in the scale of x, smaller is
        nearer; the vertices of MediaPipe's face mesh.
    :ivar score: 0 to 1, confidence of the landmark network that this is a face.
    :ivar second: (468, 3) the same by a second landmark network, if there is one and it fits.
    """

    landmarks: np.ndarray
    score: float
    second: np.ndarray | None = None

    @property
    def box(self) -> Box:
        """Bounding box of the landmarks, pixels."""
        return box_of(self.landmarks)


class Candidate(NamedTuple):
    """A face proposal.

    :ivar region: region of interest for the landmark network.
    :ivar score: 0 to 1, from the network that proposes it.
    """

    region: Region
    score: float


class CandidateDetector(Protocol):
    """Proposes faces in a small image."""

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        """Candidates in a ``uint8`` (H, W, 3) RGB image, in its pixels."""

    def close(self) -> None:
        """Release resources."""


class Searcher(NamedTuple):
    """A detector and its input size.

    :ivar detector: proposes faces.
    :ivar look_size: pixels, longer side of its input; larger inputs do not help.
    :ivar smallest_tile: pixels, side of an image tile in which, scaled to that size, it still
        detects a face of 20 pixels.
    """

    detector: CandidateDetector
    look_size: int
    smallest_tile: int


class LandmarkNetwork(Protocol):
    """Fits the face mesh to one face."""

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """The face in a region of a ``uint8`` (H, W, 3) BGR image, or ``None``."""

    def forget(self) -> None:
        """Drop all state: the next image is unrelated."""

    def close(self) -> None:
        """Release resources."""


class FaceDetector(Protocol):
    """Image to faces. Not thread-safe."""

    def detect(self, bgr: np.ndarray, seconds: float = 0.0) -> list[Face]:
        """Faces of a ``uint8`` (H, W, 3) BGR image.

        :param seconds: acquisition time; schedules the searches for new faces in a video.
        """

    def close(self) -> None:
        """Release resources."""
