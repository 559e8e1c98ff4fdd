# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What passes between detection, landmarks and following."""

from typing import NamedTuple, Protocol

import numpy as np

from headpose_ros.detection.region import Region
from headpose_ros.landmarks import Box, box_of


class Face(NamedTuple):
    """A face in an image.

    :ivar landmarks: (468, 3) pixels; x right, y down, depth in the scale of x, smaller is
        nearer; the vertices are those of MediaPipe's face mesh.
    :ivar score: 0 to 1, how sure the landmark network is that this is a face.
    """

    landmarks: np.ndarray
    score: float

    @property
    def box(self) -> Box:
        """Around the landmarks, pixels."""
        return box_of(self.landmarks)


class Candidate(NamedTuple):
    """A place where a face may be.

    :ivar region: where the landmark network should look.
    :ivar score: 0 to 1, of the network that proposes it.
    """

    region: Region
    score: float


class CandidateDetector(Protocol):
    """Proposes faces in a small image."""

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        """Candidates in a ``uint8`` (H, W, 3) RGB image, in its pixels."""

    def close(self) -> None:
        """Free what it holds."""


class Searcher(NamedTuple):
    """A detector and what to show it.

    :ivar detector: that proposes faces.
    :ivar look_size: pixels of the longer side of an image; more shows it nothing.
    :ivar smallest_tile: side in pixels of the part of an image in which, shown at that size, it
        still sees a face of 20 pixels.
    """

    detector: CandidateDetector
    look_size: int
    smallest_tile: int


class LandmarkNetwork(Protocol):
    """Fits the face mesh to one face."""

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """The face in a region of a ``uint8`` (H, W, 3) BGR image, or ``None``."""

    def forget(self) -> None:
        """Forget all images before: the next has nothing to do with them."""

    def close(self) -> None:
        """Free what it holds."""


class FaceDetector(Protocol):
    """Image to faces. Used from one thread."""

    def detect(self, bgr: np.ndarray, seconds: float = 0.0) -> list[Face]:
        """Faces of a ``uint8`` (H, W, 3) BGR image.

        :param seconds: when it was taken; of these a video's looks for new faces are rationed.
        """

    def close(self) -> None:
        """Free what the detector holds."""
