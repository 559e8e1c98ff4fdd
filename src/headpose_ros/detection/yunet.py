# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""YuNet, a small face detector, run by OpenCV.

Wu, Peng and Yu: YuNet: A Tiny Millisecond-level Face Detector, Machine Intelligence Research 2023.
"""

from pathlib import Path

import cv2
import numpy as np

from headpose_ros.detection.base import Candidate
from headpose_ros.detection.region import Region
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import Box

# Columns of a detection: x, y, width, height, five points (right eye, left eye, nose, right and
# left mouth corner), score.
_EYES, _MOUTH, _SCORE = slice(4, 8), slice(10, 14), 14

_SUPPRESSION = 0.3  # overlap threshold of non-maximum suppression
_MAX_FACES = 100


class YuNetDetector:
    """Proposes faces of 10 to 300 pixels; see ``CandidateDetector``.

    :param path: of its ``.onnx`` file.
    :param min_confidence: 0 to 1, score threshold.
    :raises DetectorUnavailableError: OpenCV cannot load the file.
    """

    def __init__(self, path: Path, min_confidence: float):
        try:
            self._network = cv2.FaceDetectorYN.create(
                str(path), '', (32, 32), min_confidence, _SUPPRESSION, _MAX_FACES
            )
        except cv2.error as error:
            raise DetectorUnavailableError(f'OpenCV cannot load {path}: {error}') from error

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        """As ``CandidateDetector.find``."""
        height, width = rgb.shape[:2]
        self._network.setInputSize((width, height))
        _, found = self._network.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        candidates = []
        for row in np.empty((0, 15)) if found is None else found.astype(float):
            box = Box(0.0, 0.0, row[2], row[3]).moved(row[0], row[1])
            mouth = row[_MOUTH].reshape(2, 2).mean(axis=0)
            region = Region.around_box(box, row[_EYES].reshape(2, 2), mouth)
            candidates.append(Candidate(region, row[_SCORE]))
        return candidates

    def close(self) -> None:
        """No-op: OpenCV releases it."""
