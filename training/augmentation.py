# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Augmentations of a training image and its label: mirrored, rotated, degraded.

Landmarks are detected on each augmentation, with other detection errors, which is more informative
than transforming the landmarks. ``training.rendered_poses`` has those with the head rendered in
another pose.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from zlib import crc32

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from training.rendered_poses import RENDERED
from training.rotation import label_from_rotation, mirrored_rotation, rotation_from_label

# Degrades a uint8 (H, W, 3) BGR image, given pixels (n, 2) spanning the face and a random
# generator; returns an image of the same shape.
Damage = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Augmentation:
    """An augmentation, about the image centre and with the same image size.

    :ivar mirrored: left to right, before the rest.
    :ivar clockwise: rotation, degrees.
    :ivar scale: of the image.
    :ivar face: pixels, range of the longer side of the face box in the augmentation, instead of a
        scale.
    :ivar damage: degradation, applied first.
    """

    mirrored: bool = False
    clockwise: float = 0.0
    scale: float = 1.0
    face: tuple[float, float] | None = None
    damage: Damage | None = None

    def of(self, region: np.ndarray) -> 'Augmentation':
        """The augmentation for an image whose face spans the pixels (n, 2) of ``region``."""
        if self.face is None:
            return self
        size = chance_of(region).uniform(*self.face)
        return replace(self, scale=size / np.ptp(region, axis=0).max(), face=None)

    def image(self, bgr: np.ndarray, region: np.ndarray) -> np.ndarray:
        """Augmented (H, W, 3) image, black beyond the original; deterministic.

        :param region: (n, 2) pixels spanning the face.
        """
        if self.damage:
            bgr = self.damage(bgr, region, chance_of(region))
        if self.scale < 0.5:  # anti-aliasing, as by the pixels of a camera
            bgr = cv2.blur(bgr, (round(1.0 / self.scale),) * 2)
        height, width = bgr.shape[:2]
        return cv2.warpAffine(bgr, self._matrix(bgr.shape), (width, height))

    def points(self, points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Map (n, 2) pixels of an image of this shape to the augmentation."""
        matrix = self._matrix(shape)
        return points @ matrix[:, :2].T + matrix[:, 2]

    def label(self, label: np.ndarray) -> np.ndarray:
        """Label angles in the augmentation: pitch, yaw, roll, (3,) radians."""
        rotation = rotation_from_label(label)
        if self.mirrored:
            rotation = mirrored_rotation(rotation)
        turn = Rotation.from_euler('z', self.clockwise, degrees=True).as_matrix()
        return label_from_rotation(turn @ rotation)

    def _matrix(self, shape: tuple[int, ...]) -> np.ndarray:
        height, width = shape[:2]
        center = ((width - 1) / 2.0, (height - 1) / 2.0)
        matrix = cv2.getRotationMatrix2D(center, -self.clockwise, self.scale)
        if self.mirrored:
            matrix[:, 2] += matrix[:, 0] * (width - 1)
            matrix[:, 0] *= -1.0
        return matrix


def darken(bgr: np.ndarray, region: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Underexposed image; a ``Damage``."""
    return _with_gamma(bgr, chance.uniform(1.5, 2.5), chance.uniform(0.3, 0.8))


def brighten(bgr: np.ndarray, region: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Overexposed image; a ``Damage``."""
    return _with_gamma(bgr, chance.uniform(0.4, 0.7), chance.uniform(1.0, 1.3))


def coarsen(bgr: np.ndarray, region: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Image downscaled to a face of 24 to 48 pixels and upscaled again; a ``Damage``."""
    scale = chance.uniform(24.0, 48.0) / np.ptp(region, axis=0).max()
    coarse = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.resize(coarse, bgr.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def cover(bgr: np.ndarray, region: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Image with part of the face occluded by a uniform block; a ``Damage``."""
    low, size = region.min(axis=0), np.ptp(region, axis=0)
    block = chance.uniform(0.25, 0.5, 2) * size
    corner = low + chance.uniform(0.0, 1.0, 2) * (size - block)
    covered = bgr.copy()
    (left, top), (right, bottom) = corner.astype(int), (corner + block).astype(int)
    colour = tuple(int(level) for level in chance.integers(0, 256, 3))
    cv2.rectangle(covered, (left, top), (right, bottom), colour, cv2.FILLED)
    return covered


def _with_gamma(bgr: np.ndarray, gamma: float, gain: float) -> np.ndarray:
    levels = 255.0 * (np.arange(256) / 255.0) ** gamma * gain
    return cv2.LUT(bgr, np.clip(levels, 0.0, 255.0).astype(np.uint8))


def chance_of(region: np.ndarray, name: str = '') -> np.random.Generator:
    """Random generator seeded by the region (n, 2) and the name of an augmentation."""
    seed = crc32(np.ascontiguousarray(region).data)
    return np.random.default_rng(crc32(name.encode(), seed))


PLAIN = 'plain'

# Rotated ones are downscaled so that the corners stay inside.
AUGMENTATIONS = {
    PLAIN: Augmentation(),
    'mirrored': Augmentation(mirrored=True),
    'turned clockwise': Augmentation(clockwise=20.0, scale=0.8),
    'turned counter-clockwise': Augmentation(clockwise=-20.0, scale=0.8),
    'turned far clockwise': Augmentation(clockwise=35.0, scale=0.8),
    'turned far counter-clockwise': Augmentation(clockwise=-35.0, scale=0.8),
    'mirrored and turned clockwise': Augmentation(mirrored=True, clockwise=15.0, scale=0.9),
    'mirrored and turned counter-clockwise': Augmentation(
        mirrored=True, clockwise=-15.0, scale=0.9
    ),
    'shrunk': Augmentation(scale=0.6),
    'mirrored and shrunk': Augmentation(mirrored=True, scale=0.5),
    'coarse': Augmentation(damage=coarsen),
    'dark': Augmentation(damage=darken),
    'mirrored and bright': Augmentation(mirrored=True, damage=brighten),
    'covered': Augmentation(damage=cover),
    'mirrored and covered': Augmentation(mirrored=True, damage=cover),
    'far': Augmentation(face=(16.0, 32.0)),
    'mirrored and far': Augmentation(mirrored=True, face=(24.0, 48.0)),
    'less far': Augmentation(face=(40.0, 80.0)),
}

# Names of all augmentations, including rendered ones.
AUGMENTATION_NAMES = (*AUGMENTATIONS, *RENDERED)

# Augmentations that are what a camera would see, at their size.
FAR = ('far', 'mirrored and far', 'less far')
