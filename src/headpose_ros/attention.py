# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Attention: the probability that a head points into a cone around a target."""

import math

import numpy as np

from headpose_ros.head_pose import HeadPose
from headpose_ros.six_dof import CameraPose

# Radians, half-angle of the cone, within which people move only their eyes.
ATTENTION_ANGLE = math.radians(10.0)

# Radians; smaller standard deviations change no displayed probability.
_LEAST_STD = 1e-4

# Standard deviations beyond which the normal density is negligible.
_REACH = 5.0

# Gauss-Legendre nodes and weights on -1 to 1; exact to 0.001 of probability.
_QUADRATURE = np.transpose(np.polynomial.legendre.leggauss(16)).tolist()


def facing_camera(head: HeadPose, angle: float = ATTENTION_ANGLE) -> float:
    """Probability, 0 to 1, that a head faces the camera; needs no calibration.

    :param angle: radians, half-angle of the cone.
    """
    to_camera = np.array([0.0, 0.0, -1.0])
    return _within_cone(-head.rotation[:, 2], to_camera, head.rotation_covariance, angle)


def facing_point(
    pose: CameraPose, target: np.ndarray, angle: float = ATTENTION_ANGLE
) -> float:
    """Probability, 0 to 1, that a head faces a point; includes the uncertainty of its position.

    :param target: (3,) metres, in the camera's optical frame.
    :param angle: radians, half-angle of the cone.
    """
    to_target = target - pose.position
    distance = float(np.linalg.norm(to_target))
    if distance == 0.0:
        return 1.0
    direction = to_target / distance
    # Moving the head by d rotates the direction to the target by direction x d / distance.
    turn = np.cross(np.eye(3), direction) / distance
    covariance = pose.covariance[3:, 3:] + turn.T @ pose.covariance[:3, :3] @ turn
    return _within_cone(-pose.rotation[:, 2], direction, covariance, angle)


def _within_cone(
    facing: np.ndarray, target: np.ndarray, covariance: np.ndarray, angle: float
) -> float:
    """Probability that a direction is within an angle of another.

    The error of the direction is assumed normal in the tangent plane of the unit sphere at
    ``facing``; the target lies in that plane at its angular distance.

    :param facing: (3,) unit vector.
    :param target: (3,) unit vector.
    :param covariance: (3, 3) rad², of small rotations of ``facing`` about the axes.
    """
    cos = float(facing @ target)
    across = target - cos * facing
    length = math.sqrt(across @ across)
    offset = math.atan2(length, cos)
    if offset - angle > _REACH * math.sqrt(float(covariance.trace())):
        return 0.0
    # Axes of the plane: towards the target, and perpendicular to that.
    first = across / length if length > _LEAST_STD else _perpendicular(facing)
    x, y, z = facing.tolist()
    a, b, c = first.tolist()
    second = np.array([y * c - z * b, z * a - x * c, x * b - y * a])
    # A rotation about ``second`` moves ``facing`` along ``first``, one about ``first`` along minus
    # ``second``.
    along, both, aside = (
        float(second @ covariance @ second), -float(first @ covariance @ second),
        float(first @ covariance @ first),
    )
    # Principal axes: the narrow one is rotated from ``second`` by ``turn``.
    turn = 0.5 * math.atan2(2.0 * both, along - aside)
    mean, spread = 0.5 * (along + aside), math.hypot(0.5 * (along - aside), both)
    wide, narrow = (
        math.sqrt(max(variance, _LEAST_STD**2)) for variance in (mean + spread, mean - spread)
    )
    x, y = offset * math.sin(turn), offset * math.cos(turn)  # of the target: narrow, wide axis
    # Integrate along the narrow axis across the cone, or as far as the density reaches.
    low, high = max(x - angle, -_REACH * narrow), min(x + angle, _REACH * narrow)
    if low >= high or abs(y) - angle > _REACH * wide:
        return 0.0
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    total, root = 0.0, math.sqrt(2.0) * wide
    for node, weight in _QUADRATURE:
        u = middle + half * node
        side = math.sqrt(max(angle**2 - (u - x) ** 2, 0.0))
        density = math.exp(-0.5 * (u / narrow) ** 2)
        total += weight * density * (math.erf((y + side) / root) - math.erf((y - side) / root))
    return min(1.0, total * half / (math.sqrt(8.0 * math.pi) * narrow))


def _perpendicular(vector: np.ndarray) -> np.ndarray:
    """A unit vector (3,) perpendicular to the given one."""
    across = np.cross(vector, np.eye(3)[np.abs(vector).argmin()])
    return across / np.linalg.norm(across)
