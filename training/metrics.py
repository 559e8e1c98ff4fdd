# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Error metrics of head rotations. Degrees."""

import numpy as np

from training.rotation import geodesic_angle, label_from_rotation, rotation_from_label

# Ranges of the label's absolute yaw, degrees: from (inclusive), to (exclusive).
YAW_RANGES = {'< 30': (0.0, 30.0), '30-60': (30.0, 60.0), '>= 60': (60.0, np.inf)}
ALL_YAWS = 'all'

# Ranges of the label's pitch, positive looking up, likewise.
PITCH_RANGES = {
    'pitch < -40': (-np.inf, -40.0),
    'pitch -40 to -20': (-40.0, -20.0),
    'pitch -20 to 20': (-20.0, 20.0),
    'pitch 20 to 40': (20.0, 40.0),
    'pitch >= 40': (40.0, np.inf),
    'pitch < -20': (-np.inf, -20.0),
}

# Degrees, maximum pitch, yaw and roll of a label in the restricted range that some papers use.
RESTRICTED = (40.0, 50.0, 30.0)
RESTRICTED_MAE = 'MAE at pitch, yaw, roll within 40, 50, 30'

LOOKING_DOWN = 'pitch < -20'  # of ``PITCH_RANGES``

# Where Pointing'04's nominal angles can be trusted.
TRUSTED_PAN = 60.0
TRUSTED_TILT = 30.0
TRUSTED = f'pan within {TRUSTED_PAN:.0f}, tilt within {TRUSTED_TILT:.0f}'


def angle_errors(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Absolute errors of label pitch, yaw and roll, each at most 180 degrees.

    Euler angles are compared directly: trying the second solution would hide flips.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) pitch, yaw, roll in radians.
    :return: (n, 3) degrees.
    """
    return np.abs(_angle_differences(predicted, labels))


def angle_slopes(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Slopes (3,) of estimated against labelled pitch, yaw and roll, by least squares.

    Below 1 large angles are underestimated. NaN if all labels are equal.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) pitch, yaw, roll in radians.
    """
    centred = np.degrees(labels - labels.mean(axis=0))
    spread = np.square(centred).sum(axis=0)
    # Slope of the error plus one: errors do not wrap at 180 degrees.
    common = (centred * _angle_differences(predicted, labels)).sum(axis=0)
    differ = np.ptp(labels, axis=0) > 0.0
    return 1.0 + np.divide(common, spread, out=np.full(3, np.nan), where=differ)


def yaw_masks(yaw: np.ndarray) -> dict[str, np.ndarray]:
    """Masks of (n,) yaws in radians: range name to (n,) bool; ``ALL_YAWS`` last."""
    return _masks(np.abs(yaw), YAW_RANGES) | {ALL_YAWS: np.ones(len(yaw), bool)}


