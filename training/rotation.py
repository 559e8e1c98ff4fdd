# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Label angles, and other rotation functions used only in training.

Label angles are the pitch, yaw and roll of AFLW2000-3D and 300W-LP: +pitch looks up, +yaw turns
the nose to the image's left, +roll rotates the eye line clockwise in the image. All angles are in
radians; ``R_opt`` as in ``headpose_ros.rotation``.
"""

import numpy as np
from scipy.spatial.transform import Rotation

_MIRROR = np.diag([-1.0, 1.0, 1.0])


def rotation_from_label(pitch_yaw_roll: np.ndarray) -> np.ndarray:
    """``R_opt = Rx(-pitch) Ry(yaw) Rz(roll)`` of label angles: (..., 3) to (..., 3, 3)."""
    angles = np.asarray(pitch_yaw_roll, float)
    matrices = Rotation.from_euler('XYZ', angles.reshape(-1, 3) * (-1.0, 1.0, 1.0)).as_matrix()
    return matrices.reshape(*angles.shape[:-1], 3, 3)


def label_from_rotation(rotation: np.ndarray) -> np.ndarray:
    """Label pitch, yaw, roll of ``R_opt``: (..., 3, 3) to (..., 3). Finite at the poles too."""
    r = np.asarray(rotation, float)
    return np.stack(
        [
            np.arctan2(r[..., 1, 2], r[..., 2, 2]),
            np.arcsin(np.clip(r[..., 0, 2], -1.0, 1.0)),
            np.arctan2(-r[..., 0, 1], r[..., 0, 0]),
        ],
        axis=-1,
    )


def mirrored_rotation(rotation: np.ndarray) -> np.ndarray:
    """``R_opt`` after the image was mirrored left to right: label (p, y, r) to (p, -y, -r)."""
    return _MIRROR @ rotation @ _MIRROR


def geodesic_angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle of the rotation from ``a`` to ``b``, (..., 3, 3) each: (...,) radians in [0, pi]."""
    relative = np.swapaxes(a, -1, -2) @ b
    angles = Rotation.from_matrix(relative.reshape(-1, 3, 3)).magnitude()
    return angles.reshape(relative.shape[:-2])
