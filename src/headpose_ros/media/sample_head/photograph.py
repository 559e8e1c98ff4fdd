# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The photograph of the built-in sample: face, head and background."""

import cv2
import numpy as np

from headpose_ros.detection.factory import create_detector
from headpose_ros.errors import DetectorUnavailableError

_CROP = (80, 0, 300)  # left, top and size of the crop with the head
_CROP_SCALES = (2, 3, 4)  # landmarks are averaged over these scales to reduce jitter

# Pixels of the photograph.
COLLAR = ((253, 175), (251, 185), (240, 189), (222, 188), (205, 185), (193, 182), (189, 176))
OUTLINE = np.array(  # of hair, ears and neck, clockwise from the crown
    ((230, 17), (245, 20), (258, 26), (270, 32), (282, 40), (290, 50), (295, 62), (298, 75))
    + ((300, 86), (298, 96), (294, 107), (288, 117), (278, 126), (271, 131), (266, 134))
    + ((264, 140), (261, 150), (257, 158), (254, 166), *COLLAR, (187, 165), (186, 150))
    + ((184, 140), (182, 133), (177, 129), (172, 122), (168, 114), (162, 109), (157, 100))
    + ((154, 85), (153, 72), (156, 61), (163, 52), (172, 44), (184, 39), (191, 33), (201, 26))
    + ((215, 20),),
    np.int32,
)
_BODY = np.array(  # shoulders, arms and the helmet beside them
    ((24, 511), (25, 400), (60, 250), (112, 205), (118, 175), (150, 150), (190, 150))
    + ((255, 150), (290, 200), (305, 240), (345, 270), (362, 345), (420, 345), (480, 390))
    + ((500, 511),),
    np.int32,
)
_WALL = (slice(20, 100), slice(320, 380))  # rows and columns of plain wall
_FADE = 32  # half the width of the border in which the photograph fades into the wall


def load_photograph() -> np.ndarray:
    """scikit-image's ``astronaut``: ``uint8`` (512, 512, 3), blue, green, red.

    :raises ImportError: scikit-image is missing.
    """
    try:
        from skimage import data
    except ImportError as error:
        raise ImportError(
            f'the built-in sample requires scikit-image ({error}); install it: '
            'pip install scikit-image'
        ) from error
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def find_landmarks(photograph: np.ndarray) -> np.ndarray:
    """Landmarks (468, 3) of the face, pixels of the photograph, depth in the scale of x.

    :raises headpose_ros.errors.DetectorUnavailableError: no detector is installed.
    """
    x, y, size = _CROP
    crop = photograph[y : y + size, x : x + size]
    try:
        detector = create_detector('face_mesh', 'image', 1)
    except DetectorUnavailableError:
        detector = create_detector('face_landmarker', 'image', 1)
    found = []
    for scale in _CROP_SCALES:
        large = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found += [face.landmarks / scale + (x, y, 0.0) for face in detector.detect(large)]
    detector.close()
    return np.mean(found, axis=0)


def cut_out(photograph: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The head, and the photograph without it, both in full size.

    The head's colours are extended beyond its outline, so that no wall shows at its edge; the
    background fades into the colour of the wall.
    """
    mask = cv2.fillPoly(np.zeros(photograph.shape[:2], np.uint8), [OUTLINE], 1)
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8))
    nearest = cv2.distanceTransformWithLabels(
        1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    colours = np.zeros((nearest.max() + 1, 3), np.uint8)
    colours[nearest[inside == 1]] = photograph[inside == 1]

    body = cv2.inpaint(photograph, cv2.dilate(mask, np.ones((9, 9))), 5, cv2.INPAINT_TELEA)
    wall = np.full_like(body, body[_WALL].mean(axis=(0, 1)))
    weight = np.zeros(mask.shape, np.float32)
    weight[_FADE:-_FADE, _FADE:-_FADE] = 1.0
    weight = cv2.blur(weight, (2 * _FADE - 1,) * 2, borderType=cv2.BORDER_CONSTANT)
    return colours[nearest], cv2.blendLinear(body, wall, weight, 1.0 - weight)


def silhouette(photograph: np.ndarray) -> np.ndarray:
    """Mask of the body in the photograph: ``float32`` (H, W), 1 inside and 0 elsewhere."""
    return cv2.fillPoly(np.zeros(photograph.shape[:2], np.float32), [_BODY], 1.0)


def pyramid(image: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Image pyramid of an image (H, W, 3), with the scale factor of each level."""
    area, cubic = cv2.INTER_AREA, cv2.INTER_CUBIC
    return [
        (cv2.resize(image, None, fx=factor, fy=factor, interpolation=method), factor)
        for factor, method in ((0.25, area), (0.5, area), (1.0, area), (2.0, cubic))
    ]


def level(pyramid: list[tuple[np.ndarray, float]], scale: float) -> tuple[np.ndarray, float]:
    """The coarsest level of a ``pyramid`` with sufficient resolution.

    :param scale: rendered pixels per image pixel.
    """
    return next((level for level in pyramid if level[1] >= scale), pyramid[-1])
