# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A head with known rotation: a photograph rendered in any pose.

The photograph is scikit-image's ``astronaut`` (Eileen Collins, by NASA, public domain), read from
the installed package. The landmarks that FaceMesh finds in it form, with their depth, a mesh; it
is completed with hair, neck and back of the head, textured with the photograph and rendered by a
pinhole camera. The body stays still behind it and the neck twists.

``R_opt`` is the identity when the lines between symmetric landmarks are parallel to the rows of
the image and have no depth (yaw and roll), and the line from the forehead (landmark 10) to the
chin (152) leans by ``NEUTRAL_LEAN`` (pitch). The centre of the head, given by ``position``, is
midway between the cheekbones in front of the ears (landmarks 234 and 454). Pixel coordinates are
those of the detector: the centre of the first pixel is (0.5, 0.5).
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from headpose_ros.landmarks import CHEEKBONES, LANDMARK_COUNT
from headpose_ros.media.sample_head import photograph
from headpose_ros.media.sample_head.head_mesh import build_mesh, own_rotation
from headpose_ros.media.sample_head.rasteriser import rasterise
from headpose_ros.rotation import rotation_from_rpy

# Metres between landmarks 234 and 454: mean bizygomatic breadth of women, 133.8 mm in the US Army
# survey ANSUR II (2012, 1986 women). Gives an interpupillary distance of about 63 mm; the survey
# mean is 61.7 mm.
FACE_WIDTH = 0.134

# Period of the sample for all three axes, seconds, and amplitudes of roll, pitch and yaw, radians.
# FaceMesh tracks these; further up it lags, as the photograph shows no nostrils.
SAMPLE_PERIOD = 12.0
SAMPLE_AMPLITUDES = np.radians([25.0, 15.0, 35.0])

# Metres from the centre of the head to the wall behind; the body is at the distance of the centre.
WALL = 1.0

# Metres, minimum distance of the head's centre: no part of the head is 0.2 m from it.
NEAREST = 0.2


