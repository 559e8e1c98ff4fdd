# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Rotations, angles and frames: the single place where the conventions are defined.

``R_opt`` is the rotation of the head in the camera's optical frame (REP-103: x right, y down,
z forward); the identity faces the camera. The head frame is REP-103's too: x out of the face,
y to the person's left, z to the top of the head. All angles are radians.

Published angles are REP-103's roll, pitch, yaw: +roll tilts the head to the person's right, +pitch
looks down, +yaw turns to the person's left. Those of the labels are in ``training.rotation``.

scipy has most of this too, but adds 23 MB and a quarter of a second to the node.
"""

import math

import cv2
import numpy as np

# Axes of the head frame in the optical frame, as columns, for a head that faces the camera.
OPTICAL_FROM_HEAD = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])


_QUARTERS = np.array([
    [[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]]
    for cos, sin in ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
])


def rpy_from_rotation(rotation: np.ndarray) -> np.ndarray:
    """Published roll, pitch, yaw, of ``Qt R_opt Q`` about fixed axes: (..., 3, 3) to (..., 3)."""
    # From the first column and last row of OPTICAL_FROM_HEAD.T @ r @ OPTICAL_FROM_HEAD, which are
    # entries of r.
    r = np.asarray(rotation, float)
    return np.stack(
        [
            np.arctan2(-r[..., 1, 0], r[..., 1, 1]),
            np.arcsin(np.minimum(np.maximum(-r[..., 1, 2], -1.0), 1.0)),
            np.arctan2(-r[..., 0, 2], r[..., 2, 2]),
        ],
        axis=-1,
    )


def rotation_from_rpy(roll_pitch_yaw: np.ndarray) -> np.ndarray:
    """``R_opt`` from published roll, pitch, yaw: (3,) to (3, 3)."""
    x, y, z = (rotation_from_vector(v) for v in np.diag(np.asarray(roll_pitch_yaw, float)))
    head = z @ y @ x
    return OPTICAL_FROM_HEAD @ head @ OPTICAL_FROM_HEAD.T


def quaternion_from_rotation(rotation: np.ndarray) -> np.ndarray:
    """Quaternion (x, y, z, w) of the head frame in the optical frame: (3, 3) to (4,), w >= 0."""
    x, y, z = vector_from_rotation(rotation @ OPTICAL_FROM_HEAD).tolist()
    half = math.hypot(x, y, z) / 2.0
    factor = math.sin(half) / (2.0 * half) if half > 0.0 else 0.5
    return np.array([x * factor, y * factor, z * factor, math.cos(half)])


# OpenCV for per-frame conversions: scipy's conversions from matrices and to quaternions take as
# long as the regressor.


def vector_from_rotation(rotation: np.ndarray) -> np.ndarray:
    """Rotation vector, radians: (3, 3) to (3,). Zero below 1e-5 radians."""
    return cv2.Rodrigues(rotation)[0][:, 0]


def rotation_from_vector(vector: np.ndarray) -> np.ndarray:
    """Rotation from a rotation vector in radians: (3,) to (3, 3)."""
    return cv2.Rodrigues(vector)[0]


def rotation_covariance(rotation: np.ndarray, rpy_std: np.ndarray) -> np.ndarray:
    """Covariance (3, 3) of small rotations about the fixed axes of the optical frame.

    :param rotation: (3, 3) ``R_opt``.
    :param rpy_std: (3,) standard deviations of its roll, pitch and yaw, assumed independent.
    """
    # Small changes of roll rotate about the x axis of the head, of pitch about the intermediate y
    # axis, of yaw about the fixed z axis: these axes as columns, in the optical frame.
    sin_pitch = min(max(-float(rotation[1, 2]), -1.0), 1.0)
    cos_pitch = math.sqrt(1.0 - sin_pitch**2)
    yaw = math.atan2(-rotation[0, 2], rotation[2, 2])
    cos, sin = math.cos(yaw), math.sin(yaw)
    axes = np.array([
        (sin * cos_pitch, cos, 0.0), (sin_pitch, 0.0, -1.0), (-cos * cos_pitch, sin, 0.0)
    ])
    return (axes * np.square(rpy_std)) @ axes.T


def quarter_rotations(quarters: np.ndarray) -> np.ndarray:
    """Rotations (n, 3, 3) about the optical axis by quarter turns (n,), clockwise in the image."""
    return _QUARTERS[quarters % 4]


def nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """Rotation nearest to each matrix in the Frobenius norm, (..., 3, 3) (Kabsch 1976, by SVD)."""
    matrix = np.asarray(matrix, float)
    nearest = []
    for each in matrix.reshape(-1, 3, 3):
        _, u, vt = cv2.SVDecomp(each)
        rotation = u @ vt
        if cv2.determinant(rotation) < 0.0:
            u[:, 2] *= -1.0
            rotation = u @ vt
        nearest.append(rotation)
    return np.array(nearest).reshape(matrix.shape)
