# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image in, head poses out: the main entry point of the core."""

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
    networks_of,
)
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.bgr import check_bgr
from headpose_ros.landmarks import face_sizes, turned_landmarks
from headpose_ros.regression.averaging import average_rotations
from headpose_ros.regression.model import Model
from headpose_ros.regression.model_file import load_model

# A face below this landmark score is kept only if its pose std (radians) is below this limit, as
# for most faces in profile.
SURE_SCORE, SURE_STD = 0.9, np.radians(25.0)

# Radians, by mode: larger stds are treated as false positives. Looser for video, where the next
# frames decide.
UNSURE_STD = {'image': np.radians(35.0), 'video': np.radians(90.0)}

ROTATIONS = (0, 90, 180, 270)  # degrees, clockwise


class HeadPoseEstimator:
    """Detects faces in an image and estimates the head poses.

    >>> with HeadPoseEstimator(max_faces=2) as estimator:
    ...     for head in estimator.estimate(bgr):
    ...         print(np.degrees(head.rpy).round())
    [-3.  6. -1.]

    Not thread-safe.

    :param detector: landmark network, ``'face_mesh'`` or ``'face_landmarker'``; ``'both'``
        averages the poses of both.
    :param mode: ``'image'`` for unrelated images; ``'video'`` tracks faces from one image to the
        next, which is faster and more stable.
    :param max_faces: maximum number of heads returned. In ``'image'`` mode the largest faces; in
        ``'video'`` mode faces already tracked take precedence.
    :param model: your own model file (.npz), or a .joblib with any scikit-learn regressor from a
        trusted source (loading one executes code); ``None`` for the built-in model. With
        ``'both'``, that of ``'face_mesh'``.
    :param bundle: bundle of ``'face_landmarker'`` and ``'both'``; ``None`` for
        ``$HEADPOSE_FACE_LANDMARKER``, or the one downloaded by ``headpose fetch-model``.
    :param face_detector: detector for distant faces: ``'full_range'``, ``'yunet'`` or
        ``'short_range'``; ``'auto'`` for the first of these that is installed.
    :param search_rate: in ``'video'`` mode, maximum rate (Hz) of searches for new faces while a
        face is tracked; five times that while none is; lower in static scenes. 0: search the first
        image only.
    :param image_rotation: clockwise rotation that makes the images upright, for rotated cameras:
        0, 90, 180 or 270 degrees. Poses and landmarks stay in the axes of the given image.
    :param min_detection_confidence: 0 to 1; detections scoring below are discarded.
    :param min_tracking_confidence: 0 to 1; a tracked face whose landmarks score below is detected
        again.
    :raises ValueError: invalid parameter.
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
            raise ValueError(f'image_rotation is {image_rotation!r}; expected one of {known}')
        self._quarters = image_rotation // 90
        self._unsure_std = UNSURE_STD.get(mode, 0.0)
        self._create_detector = partial(
            create_detector, detector, mode, max_faces, bundle, face_detector, search_rate
        )
        self._detector = self._create_detector(min_detection_confidence, min_tracking_confidence)
        first, *others = networks_of(detector)
        try:
            self.models = (load_model(model, first), *(load_model(None, x) for x in others))
        except BaseException:
            self.close()
            raise

    def estimate(
        self, bgr: np.ndarray, camera: Camera | None = None, stamp: float | None = None
    ) -> list[HeadPose]:
        """Heads in an image, largest face first; empty if there is none.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param camera: calibration of the image, if known. Landmarks are then undistorted and
            re-projected to a virtual camera facing the head, perspective of near heads removed,
            and the heads have a ``sight``, except where the calibration is not valid.
        :param stamp: acquisition time in seconds; ``None`` for now. Schedules the searches for new
            faces in ``'video'`` mode.
        :raises ValueError: not such an image.
        """
        check_bgr(bgr)
        faces = self._detect(bgr, time.monotonic() if stamp is None else stamp)
        if not faces:
            return []
        faces.sort(key=lambda face: face.box.area, reverse=True)
        landmarks = np.array([face.landmarks for face in faces])
        sights, rotations, stds = _predict(self.models[0], landmarks, camera)
        for second in self.models[1:]:
            rotations, stds = _with_second(second, faces, camera, sights, rotations, stds)
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
        # About the image centres, which map onto each other.
        back = np.array([-self._quarters])
        faces = []
        for face in self._detector.detect(upright, seconds):
            seen = [face.landmarks] if face.second is None else [face.landmarks, face.second]
            landmarks = np.array(seen) - (width / 2.0, height / 2.0, 0.0)
            landmarks = turned_landmarks(landmarks, np.repeat(back, len(seen)))
            landmarks += (bgr.shape[1] / 2.0, bgr.shape[0] / 2.0, 0.0)
            faces.append(Face(landmarks[0], face.score, *landmarks[1:]))
        return faces

    def set_confidences(
        self, min_detection_confidence: float, min_tracking_confidence: float
    ) -> None:
        """Restart the detector with other confidences, each 0 to 1.

        On error the running detector is kept.

        :raises ValueError: invalid confidence.
        :raises headpose_ros.errors.DetectorUnavailableError: the detector cannot be restarted.
        """
        before = self._detector
        self._detector = self._create_detector(
            min_detection_confidence, min_tracking_confidence
        )
        before.close()

    def close(self) -> None:
        """Release the detector; the estimator cannot be used afterwards."""
        self._detector.close()

    def __enter__(self) -> 'HeadPoseEstimator':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _predict(
    model: Model, landmarks: np.ndarray, camera: Camera | None
) -> tuple[list[LineOfSight | None], np.ndarray, np.ndarray]:
    """Lines of sight, rotations along them (n, 3, 3), and stds (n, 3) of faces (n, 468, 3)."""
    sights = [_sight(camera, each) for each in landmarks]
    seen = [
        each if sight is None else sight.normalised_landmarks
        for each, sight in zip(landmarks, sights, strict=True)
    ]
    rotations, stds = model.predict_with_std(np.array(seen), face_sizes(landmarks))
    return sights, rotations, stds


def _with_second(
    model: Model, faces: list[Face], camera: Camera | None, sights: list[LineOfSight | None],
    rotations: np.ndarray, stds: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and stds averaged with those of the second landmarks, where there are any."""
    known = [i for i, face in enumerate(faces) if face.second is not None]
    if not known:
        return rotations, stds
    others, second, second_stds = _predict(
        model, np.array([faces[i].second for i in known]), camera
    )
    for row, (i, other) in enumerate(zip(known, others, strict=True)):
        sight = sights[i]
        if sight is not None and other is not None:
            second[row] = sight.rotation.T @ other.rotation @ second[row]
    rotations[known], stds[known] = average_rotations(
        (rotations[known], second), (stds[known], second_stds)
    )
    return rotations, stds


def _sight(camera: Camera | None, landmarks: np.ndarray) -> LineOfSight | None:
    if camera is None:
        return None
    try:
        return camera.sight_to(landmarks)
    except ValueError:  # the calibration is not valid there
        return None
