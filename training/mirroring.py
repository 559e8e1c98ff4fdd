# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Landmarks of a mirrored face, without the image."""

import numpy as np

from headpose_ros.landmarks import LANDMARK_COUNT

# Runs of vertices of MediaPipe's face mesh and their mirror images: first vertex of a run on the
# person's right, its mirror image, length. Vertices in no run are on the midline. From the
# assignment with least squared distance (scipy's linear_sum_assignment) between the mean of
# FaceMesh's near-frontal faces and its mirror image.
_RUNS = (
    (3, 248, 1),
    (7, 249, 1),
    (20, 250, 74),
    (95, 324, 56),
    (153, 380, 11),
    (165, 391, 3),
    (169, 394, 6),
    (176, 400, 19),
    (196, 419, 1),
    (198, 420, 1),
    (201, 421, 47),
)


def _mirrored_vertices() -> np.ndarray:
    vertices = np.arange(LANDMARK_COUNT)
    for right, left, length in _RUNS:
        run = np.arange(length)
        vertices[right + run], vertices[left + run] = left + run, right + run
    return vertices


# (468,) mirror image of each vertex.
MIRRORED_VERTICES = _mirrored_vertices()


def mirror_landmarks(landmarks: np.ndarray) -> np.ndarray:
    """Landmarks of the mirrored face: (..., 468, 3) pixels, mirrored about x = 0."""
    return landmarks[..., MIRRORED_VERTICES, :] * (-1.0, 1.0, 1.0)
