# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Renders the head in a photograph in another pose.

After Zhu, Lei, Liu, Shi, Li: Face Alignment Across Large Poses, CVPR 2016 (300W-LP). The face mesh
is given by the detected landmarks with their depth; the rest of the head is part of an ellipsoid
that begins at the rim of the face.
"""

from functools import cached_property

import cv2
import numpy as np
from scipy.ndimage import uniform_filter1d

from headpose_ros.landmarks import CHEEKBONES, LANDMARK_COUNT
from headpose_ros.media.sample_head.head_mesh import (
    FACE_OVAL,
    face_triangles,
    own_rotation,
    strips,
)
from headpose_ros.media.sample_head.rasteriser import rasterise
from training.mirroring import MIRRORED_VERTICES

# The skull with some hair, in head widths between the cheekbones, relative to their midpoint: x to
# the person's left, y down, z back. Together with the face, a head 1.5 widths long, 1.2 wide and
# 1.7 high; set by eye on AFLW2000-3D, as the pose hardly depends on it.
_SKULL_CENTRE = np.array([0.0, -0.3, 0.12])
_SKULL_RADII = np.array([0.58, 0.72, 0.75])
_BACK = np.array([0.0, 0.1, 1.0])  # towards the rearmost point, from the centre, in radii
_INSIDE = np.array([0.0, 0.0, 0.35])  # widths; a point from which the whole face is visible
_RINGS = np.linspace(0.0, 1.0, 13)  # from the rim of the face, 0, to the rearmost point

# Cosine of the viewing angle below which a part of the skull is not usable as texture, and number
# of lines from rim to back over which that limit is averaged.
_SEEN = 0.3
_SMOOTHED = 5

# The same for the face, lower as the colours of its halves differ; the other half is used instead
# if its cosine is larger by this.
_FACE_SEEN = 0.1
_SEEN_BETTER = 0.2

_BLUR = 0.05  # widths of the head, standard deviation
_EDGE = 5  # pixels, width of the soft edge of the head
_GROWTH = 1.25  # of the head's outline, when it is removed from the photograph
_HOLE_SIZE = 40  # pixels to which the head is downscaled for that; the filling is blurred


class TurnableHead:
    """A face in a photograph as a textured mesh, rendered deterministically.

    Pixel coordinates as in the detector: the centre of the first is (0.5, 0.5). The centre of the
    head is midway between the cheekbones (landmarks 234 and 454) and stays in place.

    :param bgr: ``uint8`` (H, W, 3).
    :param landmarks: (468, 3) pixels, of the detector.

    :ivar width: of the head between the cheekbones, pixels.
    """

    def __init__(self, bgr: np.ndarray, landmarks: np.ndarray):
        self._bgr = bgr
        left, right = landmarks[list(CHEEKBONES)]
        self._centre = (left + right) / 2
        self.width = float(np.linalg.norm(left - right))
        own = own_rotation(landmarks)
        face = (landmarks - self._centre) @ own / self.width
        rim = np.array(FACE_OVAL)
        skull, normals = _skull(face[rim])
        points = np.concatenate([face, skull[1:].reshape(-1, 3)])
        self._points = points @ own.T * self.width
        behind = np.arange(len(face), len(points)).reshape(-1, len(rim))
        rings = np.vstack([rim, behind])  # indices of points
        seen = _seen_up_to(-(normals @ own.T)[..., 2])
        front = self._face_texture(face_triangles(face, rim, _INSIDE))
        self._triangles = np.concatenate([front, self._skull_texture(rings, seen)])
        self._texture = self._texture_coordinates(rings, seen)
        blurred = cv2.GaussianBlur(bgr, (0, 0), _BLUR * self.width)
        self._textures = np.vstack([bgr, blurred])

    def render(self, turn: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray]:
        """Render the rotated head in front of a camera facing it.

        :param turn: (3, 3), about the head's centre in camera axes: the head's ``R_opt`` is
            ``turn`` times that in the photograph.
        :param distance: of the camera, in head widths between the cheekbones.
        :return: ``uint8`` of the photograph's shape, and true landmarks (468, 2) in pixels.
        """
        points = self._points @ turn.T
        depths = points[:, 2] + distance * self.width
        pixels = points[:, :2] * (distance * self.width / depths)[:, None] + self._centre[:2]
        image = self._surroundings.copy()
        height, width = image.shape[:2]
        maps = rasterise(
            np.tile(pixels, (3, 1)), np.tile(depths, 3), self._texture, self._triangles,
            width, height,
        )
        covered = (maps[0] > -0.5).astype(np.float32)
        alpha = np.clip(2.0 * cv2.blur(covered, (_EDGE, _EDGE)) - 1.0, 0.0, 1.0) * covered
        head = cv2.remap(self._textures, *maps, cv2.INTER_LINEAR)
        return cv2.blendLinear(head, image, alpha, 1.0 - alpha), pixels[:LANDMARK_COUNT]

    # Every point exists three times: textured with the photograph, with the other half of the
    # face, and with the blurred photograph. Triangles (m, 3) use one of them.

    def _face_texture(self, triangles: np.ndarray) -> np.ndarray:
        seen = _facing(self._points, triangles)
        other = _facing(self._points, MIRRORED_VERTICES[triangles][:, ::-1])
        takes_other = (seen < _FACE_SEEN) & (other > seen + _SEEN_BETTER)
        return triangles + takes_other[:, None] * len(self._points)

    def _skull_texture(self, rings: np.ndarray, seen: np.ndarray) -> np.ndarray:
        is_blurred = np.zeros(len(self._points), bool)
        is_blurred[rings] = np.arange(len(rings))[:, None] > 1.5 * seen
        triangles = strips(rings)
        return triangles + is_blurred[triangles].any(axis=1)[:, None] * 2 * len(self._points)

    def _texture_coordinates(self, rings: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Pixels (3 N, 2) of the photograph stacked on the blurred one.

        Beyond the visible part of the skull the photograph is mirrored half way back to the rim;
        from there on the blurred colour of that place is used.
        """
        flat = self._points[:, :2] + self._centre[:2]
        ring = np.arange(len(rings))[:, None]
        back_again = np.maximum(2.0 * seen - ring, seen / 2.0)
        flat[rings] = _along(flat[rings], np.minimum(ring, back_again))
        other = flat.copy()
        other[:LANDMARK_COUNT] = flat[MIRRORED_VERTICES]
        height, width = self._bgr.shape[:2]
        coordinates = np.clip([flat, other, flat], 0.5, (width - 0.5, height - 0.5))
        coordinates[2, :, 1] += height
        return coordinates.reshape(-1, 2)

    @cached_property
    def _surroundings(self) -> np.ndarray:
        """The photograph without the head."""
        outline = cv2.convexHull(
            (self._points[:, :2] * _GROWTH + self._centre[:2]).astype(np.float32)
        )
        height, width = self._bgr.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, outline.astype(np.int32), 255)
        factor = min(1.0, _HOLE_SIZE / float(np.ptp(outline[:, 0], axis=0).max()))
        size = (max(8, round(factor * width)), max(8, round(factor * height)))
        small = cv2.resize(self._bgr, size, interpolation=cv2.INTER_AREA)
        hole = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
        filled = cv2.inpaint(small, hole, 3, cv2.INPAINT_TELEA)
        filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
        weight = cv2.blur(mask.astype(np.float32) / 255.0, (round(1.0 / factor) | 1,) * 2)
        return cv2.blendLinear(filled, self._bgr, weight, 1.0 - weight)


