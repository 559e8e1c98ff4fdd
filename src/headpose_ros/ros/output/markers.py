# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Markers for RViz: an arrow out of each face, and a label."""

import colorsys
import itertools
from collections.abc import Iterable

import numpy as np
from geometry_msgs.msg import Point
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from headpose_ros.head_pose import HeadPose
from headpose_ros.overlay import describe
from headpose_ros.six_dof import CameraPose

ARROW, TEXT = 'head_pose/arrow', 'head_pose/text'  # namespaces of the markers

ARROW_LENGTH = 0.3  # metres
ARROW_SIZES = (0.02, 0.04, 0.06)  # metres: diameter of shaft, diameter and length of head
TEXT_HEIGHT = 0.06  # metres, of a capital letter
TEXT_ABOVE = 0.22  # metres from between the eyes to the text, above the top of the head

# Markers of a killed node expire.
LIFETIME = Duration(seconds=1.0).to_msg()

# Hue step from one person to the next: with the golden ratio no colour repeats.
HUE_STEP = 0.618


class PeopleMarkers:
    """Creates the markers of successive images, and deletes those of people who have left."""

    def __init__(self) -> None:
        self._shown: dict[str, int] = {}  # track ID to marker ID
        self._numbers = itertools.count(1)

    def update(
        self, header: Header, people: Iterable[tuple[HeadPose, CameraPose]],
        tracked_ids: frozenset[str],
    ) -> MarkerArray:
        """Markers of one image.

        :param people: head and pose of each person in it.
        :param tracked_ids: IDs still tracked; all other markers are deleted.
        """
        gone = [self._shown.pop(i) for i in sorted(self._shown.keys() - tracked_ids)]
        markers = [
            Marker(header=header, ns=name, id=number, action=Marker.DELETE)
            for number in gone
            for name in (ARROW, TEXT)
        ]
        for head, pose in people:
            if head.track_id not in self._shown:
                self._shown[head.track_id] = next(self._numbers)
            number = self._shown[head.track_id]
            markers += [_arrow(header, number, head, pose), _text(header, number, head, pose)]
        return MarkerArray(markers=markers)

    def clear(self, header: Header) -> MarkerArray:
        """Delete all markers."""
        self._shown.clear()
        return MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])


def _arrow(header: Header, number: int, head: HeadPose, pose: CameraPose) -> Marker:
    marker = _marker(header, ARROW, number, Marker.ARROW)
    # R_opt rotates (0, 0, -1), from the face to the camera, into the facing direction.
    tip = pose.position - ARROW_LENGTH * pose.rotation[:, 2]
    marker.points = [_point(pose.position), _point(tip)]
    marker.scale.x, marker.scale.y, marker.scale.z = ARROW_SIZES
    return marker


def _text(header: Header, number: int, head: HeadPose, pose: CameraPose) -> Marker:
    marker = _marker(header, TEXT, number, Marker.TEXT_VIEW_FACING)
    marker.pose.position = _point(pose.position - (0.0, TEXT_ABOVE, 0.0))
    marker.scale.z = TEXT_HEIGHT
    marker.text = f'{head.track_id}\n{describe(head)}'
    return marker


def _marker(header: Header, name: str, number: int, kind: int) -> Marker:
    red, green, blue = colorsys.hsv_to_rgb(number * HUE_STEP % 1.0, 0.7, 1.0)
    return Marker(
        header=header, ns=name, id=number, type=kind, action=Marker.ADD, lifetime=LIFETIME,
        color=ColorRGBA(r=red, g=green, b=blue, a=1.0),
    )


def _point(xyz: np.ndarray) -> Point:
    x, y, z = xyz.tolist()
    return Point(x=x, y=y, z=z)
