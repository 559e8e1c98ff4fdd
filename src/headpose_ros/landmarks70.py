# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The 70 facial landmarks of ROS4HRI (dlib and OpenPose order) from the face mesh."""

import numpy as np

POINT_COUNT = 70
RIGHT_PUPIL, LEFT_PUPIL = 68, 69  # the person's right and left

# (68,) face mesh vertex for each point except the pupils. Left and right are the person's; both
# sides are mirror images.
#
# Chosen as the vertex closest on average to the point in AFLW2000-3D (1201 faces within 30 degrees
# of frontal, averaged with the mirrored point to make both sides agree); for the outer eye corners
# the mesh's own corners, which are as close. Remaining error: 3.0 % of the face size on average,
# most for the jaw.
VERTICES = np.array([
    # jaw, from the person's right ear via the chin to the left ear
    127, 234, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 356,
    70, 53, 52, 65, 107,  # right eyebrow, from outside
    336, 295, 282, 283, 300,  # left eyebrow, from inside
    6, 197, 5, 4,  # nose, down its bridge
    75, 99, 2, 328, 305,  # nostrils, from the right
    33, 160, 158, 173, 153, 144,  # right eye, from the outer corner over the upper lid
    398, 385, 387, 263, 373, 380,  # left eye, from the inner corner over the upper lid
    61, 39, 37, 0, 267, 269, 291,  # outer edge of the lips, from the right over the upper one
    404, 314, 17, 84, 180,  # and back over the lower one
    78, 38, 12, 268, 308,  # inner edge, likewise
    317, 14, 87,
])

# (2, 4) vertices around the right and the left eye: outer and inner corner, upper and lower lid.
EYES = np.array([(33, 133, 159, 145), (263, 362, 386, 374)])


def points70(landmarks: np.ndarray) -> np.ndarray:
    """The 70 points of a face: (70, 2) in the unit of the landmarks.

    The mesh has no irises: the pupils (last two) are the eye centres, between corners and lids,
    regardless of gaze.

    :param landmarks: (468, 2 or 3).
    """
    points = np.empty((POINT_COUNT, 2), landmarks.dtype)
    points[:RIGHT_PUPIL] = landmarks[VERTICES, :2]
    points[RIGHT_PUPIL:] = landmarks[EYES, :2].mean(axis=1)
    return points
