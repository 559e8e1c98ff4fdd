# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Augmentations with the head rendered in poses that the dataset lacks.

AFLW2000-3D has hardly any faces looking down and few profiles, and its photographs were taken from
farther away than a robot sees people. Parts not visible in a photograph cannot be rendered, so
heads are rotated up, down, and further to the side they already face.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from headpose_ros.media.sample_head.head_mesh import own_rotation
from training.rotation import geodesic_angle, label_from_rotation, rotation_from_label
from training.turnable_head import TurnableHead

Range = tuple[float, float]

# Degrees, limits of label pitch and of the angle between facing direction and camera: beyond, too
# little of the face is visible. Rotations exceeding them are reduced, in tenths.
_MAX_PITCH, _MAX_ANGLE = 65.0, 90.0
_TENTHS = np.linspace(1.0, 0.0, 11)

# Degrees, maximum difference between the label and the pose of the landmark mesh for rendering. 95
# % of the faces of AFLW2000-3D with yaw within 45 degrees are below, a third of those beyond 60:
# the network underestimates the rotation of profiles.
_MAX_DISAGREEMENT = 15.0

# Head widths, maximum mean distance of detected from rendered landmarks. 98 % of the faces within
# 30 degrees of pitch are below, two thirds of the profiles. Without a limit, or with 0.4, errors
# on frontal faces of AFLW2000-3D increase.
_MAX_MISS = 0.15


@dataclass(frozen=True)
class Rendering:
    """Random pose of a rendering, uniform in each range.

    :ivar pitch: degrees, further up.
    :ivar yaw: degrees about the head's own axis, to the person's right.
    :ivar away: degrees further away from the camera, to the side the head faces.
    :ivar roll: degrees, clockwise in the image.
    :ivar distance: of the camera, in head widths between the cheekbones (0.134 m).
    """

    pitch: Range = (0.0, 0.0)
    yaw: Range = (-15.0, 15.0)
    away: Range = (0.0, 0.0)
    roll: Range = (-15.0, 15.0)
    distance: Range = (6.0, 15.0)

    def of(
        self, head: TurnableHead, label: np.ndarray, chance: np.random.Generator
    ) -> 'Rendered':
        """Render the head of a photograph.

        :param label: (3,) radians: pitch, yaw, roll in the photograph.
        :param chance: random generator of the pose.
        """
        rotation = rotation_from_label(label)
        turn = self._turn(rotation, np.degrees(label), chance)
        image, landmarks = head.render(turn, chance.uniform(*self.distance))
        return Rendered(image, label_from_rotation(turn @ rotation), landmarks, head.width)

    def _turn(
        self, rotation: np.ndarray, label: np.ndarray, chance: np.random.Generator
    ) -> np.ndarray:
        pitch, yaw, away, roll = (
            chance.uniform(*each) for each in (self.pitch, self.yaw, self.away, self.roll)
        )
        pitch = np.clip(pitch, -_MAX_PITCH - label[0], _MAX_PITCH - label[0])
        yaw += np.copysign(away, label[1])
        camera = Rotation.from_euler('xz', [-pitch, roll], degrees=True).as_matrix()
        own = Rotation.from_euler('y', yaw, degrees=True).as_matrix()
        turn = Rotation.from_matrix(camera @ rotation @ own @ rotation.T)
        turns = Rotation.from_rotvec(_TENTHS[:, None] * turn.as_rotvec()).as_matrix()
        is_seen = (turns @ rotation)[:, 2, 2] >= np.cos(np.radians(_MAX_ANGLE))
        is_seen[-1] = True  # as it is in the photograph
        return turns[np.argmax(is_seen)]


class Rendered(NamedTuple):
    """A rendering of a head.

    :ivar image: ``uint8`` (H, W, 3) BGR.
    :ivar label: (3,) radians: pitch, yaw, roll.
    :ivar landmarks: (468, 2) pixels, true positions.
    :ivar width: of the head between the cheekbones, pixels.
    """

    image: np.ndarray
    label: np.ndarray
    landmarks: np.ndarray
    width: float

    def miss(self, found: np.ndarray) -> float:
        """Mean distance of landmarks (468, 3) detected in the image, in head widths."""
        away = np.linalg.norm(found[:, :2] - self.landmarks, axis=1)
        return float(away.mean() / self.width)

    def is_seen(self, found: np.ndarray) -> bool:
        """Whether landmarks (468, 3) detected in the image are those of the head."""
        return self.miss(found) <= _MAX_MISS


# Moderate and strong pitch are separate, so that every photograph gives one of each. Distances are
# 0.8 to 2 m, and 0.4 to 0.8 m for near, where perspective matters. Trained on 550 photographs of
# AFLW2000-3D, all eight reduce the geodesic error on BIWI by 0.75 degrees.
RENDERED = {
    'looking down': Rendering(pitch=(-30.0, -10.0)),
    'looking further down': Rendering(pitch=(-50.0, -30.0)),
    'looking up': Rendering(pitch=(10.0, 30.0)),
    'looking further up': Rendering(pitch=(30.0, 50.0)),
    'in profile': Rendering(pitch=(-15.0, 15.0), away=(30.0, 60.0)),
    'in profile looking down': Rendering(pitch=(-45.0, -15.0), away=(20.0, 60.0)),
    'in profile looking up': Rendering(pitch=(15.0, 40.0), away=(20.0, 60.0)),
    'near': Rendering(pitch=(-25.0, 15.0), yaw=(-25.0, 25.0), distance=(3.0, 6.0)),
}


def can_be_rendered(landmarks: np.ndarray, label: np.ndarray) -> bool:
    """Whether the pose of the landmark mesh (468, 3) is close to its label (3,), radians."""
    angle = geodesic_angle(own_rotation(landmarks), rotation_from_label(label))
    return bool(np.degrees(angle) <= _MAX_DISAGREEMENT)
