# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A turned square of an image in which one face is."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from headpose_ros.landmarks import Box, box_of

# Side of the region that MediaPipe's landmark networks are trained on, in sizes of the box around
# a face's landmarks, or of the box that its face detectors give (face_landmark_front_cpu.pbtxt).
MARGIN = 1.5

# Outer corners of the eyes, the person's right one first: MediaPipe turns the region by them.
EYE_CORNERS = (33, 263)


@dataclass(frozen=True)
class Region:
    """A square window in an image, turned with the face in it.

    Pixel coordinates are MediaPipe's: the middle of the first pixel is (0.5, 0.5).

    :ivar x: of its centre, pixels.
    :ivar y: of its centre, pixels.
    :ivar side: of the square, pixels.
    :ivar clockwise: radians by which the face in it is turned from upright.
    """

    x: float
    y: float
    side: float
    clockwise: float = 0.0

    @classmethod
    def around_landmarks(cls, landmarks: np.ndarray) -> 'Region':
        """Where MediaPipe looks for the face of these landmarks (468, 3) in the next frame."""
        box = box_of(landmarks)
        right, left = (landmarks[i] for i in EYE_CORNERS)
        turn = math.atan2(left[1] - right[1], left[0] - right[0])
        return cls(*box.center, MARGIN * box.longer_side, turn)

    @classmethod
    def around_box(cls, box: Box, eyes: np.ndarray, mouth: np.ndarray) -> 'Region':
        """The region of a detection.

        :param eyes: (2, 2) pixels, the person's right one first.
        :param mouth: (2,) pixels, its middle.
        """
        across = eyes[1] - eyes[0]
        # From the side both eyes are in one place; then the mouth tells what is down.
        down = np.array([-across[1], across[0]]) + mouth - eyes.mean(axis=0)
        return cls(*box.center, MARGIN * box.longer_side, math.atan2(-down[0], down[1]))

    @cached_property
    def box(self) -> Box:
        """The upright box of the face: the region without its margin, as if it were not turned."""
        half = self.side / MARGIN / 2.0
        return Box(self.x - half, self.y - half, self.x + half, self.y + half)

    def turned(self, clockwise: float) -> 'Region':
        """The region turned by so many radians more."""
        return replace(self, clockwise=self.clockwise + clockwise)

    def grown(self, factor: float) -> 'Region':
        """The region so many times larger."""
        return replace(self, side=factor * self.side)

    def view(self, bgr: np.ndarray, size: int) -> np.ndarray:
        """What is in it of an (H, W, 3) image, upright: (size, size, 3), black beyond borders."""
        linear = self._linear(size)
        # OpenCV counts from the middle of the first pixel.
        shift = size / 2.0 - 0.5 - linear @ (self.x - 0.5, self.y - 0.5)
        return cv2.warpAffine(bgr, np.column_stack([linear, shift]), (size, size))

    def to_image(self, points: np.ndarray, size: int) -> np.ndarray:
        """Points (n, 2 or 3) in pixels of ``view`` as pixels of the image, depth scaled alike."""
        moved = points.astype(float)
        moved[:, :2] = (moved[:, :2] - size / 2.0) @ np.linalg.inv(self._linear(size)).T
        moved[:, :2] += (self.x, self.y)
        moved[:, 2:] *= self.side / size
        return moved

    def region_to_image(self, region: 'Region', size: int) -> 'Region':
        """A region in pixels of ``view`` as one of the image."""
        ((x, y),) = self.to_image(np.array([[region.x, region.y]]), size)
        turn = self.clockwise + region.clockwise
        return Region(x, y, region.side * self.side / size, turn)

    def _linear(self, size: int) -> np.ndarray:
        scale = size / self.side
        cos, sin = scale * math.cos(self.clockwise), scale * math.sin(self.clockwise)
        return np.array([[cos, sin], [-sin, cos]])
