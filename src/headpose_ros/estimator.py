# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Image in, head poses out: the public face of the core."""

import os
from functools import partial

import numpy as np

from headpose_ros.camera import Camera, LineOfSight
from headpose_ros.detector import create_detector
from headpose_ros.face_detector import check_bgr
from headpose_ros.face_geometry import box_of
from headpose_ros.head_pose import HeadPose
from headpose_ros.model import load_model


class HeadPoseEstimator:
    """Finds the faces of an image and tells how the heads are turned.

    >>> with HeadPoseEstimator(max_faces=2) as estimator:
    ...     for head in estimator.estimate(bgr):
    ...         print(head.rpy)

    To be used from one thread.

    :param detector: name of the face detector, see ``headpose_ros.detector.DETECTORS``.
    :param mode: ``'image'`` for images that have nothing to do with one another; ``'video'``
        follows the faces from one image to the next, which is faster and steadier.
    :param max_faces: how many heads to return at the most. In ``'image'`` mode these are the
        largest faces; in ``'video'`` mode those that are already followed stay.
    :param model: a model file of your own, from a source you trust (joblib files run code when
        they are loaded); ``None`` for the one that comes with the package.
    :param bundle: file of the detector ``face_landmarker``; ``None`` looks for it where
        ``headpose_ros.bundle`` says.
    :param retry: look again, closer and at a turned image, when nobody is found.
    :param input_width: pixels: a wider image is shrunk for the detector to no less than this; 0
        for never. See ``headpose_ros.detector.create_detector``.
    :param confidences: ``min_detection_confidence`` and ``min_tracking_confidence`` of the
        detector, 0 to 1.
    :raises ValueError: a parameter has no meaning.
    :raises headpose_ros.model.ModelError: the model cannot be used.
    :raises headpose_ros.face_detector.DetectorUnavailable: the detector or its bundle is not
        installed.
    """

    def __init__(
        self,
        detector: str = 'face_mesh',
        mode: str = 'image',
        max_faces: int = 1,
        model: str | os.PathLike | None = None,
        bundle: str | os.PathLike | None = None,
        retry: bool = True,
        input_width: int = 0,
        **confidences: float,
    ):
        self._create_detector = partial(
            create_detector, detector, mode, max_faces, bundle, retry, input_width
        )
        self._detector = self._create_detector(**confidences)
        self._max_faces = max_faces
        try:
            self.model = load_model(model, detector)
        except BaseException:
            self.close()
            raise

    def estimate(self, bgr: np.ndarray, camera: Camera | None = None) -> list[HeadPose]:
        """Heads of an image, the largest face first; an empty list when there is none.

        :param bgr: ``uint8`` (H, W, 3), blue, green, red.
        :param camera: that took it, if it is calibrated. Then the model sees each face freed of
            the lens, of its place in the image and of the perspective of a near head, and the
            heads have a ``sight``; but for those that are where the calibration does not reach.
        :raises ValueError: not such an image.
        """
        check_bgr(bgr)
        faces = self._detector.detect(bgr)
        if not faces:
            return []
        if len(faces) > 1:
            largest_first = sorted(faces, key=lambda face: box_of(face).area, reverse=True)
            faces = largest_first[: self._max_faces]
        sights = [_sight(camera, face) for face in faces]
        seen = [
            face if sight is None else sight.portrait
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
        :raises headpose_ros.face_detector.DetectorUnavailable: the detector cannot start anew;
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
