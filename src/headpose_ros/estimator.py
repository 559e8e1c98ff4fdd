# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image in, head poses out: the public face of the core."""

import os
import time
from functools import partial

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.detection.factory import SEARCH_RATE, create_detector
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.bgr import check_bgr
from headpose_ros.landmarks import box_of
from headpose_ros.regression.model_file import load_model


class HeadPoseEstimator:
    """Finds the faces of an image and tells how the heads are turned.

    >>> with HeadPoseEstimator(max_faces=2) as estimator:
    ...     for head in estimator.estimate(bgr):
    ...         print(head.rpy)

    To be used from one thread.

    :param detector: name of the face detector, see ``headpose_ros.detection.factory.DETECTORS``.
    :param mode: ``'image'`` for images that have nothing to do with one another; ``'video'``
        follows the faces from one image to the next, which is faster and steadier.
    :param max_faces: how many heads to return at the most. In ``'image'`` mode these are the
        largest faces; in ``'video'`` mode those that are already followed stay.
    :param model: a model file of your own, from a source you trust (joblib files run code when
        they are loaded); ``None`` for the one that comes with the package.
    :param bundle: file of the detector ``face_landmarker``; ``None`` looks for it where
        ``headpose_ros.assets.bundle`` says.
    :param retry: look again, closer and at a turned image, when nobody is found.
    :param input_width: pixels: a wider image is shrunk for the detector to no less than this, see
        ``headpose_ros.detection.mediapipe_common.rgb_for_mediapipe``; 0 for never. Crops for the
        second-pass search are made from the image itself.
    :param confidences: ``min_detection_confidence`` and ``min_tracking_confidence`` of the
        detector, 0 to 1.
    :raises ValueError: a parameter has no meaning.
    :raises headpose_ros.errors.ModelError: the model cannot be used.
    :raises headpose_ros.errors.DetectorUnavailableError: the detector or its bundle is not
        installed.
    """

    def __init__(
        self,
        detector: str = 'face_mesh',
        mode: str = 'image',
        max_faces: int = 5,
        model: str | os.PathLike | None = None,
        bundle: str | os.PathLike | None = None,
        face_detector: str = 'auto',
        search_rate: float = SEARCH_RATE,
        **confidences: float,
    ):
        self._create_detector = partial(
            create_detector, detector, mode, max_faces, bundle, face_detector, search_rate
        )
        self._detector = self._create_detector(**confidences)
        try:
            self.model = load_model(model, detector)
        except BaseException:
            self.close()
            raise

    def estimate(
        self, bgr: np.ndarray, camera: Camera | None = None, stamp: float | None = None
    ) -> list[HeadPose]:
        """Heads of an image, the largest face first; an empty list when there is none.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param camera: that took it, if it is calibrated. Then the model sees each face freed of
            the lens, of its place in the image and of the perspective of a near head, and the
            heads have a ``sight``; but for those that are where the calibration does not reach.
        :raises ValueError: not such an image.
        """
        check_bgr(bgr)
        found = self._detector.detect(bgr, time.monotonic() if stamp is None else stamp)
        if not found:
            return []
        faces = [face.landmarks for face in found]
        if len(faces) > 1:
            faces.sort(key=lambda face: box_of(face).area, reverse=True)
        sights = [_sight(camera, face) for face in faces]
        seen = [
            face if sight is None else sight.normalised_landmarks
            for face, sight in zip(faces, sights, strict=True)
        ]
        rotations, stds = self.model.predict_with_std(np.array(seen))
        return [
            HeadPose(rotation, face, std, sight=sight)
            for rotation, face, std, sight in zip(rotations, faces, stds, sights, strict=True)
        ]

    def set_confidences(
        self, min_detection_confidence: float, min_tracking_confidence: float
    ) -> None:
        """Go on with a detector of other confidences, each 0 to 1.

        :raises ValueError: a confidence has no meaning; then the detector stays as it was.
        :raises headpose_ros.errors.DetectorUnavailableError: the detector cannot start anew;
            then it stays as it was too.
        """
        before = self._detector
        self._detector = self._create_detector(
            min_detection_confidence=min_detection_confidence,
            min_tracking_confidence=min_tracking_confidence,
        )
        before.close()

    def close(self) -> None:
        """Free the detector; the estimator cannot be used after it."""
        self._detector.close()

    def __enter__(self) -> 'HeadPoseEstimator':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _sight(camera: Camera | None, landmarks: np.ndarray) -> LineOfSight | None:
    if camera is None:
        return None
    try:
        return camera.sight_to(landmarks)
    except ValueError:  # the calibration does not reach there
        return None
