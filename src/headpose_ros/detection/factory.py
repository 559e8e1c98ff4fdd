# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The face detectors by their names."""

import os
from typing import Any

from headpose_ros.detection.base import FaceDetector
from headpose_ros.detection.face_landmarker import FaceLandmarkerDetector
from headpose_ros.detection.face_mesh import FaceMeshDetector
from headpose_ros.detection.search import ImageSearch, VideoSearch

MODES = ('image', 'video')

DETECTORS = {detector.name: detector for detector in (FaceMeshDetector, FaceLandmarkerDetector)}


def create_detector(
    name: str,
    mode: str,
    max_faces: int,
    bundle: str | os.PathLike | None = None,
    retry: bool = True,
    input_width: int = 0,
    **confidences: float,
) -> FaceDetector:
    """Detector of a name, a key of ``DETECTORS``.

    The other parameters are those of ``headpose_ros.estimator.HeadPoseEstimator``.

    :raises ValueError: a parameter has no meaning.
    :raises DetectorUnavailableError: what is installed cannot run it.
    """
    if name not in DETECTORS:
        raise ValueError(f'unknown detector {name!r}; known: {", ".join(DETECTORS)}')
    if mode not in MODES:
        raise ValueError(f'unknown mode {mode!r}; known: {", ".join(MODES)}')
    if not isinstance(max_faces, int) or max_faces < 1:
        raise ValueError(f'max_faces is {max_faces!r}; want a whole number from 1')
    if not isinstance(input_width, int) or input_width < 0:
        raise ValueError(f'input_width is {input_width!r}; want a whole number of pixels from 0')
    for key, value in confidences.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f'{key} is {value!r}; want a number from 0 to 1')
    options: dict[str, Any] = dict(confidences)
    if bundle is not None:
        if name != FaceLandmarkerDetector.name:
            raise ValueError(
                f'bundle is {os.fspath(bundle)!r}, but {name} takes none; leave it out'
            )
        options['bundle'] = bundle
    detector = DETECTORS[name](mode, max_faces, input_width=input_width, **options)
    if not retry:
        return detector
    if mode == 'image':
        return ImageSearch(detector)
    return VideoSearch(detector, lambda: DETECTORS[name]('image', max_faces, **options))
