# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""FaceMesh as used by the baselines: a single pass over the whole image."""

from collections.abc import Callable

import cv2
import numpy as np

from headpose_ros.detection.mediapipe_common import as_array, import_mediapipe, in_pixels
from headpose_ros.landmarks import LANDMARK_COUNT
from headpose_ros.quiet import silent_stderr
from training.detecting import MAX_FACES, pick_labelled_face
from training.parallel import run_parallel
from training.samples import Dataset, Sample

_IMAGES_PER_TASK = 100


def find_faces(dataset: Dataset, jobs: int = -1) -> np.ndarray:
    """Landmarks (n, 468, 3) in pixels of the labelled face of each sample; NaN if not found.

    :param jobs: processes; -1 for one per core.
    """
    return map_samples(_find_some, dataset, jobs, 'face_mesh of the baselines')


def map_samples(
    function: Callable[[list[Sample]], np.ndarray], dataset: Dataset, jobs: int, description: str
) -> np.ndarray:
    """Results (n, ...) of a function for the n samples of a dataset, in batches.

    :param function: of m samples, returns (m, ...).
    :param jobs: processes; -1 for one per core.
    :param description: label of the progress bar.
    """
    samples, step = dataset.samples, _IMAGES_PER_TASK
    tasks = [(samples[i : i + step],) for i in range(0, len(samples), step)]
    return np.concatenate(run_parallel(function, tasks, jobs, description, 'image', step))


def _find_some(samples: list[Sample]) -> np.ndarray:
    landmarks = np.full((len(samples), LANDMARK_COUNT, 3), np.nan, np.float32)
    # MediaPipe's output would garble the progress bar.
    face_mesh = import_mediapipe().solutions.face_mesh.FaceMesh
    with silent_stderr(), face_mesh(True, MAX_FACES, refine_landmarks=True) as mesh:
        for i, sample in enumerate(samples):
            bgr = sample.read_image()
            found = mesh.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).multi_face_landmarks or []
            size = bgr.shape[1::-1]
            faces = [in_pixels(as_array(each.landmark), *size) for each in found]
            face = pick_labelled_face(faces, sample.region)
            if face is not None:
                landmarks[i] = face
    return landmarks
