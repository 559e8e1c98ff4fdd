"""What the estimator says about one head."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headpose_ros.rotation import quaternion_from_rotation, rpy_from_rotation


@dataclass(frozen=True, eq=False)
class HeadPose:
    """One head in one image.

    :ivar rotation: (3, 3) ``R_opt``, the head in the camera's optical frame along the line of
        sight to it; the identity faces the camera (see ``headpose_ros.rotation``).
    :ivar landmarks: (468, 3) pixels of the face mesh; x right, y down, depth in the scale of x,
        smaller is nearer.
    :ivar std: (3,) radians, standard deviations of roll, pitch and yaw: how sure ``rpy`` is.
    :ivar track_id: number of the person, kept from frame to frame by a ``FaceTracker``;
        ``None`` when nothing tracks.
    """

    rotation: np.ndarray
    landmarks: np.ndarray
    std: np.ndarray
    track_id: int | None = None

    @cached_property
    def rpy(self) -> np.ndarray:
        """(3,) roll, pitch, yaw in radians, REP-103 signs, zero when facing the camera."""
        return rpy_from_rotation(self.rotation)

    @cached_property
    def quaternion(self) -> np.ndarray:
        """(4,) x, y, z, w of the head frame in the optical frame."""
        return quaternion_from_rotation(self.rotation)

    @cached_property
    def bbox(self) -> np.ndarray:
        """(4,) x, y, width, height of the landmarks in pixels; may reach beyond the image."""
        low = self.landmarks[:, :2].min(axis=0)
        return np.concatenate([low, self.landmarks[:, :2].max(axis=0) - low])
