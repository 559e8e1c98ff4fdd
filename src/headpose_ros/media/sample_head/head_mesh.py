# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Mesh of a whole head from the face landmarks in the photograph."""

import cv2
import numpy as np
from scipy.spatial import Delaunay

from headpose_ros.landmarks import CHEEKBONES
from headpose_ros.media.sample_head.photograph import COLLAR, OUTLINE

# Radians by which the chin lies behind the forehead in a head facing the camera: mean of
# FaceMesh's landmarks in label axes, over the 1127 faces of AFLW2000-3D with labelled pitch and
# yaw within 25 degrees; standard deviation 4.5 degrees.
NEUTRAL_LEAN = np.radians(2.9)

_FOREHEAD, _CHIN = 10, 152
_SYMMETRIC_PAIRS = (CHEEKBONES, (263, 33), (362, 133), (291, 61), (356, 127), (397, 172))
# The rim of FaceMesh's mesh, clockwise in the image from the forehead.
FACE_OVAL = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
    + (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
)

# Parts of the head that FaceMesh does not cover, measured in the photograph. Pixels; depths in
# FaceMesh's scale: nose tip -23, cheekbones 41.
_HAIR_ROWS = (125.0, 150.0)  # transition of the mesh from hair to jaw
_HAIR_DEPTH = 55.0  # of the outline of the hair: above the ears
_BACK = np.array([228.0, 80.0, 135.0])  # the rearmost point; a head is 0.19 m long, without hair
_NECK = (220.0, 58.0, 33.0, 36.0)  # x and depth of its centre, half its width, half its depth
_NECK_TOP = 140.0  # row of the upper end of the neck, inside the head
_INSIDE = 80.0  # depth of a point in the head from which the whole face is visible


def own_rotation(landmarks: np.ndarray) -> np.ndarray:
    """``R_opt`` (3, 3) of the head in the photograph, from its landmarks (468, 3) in pixels."""
    x = sum(landmarks[left] - landmarks[right] for left, right in _SYMMETRIC_PAIRS)
    x /= np.linalg.norm(x)
    back = np.cross(x, landmarks[_CHIN] - landmarks[_FOREHEAD])
    back /= np.linalg.norm(back)
    down = np.cross(back, x)
    y = np.cos(NEUTRAL_LEAN) * down - np.sin(NEUTRAL_LEAN) * back
    return np.stack([x, y, np.cross(x, y)], axis=1)


