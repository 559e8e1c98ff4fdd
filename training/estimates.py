# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Estimates of a model for labelled faces, in the axes of the labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from headpose_ros.camera.camera import Camera
from headpose_ros.landmarks import face_sizes
from headpose_ros.regression.averaging import average_rotations
from headpose_ros.regression.model import Model, predict_rotations
from headpose_ros.rotation import nearest_rotation
from training.uncertainty import angle_deviations


@dataclass(frozen=True, eq=False)
class Estimates:
    """Rotations of n faces and their uncertainty.

    :ivar rotations: (n, 3, 3) ``R_opt``: in camera axes with a camera, else along the line of
        sight.
    :ivar rays: (n, 3, 3) ``R_ray``, from the line of sight to these axes; identity without a
        camera.
    :ivar std: (n, 3) radians, standard deviations of roll, pitch and yaw along the line of sight.
    """

    rotations: np.ndarray
    rays: np.ndarray
    std: np.ndarray

    def deviation_ratios(self, labelled: np.ndarray) -> np.ndarray:
        """Ratios (n, 3) of the errors of roll, pitch and yaw to their standard deviations.

        :param labelled: (n, 3, 3) ``R_opt``, in the axes of ``rotations``.
        """
        estimated, labelled = self.to_sight(self.rotations), self.to_sight(labelled)
        return angle_deviations(estimated, labelled) / self.std

    def to_sight(self, rotations: np.ndarray) -> np.ndarray:
        """Rotations (n, 3, 3) in the axes of ``rotations``, along the line of sight."""
        return self.rays.swapaxes(1, 2) @ rotations

    def averaged(self, second: 'Estimates', rows: np.ndarray) -> 'Estimates':
        """Averaged with those of a second model, see ``average_rotations``.

        :param rows: (m,) indices of the m faces of ``second``.
        """
        rotations, std = self.rotations.copy(), self.std.copy()
        rotations[rows], std[rows] = average_rotations(
            (rotations[rows], second.rotations), (std[rows], second.std)
        )
        return replace(self, rotations=rotations, std=std)

    def without_offsets(self, labelled: np.ndarray, groups: np.ndarray) -> 'Estimates':
        """The same with the mean offset of each group removed.

        The offset is a rotation in head axes, due to individual face shape or to the placement of
        the label axes.

        :param labelled: (n, 3, 3) ``R_opt``, in the axes of ``rotations``.
        :param groups: (n,) str, person in the image.
        """
        rotations = self.rotations.copy()
        for group in np.unique(groups):
            rows = groups == group
            offsets = labelled[rows].swapaxes(1, 2) @ self.rotations[rows]
            rotations[rows] @= nearest_rotation(offsets.mean(axis=0)).T
        return replace(self, rotations=rotations)


def estimate_faces(model: Model, landmarks: np.ndarray, camera: Camera | None) -> Estimates:
    """Estimates of faces; with a camera as by ``headpose_ros.six_dof.camera_pose``.

    :param landmarks: (n, 468, 3) pixels.
    :param camera: of the images, if the labels are in its axes.
    :raises ValueError: impossible face for this camera.
    """
    sizes = face_sizes(landmarks)
    seen, rays = _along_sights(landmarks, camera)
    rotations, std = model.predict_with_std(seen, sizes)
    return Estimates(rays @ rotations, rays, std)


def rotations_of(
    predict: Callable[[np.ndarray], np.ndarray],
    features: str,
    landmarks: np.ndarray,
    camera: Camera | None,
) -> np.ndarray:
    """``Estimates.rotations`` of faces by a regressor alone.

    :param predict: from features to the nine entries of ``R_opt``.
    :param features: a key of ``headpose_ros.regression.features.FEATURE_SETS``.

    The others are those of ``estimate_faces``.
    """
    seen, rays = _along_sights(landmarks, camera)
    return rays @ predict_rotations(predict, features, seen)


def _along_sights(
    landmarks: np.ndarray, camera: Camera | None
) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (n, 468, 3) as input of a model, and ``R_ray`` (n, 3, 3)."""
    if camera is None:
        return landmarks, np.tile(np.eye(3), (len(landmarks), 1, 1))
    sights = [camera.sight_to(face) for face in landmarks]
    seen = np.array([sight.normalised_landmarks for sight in sights])
    return seen, np.array([sight.rotation for sight in sights])
