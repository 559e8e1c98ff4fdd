# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The networks of MediaPipe's Face Landmarker (Tasks API), loaded from a ``.task`` bundle."""

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from headpose_ros.assets.bundle import DETECTOR_FILE, fetch_command, find_bundle, read_bundle
from headpose_ros.detection.base import Candidate, CandidateDetector, LandmarkNetwork
from headpose_ros.detection.mediapipe_common import (
    EYES,
    MOUTH,
    Restarting,
    as_array,
    import_mediapipe,
)
from headpose_ros.detection.region import Region
from headpose_ros.detection.view_network import ViewNetwork
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import Box

NAME = 'face_landmarker'

# Detection score above which a face is fitted although the landmark network's own confidence is
# low. Finds 94 % of AFLW2000-3D's faces with a yaw of 60 degrees and more; without it, 41 %.
_DOUBTFUL = 0.3


class Bundle:
    """The file that contains the networks.

    :param path: of the file; ``None`` searches the folders in ``headpose_ros.assets.bundle``.
    :raises DetectorUnavailableError: MediaPipe or the bundle is missing or unusable.
    """

    def __init__(self, path: str | os.PathLike | None):
        self._tasks: Any = import_mediapipe().tasks
        self._path = find_bundle(path)
        self._content = read_bundle(self._path)

    def network(self, min_confidence: float) -> LandmarkNetwork:
        """The landmark network.

        :param min_confidence: 0 to 1, threshold of the presence score.
        """
        return self._start(
            lambda: ViewNetwork(
                _Landmarker(self._content, min_confidence, min_confidence),
                _Landmarker(self._content, _DOUBTFUL, 0.0),
            )
        )

    def detector(self, min_confidence: float) -> CandidateDetector:
        """The short-range face detector.

        :param min_confidence: 0 to 1, score threshold.
        """
        with zipfile.ZipFile(io.BytesIO(self._content)) as bundle:
            content = bundle.read(DETECTOR_FILE)
        return self._start(lambda: _Detector(content, min_confidence))

    def _start(self, create: Callable[[], Any]) -> Any:
        try:
            return Restarting(create)
        except OSError as error:  # a shared library of the system
            raise DetectorUnavailableError(
                f'MediaPipe cannot start: {error}; if a library is missing, install it: '
                'sudo apt install libegl1 libgles2'
            ) from error
        except Exception as error:  # the class differs between releases
            reason = str(error).partition('\n')[0]
            raise DetectorUnavailableError(
                f'MediaPipe cannot use {self._path}: {reason}; if it is broken, download it with: '
                f'{fetch_command(self._path)}'
            ) from error


class _Landmarker:
    """MediaPipe's Face Landmarker in image mode: detection and landmarks for every view.

    Video mode detects only in the first frame and takes half as long, but crops by the previous
    landmarks: a regressor trained on those landmarks has a 10 % larger error on BIWI.
    """

    def __init__(self, content: bytes, min_detection: float, min_presence: float):
        self._mediapipe = import_mediapipe()
        tasks: Any = self._mediapipe.tasks

        class Options(tasks.vision.FaceLandmarkerOptions):
            # MediaPipe 0.10 passes the detection confidence here; 1.x does not call this.
            def to_pb2(self) -> Any:
                message = super().to_pb2()
                landmarks = message.face_landmarks_detector_graph_options
                landmarks.min_detection_confidence = self.min_face_presence_confidence
                return message

        options = Options(
            base_options=tasks.BaseOptions(model_asset_buffer=content),
            running_mode=tasks.vision.RunningMode.IMAGE,
            min_face_detection_confidence=min_detection,
            min_face_presence_confidence=min_presence,
        )
        self._landmarker = tasks.vision.FaceLandmarker.create_from_options(options)

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        image = self._mediapipe.Image(self._mediapipe.ImageFormat.SRGB, rgb)
        return [as_array(face) for face in self._landmarker.detect(image).face_landmarks]

    def forget(self) -> None:
        """Nothing is kept from one image to the next."""

    def close(self) -> None:
        self._landmarker.close()


class _Detector:
    def __init__(self, content: bytes, min_confidence: float):
        self._mediapipe = import_mediapipe()
        tasks: Any = self._mediapipe.tasks
        options = tasks.vision.FaceDetectorOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=content),
            min_detection_confidence=min_confidence,
        )
        self._detector = tasks.vision.FaceDetector.create_from_options(options)

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        height, width = rgb.shape[:2]
        image = self._mediapipe.Image(self._mediapipe.ImageFormat.SRGB, rgb)
        candidates = []
        for detection in self._detector.detect(image).detections:
            box = detection.bounding_box
            points = np.array([(p.x, p.y) for p in detection.keypoints]) * (width, height)
            moved = Box(0.0, 0.0, box.width, box.height).moved(box.origin_x, box.origin_y)
            region = Region.around_box(moved, points[EYES], points[MOUTH])
            candidates.append(Candidate(region, detection.categories[0].score))
        return candidates

    def close(self) -> None:
        self._detector.close()
