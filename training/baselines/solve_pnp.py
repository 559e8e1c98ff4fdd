# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The common tutorial method: six landmarks, a generic head, ``cv2.solvePnP``.

Head points in the units of the tutorial, and the image width as focal length: Mallick, "Head Pose
Estimation using OpenCV and Dlib", LearnOpenCV, 2016. The iterative method starts without an
initial guess, as in the tutorial, and may converge to a head facing backwards.
"""

import cv2
import numpy as np

from training.samples import Dataset

NAME = 'solvePnP, six points'
NOTE = 'not trained: a generic head, focal length of the image width'

# Vertex of the face mesh to a point of the head; x to the image's right, y up, z out of the face.
_HEAD = {
    1: (0.0, 0.0, 0.0),  # tip of the nose
    152: (0.0, -330.0, -65.0),  # chin
    33: (-225.0, 170.0, -135.0),  # outer corners of the eyes, the one on the image's left first
    263: (225.0, 170.0, -135.0),
    61: (-150.0, -150.0, -125.0),  # corners of the mouth
    291: (150.0, -150.0, -125.0),
}
_OPTICAL_FROM_HEAD_MODEL = np.diag([1.0, -1.0, -1.0])


def rotation_from_landmarks(landmarks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``R_opt`` (3, 3) of a face; NaN without a solution.

    :param landmarks: (468, 3) pixels.
    :param shape: height and width of the image, pixels.
    """
    height, width = shape[:2]
    camera = np.array([[width, 0.0, width / 2.0], [0.0, width, height / 2.0], [0.0, 0.0, 1.0]])
    points = np.asarray(landmarks[list(_HEAD), :2], float)
    solved, vector, _ = cv2.solvePnP(
        np.array(list(_HEAD.values())), points, camera, None, flags=cv2.SOLVEPNP_ITERATIVE
    )
    if not solved:
        return np.full((3, 3), np.nan)
    return cv2.Rodrigues(vector)[0] @ _OPTICAL_FROM_HEAD_MODEL


def estimate(dataset: Dataset, landmarks: np.ndarray) -> np.ndarray:
    """``R_opt`` (n, 3, 3) of each sample; NaN without landmarks.

    :param landmarks: (n, 468, 3) pixels of the samples' faces; NaN if not found.
    """
    rotations = np.full((len(landmarks), 3, 3), np.nan)
    for i in np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2))):
        shape = dataset.samples[i].read_image().shape
        rotations[i] = rotation_from_landmarks(landmarks[i], shape)
    return rotations
