"""What the estimator says about one head."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headpose_ros.camera import LineOfSight
from headpose_ros.face_geometry import corners
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
    :ivar sight: the line of sight to the head; ``None`` where the camera is not calibrated.
    :ivar neutral: (3, 3) ``rotation`` that counts as straight ahead, to which ``rpy`` is relative
        and nothing else; ``None`` for a head that faces the camera.
    """

    rotation: np.ndarray
    landmarks: np.ndarray
    std: np.ndarray
    track_id: int | None = None
    sight: LineOfSight | None = None
    neutral: np.ndarray | None = None

    @cached_property
    def rpy(self) -> np.ndarray:
        """(3,) roll, pitch, yaw in radians, REP-103 signs, zero when looking straight ahead."""
        if self.neutral is None:
            return rpy_from_rotation(self.rotation)
        return rpy_from_rotation(self.neutral.T @ self.rotation)

    @cached_property
    def quaternion(self) -> np.ndarray:
        """(4,) x, y, z, w of the head frame in the optical frame."""
        return quaternion_from_rotation(self.rotation)

    @cached_property
    def corners(self) -> np.ndarray:
        """(2, 2) pixels, top left and bottom right of the landmarks; may be beyond the image."""
        return corners(self.landmarks)

    @cached_property
    def bbox(self) -> np.ndarray:
        """(4,) x, y, width, height of the landmarks in pixels; may reach beyond the image."""
        low, high = self.corners
        return np.concatenate([low, high - low])
