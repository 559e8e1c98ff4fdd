# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Baseline: MediaPipe's FaceMesh alone."""

import cv2
import mediapipe
import numpy as np

from headpose_ros.quiet import silent_stderr


class BareFaceMesh:
    """The loop of MediaPipe's own example, with the network used by this package.

    :param max_faces: maximum number of faces.
    """

    def __init__(self, max_faces: int = 1):
        with silent_stderr():
            self._face_mesh = mediapipe.solutions.face_mesh.FaceMesh(
                max_num_faces=max_faces, refine_landmarks=True
            )
            self.faces(np.zeros((480, 640, 3), np.uint8))

    def faces(self, bgr: np.ndarray) -> list:
        """Faces in a ``uint8`` (H, W, 3) BGR frame, as returned by MediaPipe."""
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        return self._face_mesh.process(rgb).multi_face_landmarks or []