def build_mesh(landmarks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mesh of the whole head, in pixels of the photograph and FaceMesh's depth.

    :param landmarks: (468, 3) pixels.
    :return: points (N, 3), the landmarks first; texture coordinates (N, 2); weight with which each
        point follows the head (N,), 0 to 1; triangles (M, 3), clockwise in the image from outside.
    """
    # The face, with midpoints on its rim for a smooth outline of the hair.
    rim = landmarks[list(FACE_OVAL)]
    face = np.concatenate([landmarks, (rim + np.roll(rim, -1, axis=0)) / 2])
    rim_index = np.column_stack([FACE_OVAL, np.arange(len(landmarks), len(face))]).ravel()
    rim, rim_depth = face[rim_index, :2], face[rim_index, 2:]
    middle = landmarks[:, :2].mean(axis=0)
    front = face_triangles(face, rim_index, np.array([*middle, _INSIDE]))

    # Rings from the rim to the outline of hair or jaw, bulging like an ellipsoid, and on to the
    # rearmost point. The back is not in the photograph: there hair and jaw are repeated.
    hair = np.clip((_HAIR_ROWS[1] - rim[:, 1:]) / np.ptp(_HAIR_ROWS), 0.0, 1.0)
    jaw = middle + 1.02 * (rim - middle)
    outline = jaw + hair * (_outline_behind(rim, middle) - jaw)
    depth = rim_depth + 3.0 + hair * (_HAIR_DEPTH - rim_depth - 3.0)
    repeated = np.minimum((rim + outline) / 2, (np.inf, 100.0))
    repeated = hair * repeated + (1.0 - hair) * (middle + 1.06 * (rim - middle))
    points, texture = [face], [face[:, :2]]
    for part in (0.25, 0.5, 0.75, 0.9, 1.0):
        texture.append(rim + part * (outline - rim))
        bulge = 1.0 - np.sqrt(1.0 - part * part)
        points.append(np.hstack([texture[-1], rim_depth + bulge * (depth - rim_depth)]))
    for angle in np.radians([15.0, 35.0, 55.0, 75.0, 90.0]):
        xy = _BACK[:2] + np.cos(angle) * (outline - _BACK[:2])
        points.append(np.hstack([xy, depth + np.sin(angle) * (_BACK[2] - depth)]))
        texture.append(outline + np.sin(angle) * (repeated - outline))
    count = sum(map(len, points))
    shell = np.vstack([rim_index, np.arange(len(face), count).reshape(-1, len(rim))])

    # The neck: a tube of which only the upper end follows the head.
    around = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    up = np.linspace(0.0, 1.0, 9)[:, None]  # from the lower end, 0, to the upper one, 1
    x, z = _NECK[0] + _NECK[2] * np.sin(around), _NECK[1] - _NECK[3] * np.cos(around)
    bottom = np.interp(x, *np.array(COLLAR[::-1]).T)
    lower = rim[rim[:, 1] > _HAIR_ROWS[1]]
    chin = np.interp(x, *lower[np.argsort(lower[:, 0])].T)
    x, y, z, follows = np.broadcast_arrays(x, bottom + up * (_NECK_TOP - bottom), z, up)
    seen = np.maximum(y, np.minimum(chin + 3.0, bottom - 2.0))  # the part not hidden by the chin
    points.append(np.stack([x, y, z], axis=-1).reshape(-1, 3))
    texture.append(np.stack([x, seen], axis=-1).reshape(-1, 2))
    tube = np.arange(count, count + x.size).reshape(x.shape)
    return (
        np.concatenate(points),
        np.concatenate(texture),
        np.concatenate([np.ones(count), follows.ravel()]),
        np.concatenate([front, strips(shell), strips(tube)]),
    )


def face_triangles(face: np.ndarray, rim: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Triangles (M, 3) of a face facing the camera, clockwise in the image from outside.

    :param face: (N, 3) points; x right, y down, z away from the camera.
    :param rim: indices of the points around it.
    :param inside: (3,) a point in the head from which the whole face is visible.
    """
    ray = face - inside
    flat = (ray[:, :2] / -ray[:, 2:]).astype(np.float32)
    triangles = Delaunay(flat).simplices
    middles = flat[triangles].mean(axis=1)
    within = [cv2.pointPolygonTest(flat[rim], middle.tolist(), False) > 0 for middle in middles]
    return triangles[np.array(within)]


def strips(rings: np.ndarray) -> np.ndarray:
    """Triangles (M, 3) between each of the closed rings (K, N) of points and the next."""
    turned = np.roll(rings, -1, axis=1)
    a, b, c, d = rings[:-1], turned[:-1], rings[1:], turned[1:]
    return np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3)


def _outline_behind(rim: np.ndarray, middle: np.ndarray) -> np.ndarray:
    # Outline points in the direction of the rim points, as seen from the middle of the face.
    at = np.arange(0.0, len(OUTLINE), 0.1)
    corners = np.arange(len(OUTLINE))
    x, y = (np.interp(at, corners, c, period=len(OUTLINE)) for c in (OUTLINE - middle).T)
    ray = rim - middle
    angles = np.arctan2(ray[:, 1], ray[:, 0])
    reach = np.interp(angles, np.arctan2(y, x), np.hypot(x, y), period=2.0 * np.pi)
    return middle + ray * np.maximum(reach / np.hypot(*ray.T), 1.02)[:, None]
