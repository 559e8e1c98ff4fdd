# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Pictures of the rendered head as small, as turned and wherever a test wants it."""

import cv2
import numpy as np

DISTANCE = 0.6  # metres, of the rendered head


def from_afar(head, face, size, centre, rotation=None, clockwise=0.0):
    """Picture of the rendered head with a face so many pixels wide, and its true landmarks.

    :param size: width and height of the picture.
    :param centre: of the face, in units of the size.
    :param clockwise: degrees by which all of the picture is turned.
    """
    rotation = np.eye(3) if rotation is None else rotation
    position = (0.0, 0.0, DISTANCE)
    pixels = head.project(head.landmarks(rotation, position))
    scale = face / np.ptp(pixels[:, 0])
    angle = np.radians(clockwise)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.multiply(centre, size) - linear @ pixels.mean(axis=0)
    # OpenCV counts from the middle of the first pixel.
    matrix = np.column_stack([linear, shift + linear @ (0.5, 0.5) - 0.5])
    picture = head.render(rotation, position)
    if scale < 0.5:  # against aliasing
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale)
    image = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return image, pixels @ linear.T + shift


def distance(face, landmarks):
    """Mean distance of a face's landmarks from the true ones, pixels."""
    return np.linalg.norm(face.landmarks[:, :2] - landmarks, axis=1).mean()


def is_there(face, landmarks):
    return distance(face, landmarks) < 1.0 + 0.03 * np.ptp(landmarks[:, 0])
