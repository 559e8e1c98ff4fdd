# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's own head pose: the ``facial_transformation_matrixes`` of its Face Landmarker.

The task fits its canonical face to the landmarks, with a camera of 63 degrees vertical field of
view. Not trained here.
"""

import os
from contextlib import closing
from functools import partial

import cv2
import numpy as np

from headpose_ros.assets.bundle import find_bundle, read_bundle
from headpose_ros.detection.mediapipe_common import (
    as_array,
    import_mediapipe,
    in_pixels,
)
from headpose_ros.quiet import silent_stderr
from headpose_ros.rotation import nearest_rotation
from training.baselines.face_mesh import map_samples
from training.detecting import MAX_FACES, pick_labelled_face
from training.samples import Dataset, Sample

NAME = "MediaPipe's transformation matrix"
NOTE = 'not trained here: the Face Landmarker fits a canonical face'

# Camera and canonical face have OpenGL axes: x right, y up, z backwards (out of the face). The
# optical frame has x right, y down, z forward.
_OPTICAL_FROM_OPENGL = np.diag([1.0, -1.0, -1.0])


class TransformationMatrix:
    """Face Landmarker with its transformation matrices, on single images.

    :param bundle: path of the ``.task`` file; ``None`` for the default of ``assets.bundle``.
    :raises headpose_ros.errors.DetectorUnavailableError: MediaPipe or the bundle is missing.
    """

    def __init__(self, bundle: str | os.PathLike | None = None):
        content = read_bundle(find_bundle(bundle))
        self._mediapipe = import_mediapipe()
        tasks = self._mediapipe.tasks
        options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=content),
            num_faces=MAX_FACES,
            output_facial_transformation_matrixes=True,
        )
        with silent_stderr():
            self._landmarker = tasks.vision.FaceLandmarker.create_from_options(options)

    def detect(self, bgr: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Landmarks (468, 3) in pixels and ``R_opt`` (3, 3) of the faces in a BGR image."""
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        found = self._landmarker.detect(
            self._mediapipe.Image(self._mediapipe.ImageFormat.SRGB, rgb)
        )
        height, width = bgr.shape[:2]
        return [
            (in_pixels(as_array(face), width, height), rotation_from_matrix(matrix))
            for face, matrix in zip(
                found.face_landmarks, found.facial_transformation_matrixes, strict=True
            )
        ]

    def close(self) -> None:
        """Release the graph."""
        self._landmarker.close()


def rotation_from_matrix(matrix: np.ndarray) -> np.ndarray:
    """``R_opt`` (3, 3) of a facial transformation matrix (4, 4)."""
    rotation = nearest_rotation(np.asarray(matrix, float)[:3, :3])
    return _OPTICAL_FROM_OPENGL @ rotation @ _OPTICAL_FROM_OPENGL


def estimate(
    dataset: Dataset, bundle: str | os.PathLike | None = None, jobs: int = -1
) -> np.ndarray:
    """``R_opt`` (n, 3, 3) of the labelled face of each sample; NaN if not found.

    :param jobs: processes; -1 for one per core.
    """
    return map_samples(partial(_estimate_some, bundle=bundle), dataset, jobs, NAME)


def _estimate_some(samples: list[Sample], bundle: str | os.PathLike | None) -> np.ndarray:
    rotations = np.full((len(samples), 3, 3), np.nan)
    with silent_stderr(), closing(TransformationMatrix(bundle)) as baseline:
        for i, sample in enumerate(samples):
            faces = baseline.detect(sample.read_image())
            picked = pick_labelled_face([landmarks for landmarks, _ in faces], sample.region)
            for landmarks, rotation in faces:
                if landmarks is picked:
                    rotations[i] = rotation
    return rotations
