# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Result of the estimator for one head."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.landmarks import Box, box_of
from headpose_ros.rotation import (
    quaternion_from_rotation,
    rotation_covariance,
    rpy_from_rotation,
)


@dataclass(frozen=True, eq=False)
class HeadPose:
    """One head in one image.

    :ivar rotation: (3, 3) ``R_opt``, the head in the optical frame along the line of sight to it;
        identity faces the camera (see ``headpose_ros.rotation``).
    :ivar landmarks: (468, 3) pixels, face mesh; x right, y down, depth in the scale of x, smaller
        is nearer.
    :ivar std: (3,) radians, standard deviations of roll, pitch and yaw.
    :ivar score: 0 to 1, confidence of the landmark network that this is a face.
    :ivar track_id: track ID of the person, such as ``f1``, assigned by a ``FaceTracker``; ``None``
        without tracking.
    :ivar sight: line of sight to the head; ``None`` without calibration.
    :ivar neutral: (3, 3) ``rotation`` of the neutral pose, to which only ``rpy`` is relative;
        ``None``: neutral is facing the camera.
    """

    rotation: np.ndarray
    landmarks: np.ndarray
    std: np.ndarray
    score: float = 1.0
    track_id: str | None = None
    sight: LineOfSight | None = None
    neutral: np.ndarray | None = None

    @cached_property
    def rpy(self) -> np.ndarray:
        """(3,) roll, pitch, yaw in radians, REP-103 signs, zero in the neutral pose."""
        if self.neutral is None:
            return rpy_from_rotation(self.rotation)
        return rpy_from_rotation(self.neutral.T @ self.rotation)

    @cached_property
    def quaternion(self) -> np.ndarray:
        """(4,) x, y, z, w, orientation of the head frame in the optical frame."""
        return quaternion_from_rotation(self.rotation)

    @cached_property
    def rotation_covariance(self) -> np.ndarray:
        """(3, 3) rad², of small rotations about the fixed axes of ``rotation``."""
        return rotation_covariance(self.rotation, self.std)

    @cached_property
    def box(self) -> Box:
        """Bounding box of the landmarks, pixels; may extend beyond the image."""
        return box_of(self.landmarks)

    @cached_property
    def bbox(self) -> np.ndarray:
        """(4,) x, y, width, height of ``box`` in pixels."""
        box = self.box
        return np.array([box.left, box.top, box.width, box.height])

    def is_sure(self, max_std: float) -> bool:
        """Whether no angle has a standard deviation above ``max_std`` (radians)."""
        return max(self.std.tolist()) <= max_std

    def known_as(
        self, track_id: str, rotation: np.ndarray, neutral: np.ndarray | None
    ) -> 'HeadPose':
        """Copy with track ID, smoothed rotation and neutral pose."""
        head = replace(self, track_id=track_id, rotation=rotation, neutral=neutral)
        head.__dict__['box'] = self.box  # same landmarks
        return head
