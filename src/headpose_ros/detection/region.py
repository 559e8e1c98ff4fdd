# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Rotated square region of interest around a face."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from headpose_ros.landmarks import Box, box_of

# Side of the region that MediaPipe's landmark networks are trained on, relative to the bounding
# box of the landmarks or of its face detectors (face_landmark_front_cpu.pbtxt).
MARGIN = 1.5

# Outer eye corners, the person's right one first: MediaPipe rotates the region by them.
EYE_CORNERS = (33, 263)


@dataclass(frozen=True)
class Region:
    """A square window in an image, rotated with the face in it.

    Pixel coordinates as in MediaPipe: the centre of the first pixel is (0.5, 0.5).

    :ivar x: of the centre, pixels.
    :ivar y: of the centre, pixels.
    :ivar side: of the square, pixels.
    :ivar clockwise: radians, clockwise rotation of the face from upright.
    """

    x: float
    y: float
    side: float
    clockwise: float = 0.0

    @classmethod
    def around_landmarks(cls, landmarks: np.ndarray) -> 'Region':
        """Region for the next frame by MediaPipe's rule, from landmarks (468, 3)."""
        box = box_of(landmarks)
        right, left = (landmarks[i] for i in EYE_CORNERS)
        turn = math.atan2(left[1] - right[1], left[0] - right[0])
        return cls(*box.center, MARGIN * box.longer_side, turn)

    @classmethod
    def around_box(cls, box: Box, eyes: np.ndarray, mouth: np.ndarray) -> 'Region':
        """The region of a detection.

        :param eyes: (2, 2) pixels, the person's right one first.
        :param mouth: (2,) pixels, centre.
        """
        across = eyes[1] - eyes[0]
        # In profile both eyes coincide; then the mouth gives the direction down.
        down = np.array([-across[1], across[0]]) + mouth - eyes.mean(axis=0)
        return cls(*box.center, MARGIN * box.longer_side, math.atan2(-down[0], down[1]))

    @cached_property
    def box(self) -> Box:
        """Upright box of the face: the region without margin and rotation."""
        half = self.side / MARGIN / 2.0
        return Box(self.x - half, self.y - half, self.x + half, self.y + half)

    def turned(self, clockwise: float) -> 'Region':
        """The region rotated further by this many radians."""
        return replace(self, clockwise=self.clockwise + clockwise)

    def grown(self, factor: float) -> 'Region':
        """The region scaled by a factor."""
        return replace(self, side=factor * self.side)

    def view(self, bgr: np.ndarray, size: int) -> np.ndarray:
        """Upright crop of an (H, W, 3) image: (size, size, 3), black beyond the image border."""
        linear = self._linear(size)
        # In OpenCV the centre of the first pixel is (0, 0).
        shift = size / 2.0 - 0.5 - linear @ (self.x - 0.5, self.y - 0.5)
        return cv2.warpAffine(bgr, np.column_stack([linear, shift]), (size, size))

    def to_image(self, points: np.ndarray, size: int) -> np.ndarray:
        """Transform points (n, 2 or 3) from pixels of ``view`` to the image, depth included."""
        moved = points.astype(float)
        moved[:, :2] = (moved[:, :2] - size / 2.0) @ np.linalg.inv(self._linear(size)).T
        moved[:, :2] += (self.x, self.y)
        moved[:, 2:] *= self.side / size
        return moved

    def region_to_image(self, region: 'Region', size: int) -> 'Region':
        """Transform a region from pixels of ``view`` to the image."""
        ((x, y),) = self.to_image(np.array([[region.x, region.y]]), size)
        turn = self.clockwise + region.clockwise
        return Region(x, y, region.side * self.side / size, turn)

    def _linear(self, size: int) -> np.ndarray:
        scale = size / self.side
        cos, sin = scale * math.cos(self.clockwise), scale * math.sin(self.clockwise)
        return np.array([[cos, sin], [-sin, cos]])
