# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image in, head poses out: the public face of the core."""

import os
import time
from functools import partial

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.detection.base import Face
from headpose_ros.detection.factory import (
    MIN_DETECTION_CONFIDENCE,
    SEARCH_RATE,
    create_detector,
)
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.bgr import check_bgr
from headpose_ros.landmarks import turned_landmarks
from headpose_ros.regression.model_file import load_model

# A face of which the landmark network is less sure than this is one when its pose is surer than
# that many radians, as of most faces seen from the side.
SURE_SCORE, SURE_STD = 0.9, np.radians(25.0)

# Radians, by mode. What is less sure than this is no face, as most things that are taken for one;
# in a video the next frames tell better.
UNSURE_STD = {'image': np.radians(35.0), 'video': np.radians(90.0)}

ROTATIONS = (0, 90, 180, 270)  # degrees, clockwise


class HeadPoseEstimator:
    """Finds the faces of an image and tells how the heads are turned.

    >>> with HeadPoseEstimator(max_faces=2) as estimator:
    ...     for head in estimator.estimate(bgr):
    ...         print(np.degrees(head.rpy).round())
    [-3.  6. -1.]

    To be used from one thread.

    :param detector: landmark network, ``'face_mesh'`` or ``'face_landmarker'``.
    :param mode: ``'image'`` for images that have nothing to do with one another; ``'video'``
        follows the faces from one image to the next, which is faster and steadier.
    :param max_faces: how many heads to return at the most. In ``'image'`` mode these are the
        largest faces; in ``'video'`` mode those that are already followed stay.
    :param model: a model file (.npz) of your own, or a .joblib with any regressor of scikit-learn
        from a source you trust (such files run code when they are loaded); ``None`` for the model
        that comes with the package.
    :param bundle: file of ``'face_landmarker'``; ``None`` for ``$HEADPOSE_FACE_LANDMARKER``, or
        what ``headpose fetch-model`` downloaded.
    :param face_detector: what proposes faces far away: ``'full_range'``, ``'yunet'`` or
        ``'short_range'``; ``'auto'`` for the first of these that is installed.
    :param search_rate: in ``'video'`` mode, looks per second for new faces, at most, while a face
        is followed; five times as many while there is none; fewer where nothing changes. 0: only
        in the first image.
    :param image_rotation: 0, 90, 180 or 270 degrees by which the images have to be turned
        clockwise to be upright, for a camera that is mounted otherwise. Poses and landmarks are
        in the axes of the image as it is given.
    :param min_detection_confidence: 0 to 1; a face is dropped whose detection scores below it.
    :param min_tracking_confidence: 0 to 1; a followed face is looked at again whose landmarks
        score below it.
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
        image_rotation: int = 0,
        min_detection_confidence: float = MIN_DETECTION_CONFIDENCE,
        min_tracking_confidence: float = 0.5,
    ):
        if image_rotation not in ROTATIONS:
            known = ', '.join(map(str, ROTATIONS))
            raise ValueError(f'image_rotation is {image_rotation!r}; want one of {known}')
        self._quarters = image_rotation // 90
        self._unsure_std = UNSURE_STD.get(mode, 0.0)
        self._create_detector = partial(
            create_detector, detector, mode, max_faces, bundle, face_detector, search_rate
        )
        self._detector = self._create_detector(min_detection_confidence, min_tracking_confidence)
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
        :param stamp: seconds, when it was taken; ``None`` for now. In ``'video'`` mode looks for
            new faces are rationed by it.
        :raises ValueError: not such an image.
        """
        check_bgr(bgr)
        faces = self._detect(bgr, time.monotonic() if stamp is None else stamp)
        if not faces:
            return []
        faces.sort(key=lambda face: face.box.area, reverse=True)
        sights = [_sight(camera, face.landmarks) for face in faces]
        seen = [
            face.landmarks if sight is None else sight.normalised_landmarks
            for face, sight in zip(faces, sights, strict=True)
        ]
        sizes = np.array([face.box.longer_side for face in faces])
        rotations, stds = self.model.predict_with_std(np.array(seen), sizes)
        heads = [
            HeadPose(rotation, face.landmarks, std, face.score, sight=sight)
            for rotation, face, std, sight in zip(rotations, faces, stds, sights, strict=True)
        ]
        return [
            head for head in heads
            if head.is_sure(self._unsure_std if head.score >= SURE_SCORE else SURE_STD)
        ]

    def _detect(self, bgr: np.ndarray, seconds: float) -> list[Face]:
        if not self._quarters:
            return list(self._detector.detect(bgr, seconds))
        upright = np.ascontiguousarray(np.rot90(bgr, -self._quarters))
        height, width = upright.shape[:2]
        # About the centres of the two images, of which one turns onto the other.
        back = np.array([-self._quarters])
        faces = []
        for face in self._detector.detect(upright, seconds):
            landmarks = face.landmarks - (width / 2.0, height / 2.0, 0.0)
            (landmarks,) = turned_landmarks(landmarks[None], back)
            landmarks += (bgr.shape[1] / 2.0, bgr.shape[0] / 2.0, 0.0)
            faces.append(Face(landmarks, face.score))
        return faces

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
            min_detection_confidence, min_tracking_confidence
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