def label_masks(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Masks of (n, 3) labels by pitch, then yaw: range name to (n,) bool; ``ALL_YAWS`` last.

    :param labels: pitch, yaw, roll in radians.
    """
    by_yaw = {
        name if name == ALL_YAWS else f'abs(yaw) {name}': mask
        for name, mask in yaw_masks(labels[:, 1]).items()
    }
    return _masks(labels[:, 0], PITCH_RANGES) | by_yaw


def pose_figures(predicted: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Error figures of n faces, in degrees.

    ``MAE`` is the mean absolute error of pitch, yaw and roll over all faces, ``median`` the median
    of these 3 n errors, ``geodesic`` the mean angle between estimate and label. The others are MAE
    by angle and by label yaw range.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) pitch, yaw, roll of the labels in radians.
    """
    errors = angle_errors(predicted, labels)
    figures = {
        'MAE': errors.mean(),
        'pitch': errors[:, 0].mean(),
        'yaw': errors[:, 1].mean(),
        'roll': errors[:, 2].mean(),
        'median': np.median(errors),
        'geodesic': face_errors(predicted, labels)[0].mean(),
    }
    for name, mask in yaw_masks(labels[:, 1]).items():
        if name != ALL_YAWS:
            figures[mae_at(name)] = errors[mask].mean() if mask.any() else np.nan
    inside = (np.abs(_rounded_degrees(labels)) <= RESTRICTED).all(axis=1)
    figures[RESTRICTED_MAE] = errors[inside].mean() if inside.any() else np.nan
    return {name: float(value) for name, value in figures.items()}


def camera_figures(predicted: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """``pose_figures``, and the most relevant figures for people in front of a camera.

    These are the mean geodesic error of faces looking down, and the slopes of ``angle_slopes``.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) pitch, yaw, roll of the labels in radians, in the same axes.
    """
    figures = pose_figures(predicted, labels)
    down = label_masks(labels)[LOOKING_DOWN]
    errors = face_errors(predicted, labels)[0][down]
    figures[geodesic_at(LOOKING_DOWN)] = float(errors.mean()) if down.any() else np.nan
    pitch, yaw, _ = angle_slopes(predicted, labels)
    return figures | {'slope of pitch': float(pitch), 'slope of yaw': float(yaw)}


def geodesic_at(pitch_range: str) -> str:
    """Figure name for a key of ``PITCH_RANGES``."""
    return f'geodesic at {pitch_range}'


def mae_at(yaw_range: str) -> str:
    """Figure name for a key of ``YAW_RANGES``."""
    return f'MAE at abs(yaw) {yaw_range}'


def face_errors(predicted: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, str]:
    """One error per face and its name: the geodesic angle, or that of pan without roll labels.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) pitch, yaw, roll in radians, or tilt, pan, NaN.
    :return: (n,) degrees, and its name.
    """
    if np.isfinite(labels).all():
        angles = geodesic_angle(predicted, rotation_from_label(labels))
        return np.degrees(angles), 'geodesic error'
    return pan_tilt_errors(predicted, labels)[:, 0], 'error of pan'


def pan_tilt_errors(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Absolute errors of pan and tilt, azimuth and elevation of the facing direction.

    Not yaw and pitch: at a pan of 90 degrees every pitch has the same direction.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) tilt, pan in radians, third column unused.
    :return: (n, 2) degrees.
    """
    pan = np.arctan2(predicted[:, 0, 2], predicted[:, 2, 2])
    tilt = np.arcsin(np.clip(predicted[:, 1, 2], -1.0, 1.0))
    return np.abs(_wrapped(np.degrees(np.stack([pan, tilt], axis=1) - labels[:, 1::-1])))


def pan_tilt_figures(predicted: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Mean absolute errors of pan and tilt of n faces, in degrees; see ``pan_tilt_errors``.

    :param predicted: (n, 3, 3) ``R_opt``.
    :param labels: (n, 3) tilt, pan in radians, third column unused.
    """
    errors = pan_tilt_errors(predicted, labels)
    tilt, pan = np.abs(_rounded_degrees(labels[:, :2])).T
    trusted = (pan <= TRUSTED_PAN) & (tilt <= TRUSTED_TILT)
    figures = {'pan MAE': errors[:, 0].mean(), 'tilt MAE': errors[:, 1].mean()}
    for column, name in enumerate(('pan', 'tilt')):
        inside = errors[trusted, column]
        figures[f'{name} MAE at {TRUSTED}'] = inside.mean() if len(inside) else np.float64('nan')
    return {name: float(value) for name, value in figures.items()}


def _masks(radians: np.ndarray, ranges: dict[str, tuple[float, float]]) -> dict[str, np.ndarray]:
    degrees = _rounded_degrees(radians)
    return {name: (low <= degrees) & (degrees < high) for name, (low, high) in ranges.items()}


def _angle_differences(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return _wrapped(np.degrees(label_from_rotation(predicted) - labels))


def _wrapped(degrees: np.ndarray) -> np.ndarray:
    return (degrees + 180.0) % 360.0 - 180.0


def _rounded_degrees(radians: np.ndarray) -> np.ndarray:
    # Restores a label of 30 degrees after conversion to radians.
    return np.degrees(radians).round(6)
