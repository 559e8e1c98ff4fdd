# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's Face Landmarker, of its Tasks API, as a face detector."""

import os
import weakref
from contextlib import suppress
from typing import Any

import numpy as np

from headpose_ros.assets.bundle import fetch_command, find_bundle, read_bundle
from headpose_ros.detection.base import MIN_CANDIDATES
from headpose_ros.detection.mediapipe_common import (
    WARM_UP_SHAPE,
    import_mediapipe,
    in_pixels,
    rgb_for_mediapipe,
)
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.images.bgr import check_bgr
from headpose_ros.landmarks import has_shape
from headpose_ros.quiet import silent_stderr

# Milliseconds between two images of a video as MediaPipe is told. It smooths a single followed
# face by these; so far apart there is nothing to smooth, as smoothing is the node's.
FRAME_PERIOD = 1_000_000


class FaceLandmarkerDetector:
    """MediaPipe's Face Landmarker, whose networks are in a ``.task`` bundle of its own.

    :param mode: ``'image'`` looks at every image afresh; ``'video'`` follows the faces of the
        image before and looks for new ones only when fewer than ``max_faces`` are followed.
    :param max_faces: faces wanted; in ``'image'`` mode some more may be returned.
    :param bundle: path of the bundle; ``None`` looks where ``headpose_ros.assets.bundle`` says.
    :param min_detection_confidence: 0 to 1, below which a found face is dropped.
    :param min_tracking_confidence: 0 to 1, below which a followed face is looked for again.
    :param input_width: pixels, see ``headpose_ros.detection.mediapipe_common.rgb_for_mediapipe``.
    :raises DetectorUnavailableError: MediaPipe or the bundle is missing or cannot be used.
    """

    name = 'face_landmarker'

    def __init__(
        self,
        mode: str,
        max_faces: int,
        bundle: str | os.PathLike | None = None,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
        input_width: int = 0,
    ):
        self._input_width = input_width
        self._mediapipe = import_mediapipe()
        path = find_bundle(bundle)
        self._is_video = mode == 'video'
        self._options = _options(
            self._mediapipe.tasks,
            read_bundle(path),
            self._is_video,
            max_faces if self._is_video else max(max_faces, MIN_CANDIDATES),
            min_detection_confidence,
            min_tracking_confidence,
        )
        try:
            self._start()
        except OSError as error:  # a shared library of the system
            raise DetectorUnavailableError(
                f'MediaPipe cannot start: {error}; if a library is missing, install it: '
                'sudo apt install libegl1 libgles2'
            ) from error
        except Exception as error:  # of many classes, which differ from release to release
            reason = str(error).partition('\n')[0]
            raise DetectorUnavailableError(
                f'MediaPipe cannot use {path}: {reason}; if it is broken, download it with: '
                f'{fetch_command(path)}'
            ) from error

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels.

        :raises ValueError: not such an image.
        """
        if not self._running:
            raise RuntimeError('the detector was closed; make a new one')
        check_bgr(bgr)  # MediaPipe 0.10 reads beyond the end of what is no such image
        height, width = bgr.shape[:2]
        try:
            found = self._run(bgr)
        except Exception:
            # A MediaPipe graph that failed once refuses every image after it.
            self.close()
            self._start()
            raise
        faces = [in_pixels(face, width, height) for face in found]
        return [face for face in faces if has_shape(face)]

    def close(self) -> None:
        """Free the graph; the detector cannot be used after it."""
        self._close()

    def _start(self) -> None:
        # MediaPipe writes notes meant for its own developers to the terminal until the first
        # image is done.
        with silent_stderr():
            landmarker = self._mediapipe.tasks.vision.FaceLandmarker
            self._running = [landmarker.create_from_options(self._options)]
            self._close = weakref.finalize(self, _close, self._running)
            self._time = 0
            self._run(np.zeros(WARM_UP_SHAPE, np.uint8))

    def _run(self, bgr: np.ndarray) -> list:
        (landmarker,) = self._running
        rgb = rgb_for_mediapipe(bgr, self._input_width)
        image = self._mediapipe.Image(self._mediapipe.ImageFormat.SRGB, rgb)
        if not self._is_video:
            return landmarker.detect(image).face_landmarks
        self._time += FRAME_PERIOD
        return landmarker.detect_for_video(image, self._time).face_landmarks


def _close(running: list) -> None:
    # MediaPipe 1.x cannot close a graph at the end of the process, when whoever has forgotten to
    # close gets here, and shows a traceback for that.
    with silent_stderr(), suppress(Exception):
        running.pop().close()


def _options(
    tasks: Any, content: bytes, is_video: bool, faces: int, detection: float, presence: float
) -> Any:
    class Options(tasks.vision.FaceLandmarkerOptions):
        # MediaPipe 0.10 puts the confidence of the detection here; 1.x does not come by.
        def to_pb2(self) -> Any:
            message = super().to_pb2()
            landmarks = message.face_landmarks_detector_graph_options
            landmarks.min_detection_confidence = self.min_face_presence_confidence
            return message

    modes = tasks.vision.RunningMode
    return Options(
        base_options=tasks.BaseOptions(model_asset_buffer=content),
        running_mode=modes.VIDEO if is_video else modes.IMAGE,
        num_faces=faces,
        min_face_detection_confidence=detection,
        min_face_presence_confidence=presence,
    )
