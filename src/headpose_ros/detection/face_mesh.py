# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The networks of ``mediapipe.solutions``, included in the MediaPipe wheel."""

import warnings
from functools import cache

import numpy as np

from headpose_ros.assets.bundle import default_path, fetch_command
from headpose_ros.detection.base import Candidate, CandidateDetector, LandmarkNetwork
from headpose_ros.detection.mediapipe_common import (
    CAN_HAVE_FACE_MESH,
    INSTALL,
    Restarting,
    as_array,
    candidates_in,
    import_mediapipe,
)
from headpose_ros.detection.mediapipe_graph import DetectionGraph, LandmarkGraph
from headpose_ros.detection.view_network import ViewNetwork
from headpose_ros.errors import DetectorUnavailableError

NAME = 'face_mesh'

SHORT_RANGE, FULL_RANGE = 'ShortRange', 'FullRange'


def face_mesh_network(min_confidence: float) -> LandmarkNetwork:
    """The landmark network of FaceMesh with attention.

    :param min_confidence: 0 to 1, threshold where MediaPipe decides whether it is a face.
    :raises DetectorUnavailableError: the installed MediaPipe does not have it.
    """
    _check_solutions()

    def create() -> LandmarkNetwork:
        try:
            return LandmarkGraph()
        except (ImportError, AttributeError) as error:
            _warn_of_plain(str(error))
            return ViewNetwork(PlainFaceMesh(min_confidence))

    return Restarting(create)


def solutions_detector(network: str, min_confidence: float) -> CandidateDetector:
    """A face detector.

    :param network: ``SHORT_RANGE``, for selfies, or ``FULL_RANGE``, for distant faces.
    :param min_confidence: 0 to 1, score threshold.
    :raises DetectorUnavailableError: the installed MediaPipe does not have it.
    """
    _check_solutions()

    def create() -> CandidateDetector:
        try:
            return DetectionGraph(network, min_confidence)
        except (ImportError, AttributeError) as error:
            _warn_of_plain(str(error))
            return _PlainDetection(network, min_confidence)

    return Restarting(create)


def has_solutions() -> bool:
    """Whether the installed MediaPipe has these networks.

    :raises DetectorUnavailableError: MediaPipe is not installed.
    """
    return hasattr(import_mediapipe(), 'solutions')


def _check_solutions() -> None:
    if not has_solutions():
        here = f'install an earlier one with {INSTALL}, or ' if CAN_HAVE_FACE_MESH else ''
        raise DetectorUnavailableError(
            f'MediaPipe {import_mediapipe().__version__} has no FaceMesh (removed in 0.10.30); '
            f'{here}set the detector to face_landmarker and download its bundle with: '
            f'{fetch_command(default_path())}'
        )


@cache
def _warn_of_plain(reason: str) -> None:
    warnings.warn(
        f'unsupported MediaPipe version ({reason}): falling back to FaceMesh.process, which is '
        'slower; poses are nearly the same',
        stacklevel=3,
    )


class PlainFaceMesh:
    """MediaPipe's own class, which tracks one face; see ``view_network.Tracker``."""

    def __init__(self, min_confidence: float):
        from mediapipe.python.solutions.face_mesh import FaceMesh

        self._face_mesh = FaceMesh(
            refine_landmarks=True,
            min_detection_confidence=min_confidence,
            min_tracking_confidence=min_confidence,
        )
        self._shape: tuple[int, ...] | None = None  # of the last image

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """As ``Tracker.run``."""
        self._shape = rgb.shape
        faces = self._face_mesh.process(rgb).multi_face_landmarks or []
        return [as_array(face.landmark) for face in faces]

    def forget(self) -> None:
        """As ``Tracker.forget``: in an empty image the tracker loses its face."""
        if self._shape is not None:
            self._face_mesh.process(np.zeros(self._shape, np.uint8))

    def close(self) -> None:
        """Release it."""
        self._face_mesh.close()


class _PlainDetection:
    def __init__(self, network: str, min_confidence: float):
        from mediapipe.python.solutions.face_detection import FaceDetection

        self._detection = FaceDetection(min_confidence, int(network == FULL_RANGE))

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        return candidates_in(self._detection.process(rgb).detections or [], *rgb.shape[:2])

    def close(self) -> None:
        self._detection.close()