def _skull(rim: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rings (k, n, 3) starting with the rim (n, 3) of a face, and their normals."""
    start = (rim - _SKULL_CENTRE) / _SKULL_RADII
    reach = np.linalg.norm(start, axis=1)
    start = start / reach[:, None]
    back = _BACK / np.linalg.norm(_BACK)
    angle = np.arccos(start @ back)[:, None]
    part = _RINGS[:, None, None]
    # Great circles to the back, blending the jaw into the skull.
    directions = np.sin((1.0 - part) * angle) * start + np.sin(part * angle) * back
    directions /= np.sin(angle)
    reaches = 1.0 + (1.0 - part) ** 2 * (reach[:, None] - 1.0)
    normals = directions / _SKULL_RADII
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return _SKULL_CENTRE + _SKULL_RADII * directions * reaches, normals


def _seen_up_to(facing: np.ndarray) -> np.ndarray:
    """Visibility limit (n,) in rings, from cosines (k, n); 0 is the rim."""
    count, around = facing.shape
    last = np.cumprod(facing >= _SEEN, axis=0).sum(axis=0) - 1
    column = np.arange(around)
    here, beyond = facing[last, column], facing[np.minimum(last + 1, count - 1), column]
    part = (here - _SEEN) / np.maximum(here - beyond, 1e-9)
    seen = np.where(last < 0, 0.0, last + np.clip(part, 0.0, 1.0))
    return uniform_filter1d(seen, _SMOOTHED, mode='wrap')


def _along(rings: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Points (m, n, 2) at positions (m, n), in rings, on the lines across rings (k, n, 2)."""
    low = np.minimum(at.astype(int), len(rings) - 2)
    part, column = (at - low)[..., None], np.arange(at.shape[1])
    return (1.0 - part) * rings[low, column] + part * rings[low + 1, column]


def _facing(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Cosines (m,) of the angles between triangle normals and the camera direction."""
    a, b, c = points[triangles].swapaxes(0, 1)
    normals = np.cross(b - a, c - a)
    return normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), 1e-9)