class RenderedHead:
    """Renders a head in perspective, deterministically.

    :param width: of the images, pixels.
    :param height: of the images, pixels.
    :param focal_length: of the camera, pixels; ``None``: the width, 53 degrees field of view, in
        which FaceMesh detects the head in single images up to 1 m away.
    :raises ValueError: invalid parameter.
    :raises ImportError: scikit-image, which contains the photograph, is missing.
    :raises headpose_ros.errors.DetectorUnavailableError: FaceMesh is not installed.

    :ivar camera_matrix: (3, 3) ``K``, pixels; the principal point is the image centre.
    """

    def __init__(self, width: int = 640, height: int = 480, focal_length: float | None = None):
        for name, value in (('width', width), ('height', height)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f'{name} is {value!r}; expected a positive integer in pixels')
        focal = float(width if focal_length is None else focal_length)
        if not 0.0 < focal < np.inf:
            raise ValueError(f'focal_length is {focal_length!r}; expected a positive number')
        self._size = (width, height)
        self.camera_matrix = np.array(
            [[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]]
        )
        photo = photograph.load_photograph()
        landmarks = photograph.find_landmarks(photo)
        left, right = landmarks[list(CHEEKBONES)]
        self._centre = (left + right) / 2
        self._metres = FACE_WIDTH / np.linalg.norm(left - right)  # per pixel of the photograph
        points, self._texture, self._follows, self._triangles = build_mesh(landmarks)
        # The mesh as in the photograph, and rotated to face the camera; metres.
        self._body = (points - self._centre) * self._metres
        self._head = self._body @ own_rotation(landmarks)
        self._head_images, self._body_images = map(
            photograph.pyramid, photograph.cut_out(photo)
        )
        self._silhouette = [(photograph.silhouette(photo), 1.0)]

    def landmarks(self, rotation: np.ndarray, position: ArrayLike = (0.0, 0.0, 0.6)) -> np.ndarray:
        """True positions of the landmarks: (468, 3) metres in the optical frame.

        Parameters and errors are those of ``render``.
        """
        rotation, position = _check_pose(rotation, position)
        return self._head[:LANDMARK_COUNT] @ rotation.T + position

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project points (..., 3) in the optical frame to pixels (..., 2)."""
        pixels = np.asarray(points, float) @ self.camera_matrix.T
        return pixels[..., :2] / pixels[..., 2:]

    def render(self, rotation: np.ndarray, position: ArrayLike = (0.0, 0.0, 0.6)) -> np.ndarray:
        """Render the head: ``uint8`` (height, width, 3), blue, green, red.

        :param rotation: (3, 3) ``R_opt`` in camera axes, not along the line of sight.
        :param position: (3,) of the head's centre in the optical frame, metres.
        :raises ValueError: not a rotation, or not a position at least ``NEAREST`` ahead.
        """
        rotation, position = _check_pose(rotation, position)
        points = self._posed(rotation, position)
        scale = self._scale(position)
        image = self._render_body(self._body_images, position, scale)
        pixels = self.project(points)
        soft = 2 * max(1, round(1.5 * scale)) + 1  # pixels of the soft edge
        low = np.clip(pixels.min(axis=0) - soft, 0, self._size).astype(int)
        high = np.clip(pixels.max(axis=0) + soft, 0, self._size).astype(int)
        if (low < high).all():
            texture, factor = photograph.level(self._head_images, scale)
            maps = rasterise(
                pixels - low, points[:, 2], self._texture * factor, self._triangles, *(high - low)
            )
            covered = (maps[0] >= 0.0).astype(np.float32)
            alpha = cv2.blur(covered, (soft, soft), borderType=cv2.BORDER_REPLICATE)
            alpha = np.clip(2.0 * alpha - 1.0, 0.0, 1.0) * covered
            region = image[low[1] : high[1], low[0] : high[0]]
            head = cv2.remap(texture, *maps, cv2.INTER_LINEAR)
            region[:] = cv2.blendLinear(head, region.copy(), alpha, 1.0 - alpha)
        return image

    def render_depth(
        self, rotation: np.ndarray, position: ArrayLike = (0.0, 0.0, 0.6)
    ) -> np.ndarray:
        """Exact depth for ``render``: ``float32`` metres (height, width).

        The body is at the distance of the head's centre, and the wall ``WALL`` behind it.
        """
        rotation, position = _check_pose(rotation, position)
        points = self._posed(rotation, position)
        is_body = self._render_body(self._silhouette, position, self._scale(position)) > 0.5
        depth = np.where(is_body, position[2], position[2] + WALL).astype(np.float32)
        pixels = self.project(points)
        # The distance in millimetres replaces the texture.
        distances = np.column_stack([1000.0 * points[:, 2]] * 2)
        head = rasterise(pixels, points[:, 2], distances, self._triangles, *self._size)[0]
        return np.where(head < 0.0, depth, (head + 0.5) / 1000.0).astype(np.float32)

    def _posed(self, rotation: np.ndarray, position: np.ndarray) -> np.ndarray:
        follows = self._follows[:, None]
        return follows * (self._head @ rotation.T) + (1.0 - follows) * self._body + position

    def _scale(self, position: np.ndarray) -> float:
        # Image pixels per pixel of the photograph.
        return self.camera_matrix[0, 0] * self._metres / position[2]

    def _render_body(
        self, images: list[tuple[np.ndarray, float]], position: np.ndarray, scale: float
    ) -> np.ndarray:
        # The photograph without the head, on a plane through the centre of the head.
        texture, factor = photograph.level(images, scale)
        step = factor / scale
        # In OpenCV the centre of the first pixel is (0, 0).
        start = self._centre[:2] * factor + (0.5 - self.project(position)) * step - 0.5
        inverse = np.array([[step, 0.0, start[0]], [0.0, step, start[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(
            texture, inverse, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )


def sample_rotation(seconds: float) -> np.ndarray:
    """``R_opt`` (3, 3) of the built-in sample, which turns, nods and tilts in sequence.

    A third of ``SAMPLE_PERIOD`` each: yaw to the person's left, then right; pitch down, then up;
    roll to the person's right, then left. Angle and speed are continuous, also across periods.

    :param seconds: since the start.
    :raises ValueError: not a finite number.
    """
    if not np.isfinite(seconds):
        raise ValueError(f'seconds is {seconds!r}; expected a finite number')
    turn, phase = divmod(3.0 * (seconds / SAMPLE_PERIOD % 1.0), 1.0)
    axis = 2 - int(turn) % 3
    angles = np.zeros(3)
    angles[axis] = SAMPLE_AMPLITUDES[axis] * np.sin(2.0 * np.pi * phase) ** 3
    return rotation_from_rpy(angles)


def _check_pose(rotation: ArrayLike, position: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    rotation, position = np.asarray(rotation, float), np.asarray(position, float)
    if rotation.shape != (3, 3):
        raise ValueError(f'rotation has shape {rotation.shape}; expected (3, 3)')
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) or np.linalg.det(rotation) < 0:
        raise ValueError('rotation is not orthonormal and right-handed')
    if position.shape != (3,) or not np.isfinite(position).all() or position[2] < NEAREST:
        raise ValueError(
            f'position is {position.tolist()}; expected x, y, z in metres with z >= {NEAREST}'
        )
    return rotation, position
