# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's Face Landmarker, of its Tasks API, as a face detector."""

import os
from typing import Any

import numpy as np

from headpose_ros.assets.bundle import fetch_command, find_bundle, read_bundle
from headpose_ros.detection.mediapipe_common import (
    Graph,
    MediaPipeDetector,
    as_array,
    import_mediapipe,
)
from headpose_ros.errors import DetectorUnavailableError

# Milliseconds between two images of a video as MediaPipe is told. It smooths a single followed
# face by these; so far apart there is nothing to smooth, as smoothing is the node's.
FRAME_PERIOD = 1_000_000


class FaceLandmarkerDetector(MediaPipeDetector):
    """MediaPipe's Face Landmarker, whose networks are in a ``.task`` bundle of its own.

    :param bundle: path of the bundle; ``None`` looks where ``headpose_ros.assets.bundle`` says.
    :param options: of ``MediaPipeDetector``, as are ``mode`` and ``max_faces``.
    :raises DetectorUnavailableError: MediaPipe or the bundle is missing or cannot be used.
    """

    name = 'face_landmarker'

    def __init__(
        self, mode: str, max_faces: int, bundle: str | os.PathLike | None = None, **options: Any
    ):
        self._mediapipe = import_mediapipe()
        self._path = find_bundle(bundle)
        self._content = read_bundle(self._path)
        super().__init__(mode, max_faces, **options)

    def _create_graph(self) -> Graph:
        tasks: Any = self._mediapipe.tasks

        class Options(tasks.vision.FaceLandmarkerOptions):
            # MediaPipe 0.10 puts the confidence of the detection here; 1.x does not come by.
            def to_pb2(self) -> Any:
                message = super().to_pb2()
                landmarks = message.face_landmarks_detector_graph_options
                landmarks.min_detection_confidence = self.min_face_presence_confidence
                return message

        modes = tasks.vision.RunningMode
        options = Options(
            base_options=tasks.BaseOptions(model_asset_buffer=self._content),
            running_mode=modes.VIDEO if self._is_video else modes.IMAGE,
            num_faces=self._face_count,
            min_face_detection_confidence=self._min_detection_confidence,
            min_face_presence_confidence=self._min_tracking_confidence,
        )
        return _LandmarkerGraph(self._mediapipe, options, self._is_video)

    def _start(self) -> None:
        try:
            super()._start()
        except OSError as error:  # a shared library of the system
            raise DetectorUnavailableError(
                f'MediaPipe cannot start: {error}; if a library is missing, install it: '
                'sudo apt install libegl1 libgles2'
            ) from error
        except Exception as error:  # of many classes, which differ from release to release
            reason = str(error).partition('\n')[0]
            raise DetectorUnavailableError(
                f'MediaPipe cannot use {self._path}: {reason}; if it is broken, download it with: '
                f'{fetch_command(self._path)}'
            ) from error


class _LandmarkerGraph:
    def __init__(self, mediapipe: Any, options: Any, is_video: bool):
        self._mediapipe = mediapipe
        self._is_video = is_video
        self._landmarker = mediapipe.tasks.vision.FaceLandmarker.create_from_options(options)
        self._time = 0

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        image = self._mediapipe.Image(self._mediapipe.ImageFormat.SRGB, rgb)
        if self._is_video:
            self._time += FRAME_PERIOD
            result = self._landmarker.detect_for_video(image, self._time)
        else:
            result = self._landmarker.detect(image)
        return [as_array(face) for face in result.face_landmarks]

    def close(self) -> None:
        self._landmarker.close()
