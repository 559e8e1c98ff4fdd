# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Creates detectors by name from face detection networks and a landmark network."""

import math
import os
from contextlib import ExitStack

from headpose_ros.assets.bundle import YUNET, fetch_command
from headpose_ros.detection import face_landmarker, face_mesh
from headpose_ros.detection.base import FaceDetector, Searcher
from headpose_ros.detection.following import FollowingDetector
from headpose_ros.detection.second_network import WithSecondNetwork
from headpose_ros.detection.still import StillDetector
from headpose_ros.detection.yunet import YuNetDetector
from headpose_ros.errors import DetectorUnavailableError

MODES = ('image', 'video')

NETWORKS = (face_mesh.NAME, face_landmarker.NAME)

# FaceMesh detects and tracks, and the Face Landmarker fits each face as well.
BOTH = 'both'

DETECTORS = (*NETWORKS, BOTH)

SEARCH_RATE = 6.0  # Hz, searches for new faces

# Detector score of the second pass from which it is a face. At 0.5, 1 % more profiles of
# AFLW2000-3D are found, but nearly three times as many false positives in images with the heads
# painted over.
MIN_DETECTION_CONFIDENCE = 0.6

# Input sizes: those of the MediaPipe networks (128 and 192 pixels) or slightly more, and for YuNet
# what takes as long. Faces of 20 pixels then have 12, 9 and 10.
_SHORT_RANGE = {'look_size': 192, 'smallest_tile': 216}
_FULL_RANGE = {'look_size': 192, 'smallest_tile': 432}
_YUNET = {'look_size': 320, 'smallest_tile': 640}

# Score from which distant faces are passed to the second pass, which decides.
_PROPOSED = 0.3

FACE_DETECTORS = ('auto', 'full_range', 'short_range', 'yunet')


def create_detector(
    name: str,
    mode: str,
    max_faces: int,
    bundle: str | os.PathLike | None = None,
    face_detector: str = 'auto',
    search_rate: float = SEARCH_RATE,
    min_detection_confidence: float = MIN_DETECTION_CONFIDENCE,
    min_tracking_confidence: float = 0.5,
) -> FaceDetector:
    """Create a detector by name, one of ``DETECTORS``.

    The parameters are those of ``headpose_ros.estimator.HeadPoseEstimator``.

    :raises ValueError: invalid parameter.
    :raises DetectorUnavailableError: it cannot run with what is installed.
    """
    _check_choice('detector', name, DETECTORS)
    _check_choice('mode', mode, MODES)
    _check_choice('face detector', face_detector, FACE_DETECTORS)
    if not isinstance(max_faces, int) or max_faces < 1:
        raise ValueError(f'max_faces is {max_faces!r}; expected an integer >= 1')
    if not 0.0 <= search_rate < math.inf:
        raise ValueError(f'search_rate is {search_rate!r}; expected a rate >= 0 in Hz')
    confidences = {
        'min_detection_confidence': min_detection_confidence,
        'min_tracking_confidence': min_tracking_confidence,
    }
    for key, value in confidences.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f'{key} is {value!r}; expected a number from 0 to 1')
    with ExitStack() as started:
        if name == face_landmarker.NAME:
            networks = face_landmarker.Bundle(bundle)
            network = networks.network(min_tracking_confidence)
            started.callback(network.close)
            near = networks.detector(min_detection_confidence)
        else:
            if name == face_mesh.NAME and bundle is not None:
                raise ValueError(
                    f'bundle is {os.fspath(bundle)!r}, but {name} takes none; omit it'
                )
            network = face_mesh.face_mesh_network(min_tracking_confidence)
            started.callback(network.close)
            near = face_mesh.solutions_detector(face_mesh.SHORT_RANGE, min_detection_confidence)
        started.callback(near.close)
        second = None
        if name == BOTH:
            second = face_landmarker.Bundle(bundle).network(min_tracking_confidence)
            started.callback(second.close)
        searchers = [Searcher(near, **_SHORT_RANGE)]
        far = _far_searcher(face_detector)
        if far is not None:
            searchers.append(far)
            started.callback(far.detector.close)
        detector: FaceDetector
        if mode == 'image':
            detector = StillDetector(tuple(searchers), network, max_faces)
        else:
            detector = FollowingDetector(
                tuple(searchers), network, max_faces, search_rate, min_tracking_confidence
            )
        started.pop_all()
        return detector if second is None else WithSecondNetwork(detector, second)


def networks_of(name: str) -> tuple[str, ...]:
    """The landmark networks of a detector, of ``NETWORKS``, that of ``Face.landmarks`` first."""
    return NETWORKS if name == BOTH else (name,)


def _far_searcher(face_detector: str) -> Searcher | None:
    if face_detector == 'auto':
        if face_mesh.has_solutions():
            face_detector = 'full_range'
        else:
            face_detector = 'yunet' if YUNET.path.is_file() else 'short_range'
    if face_detector == 'full_range':
        detector = face_mesh.solutions_detector(face_mesh.FULL_RANGE, _PROPOSED)
        return Searcher(detector, **_FULL_RANGE)
    if face_detector == 'yunet':
        if not YUNET.path.is_file():
            raise DetectorUnavailableError(
                f'face detector yunet requires {YUNET.path}; download it with: '
                f'{fetch_command(YUNET.path, "yunet")}'
            )
        return Searcher(YuNetDetector(YUNET.path, _PROPOSED), **_YUNET)
    return None


def _check_choice(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f'unknown {what} {value!r}; known: {", ".join(known)}')
