# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Crops of single faces, as seen and aligned."""

import math

import cv2
import numpy as np

from headpose_ros.landmarks import CHIN, FOREHEAD, Box, box_of
from headpose_ros.landmarks70 import EYES

# Face heights: eye centres closer than this are of a profile and do not give its tilt. Frontal
# faces have 0.4.
MIN_EYE_DISTANCE = 0.25


def cropped_face(bgr: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Crop of a box, centred and scaled to fit an image of this size.

    :param bgr: ``uint8`` (H, W, 3).
    :param box: pixels; clipped to the image.
    :param size: width and height, pixels.
    :return: ``uint8`` (height, width, 3), padded with black.
    """
    width, height = size
    out = np.zeros((height, width, 3), np.uint8)
    part, _ = _part(bgr, box)
    if part.size:
        scale = min(width / part.shape[1], height / part.shape[0])
        part = _scaled(part, scale, size)
        top, left = (height - part.shape[0]) // 2, (width - part.shape[1]) // 2
        out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return out


def aligned_face(bgr: np.ndarray, landmarks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A face rotated so that the eyes are level, scaled to fit an image of this size.

    :param bgr: ``uint8`` (H, W, 3).
    :param landmarks: (468, 2 or 3) pixels.
    :param size: width and height, pixels.
    :return: ``uint8`` (height, width, 3), black beyond the image border.
    """
    width, height = size
    tilt = tilt_of(landmarks)
    cos, sin = math.cos(tilt), math.sin(tilt)
    upright = np.array([[cos, sin], [-sin, cos]])
    box = box_of(landmarks[:, :2] @ upright.T)
    scale = min(width / max(box.width, 1.0), height / max(box.height, 1.0))
    # Downscale the visible part first: warpAffine would skip most pixels.
    middle = upright.T @ box.center
    half = np.abs(upright.T) @ (width / scale / 2.0, height / scale / 2.0)
    part, corner = _part(bgr, Box(*(middle - half), *(middle + half)))
    if not part.size:
        return np.zeros((height, width, 3), np.uint8)
    small = _scaled(part, scale) if scale < 1.0 else part
    shrunk = np.array([small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]])
    # From pixel centres of the downscaled part, via the image, to the output.
    turn = scale * upright / shrunk
    shift = scale * upright @ (corner - middle) + (width / 2.0, height / 2.0)
    shift += turn @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(small, np.column_stack([turn, shift]), size)


def tilt_of(landmarks: np.ndarray) -> float:
    """Clockwise in-plane rotation of a face, radians; from the eyes except for profiles."""
    right, left = landmarks[EYES, :2].mean(axis=1)
    across, down = left - right, landmarks[CHIN, :2] - landmarks[FOREHEAD, :2]
    if np.hypot(*across) < MIN_EYE_DISTANCE * np.hypot(*down):
        return math.atan2(-down[0], down[1])
    return math.atan2(across[1], across[0])


def _part(bgr: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """View of the pixels that a box covers, wholly or partly, and its upper left corner (2,)."""
    height, width = bgr.shape[:2]
    left, right = np.clip([math.floor(box.left), math.ceil(box.right)], 0, width)
    top, bottom = np.clip([math.floor(box.top), math.ceil(box.bottom)], 0, height)
    return bgr[top:bottom, left:right], np.array([left, top], float)


def _scaled(bgr: np.ndarray, scale: float, size: tuple[int, int] | None = None) -> np.ndarray:
    height, width = (max(1, round(scale * side)) for side in bgr.shape[:2])
    if size is not None:
        width, height = min(width, size[0]), min(height, size[1])
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    return cv2.resize(bgr, (width, height), interpolation=how)
