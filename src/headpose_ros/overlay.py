# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Draws head poses on an image."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from headpose_ros.attention import ATTENTION_ANGLE, facing_camera
from headpose_ros.detection.mediapipe_common import face_mesh_edges
from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import NOSE_TIP, Box
from headpose_ros.rotation import OPTICAL_FROM_HEAD

# Red, green, blue for x, y, z as in RViz: out of the face, to the person's left, to the top of
# the head. BGR.
AXIS_COLORS = ((48, 48, 235), (64, 200, 64), (240, 140, 40))
HEAD_COLOR = (230, 230, 230)  # box and text
PRIMARY_COLOR = (40, 215, 255)
MESH_COLOR = (230, 225, 130)
OUTLINE_COLOR = (20, 20, 20)

AXIS_LENGTH = 0.6  # of the face's larger side
MESH_OPACITY = 0.5
MESH_OPAQUE_WIDTH = 150  # pixels, face width; fainter on smaller faces, which lines would cover
PLATE_OPACITY = 0.6  # of the dark background of text

# Pixels, image height at which lines are 2 pixels wide and text has scale 0.5. For images narrower
# than 4:3 the height of a 4:3 image of that width, so that a line of text fits.
REFERENCE_HEIGHT = 480
MIN_TEXT_SCALE = 0.35  # smaller letters of OpenCV's font are illegible
FONT = cv2.FONT_HERSHEY_SIMPLEX
TEXT_WEIGHT = 10  # cost of covering other text, relative to covering a face
SUBPIXEL_BITS = 4  # fractional bits of the mesh coordinates


@dataclass(frozen=True)
class OverlayStyle:
    """What is drawn for each head besides its box.

    :ivar ids: track IDs.
    :ivar angles: roll, pitch and yaw, degrees.
    :ivar axes: head axes, at the tip of the nose.
    :ivar mesh: face mesh.
    :ivar attention_angle: radians, cone of the probability that the head faces the camera (see
        ``attention.facing_camera``); ``None`` hides it.
    """

    ids: bool = True
    angles: bool = True
    axes: bool = True
    mesh: bool = False
    attention_angle: float | None = ATTENTION_ANGLE


def draw_heads(
    bgr: np.ndarray,
    heads: list[HeadPose],
    style: OverlayStyle = OverlayStyle(),
    primary_id: str | None = None,
) -> np.ndarray:
    """Return a copy of an image with box, axes and angles of each head drawn on it.

    :param bgr: ``uint8`` (H, W, 3).
    :param heads: in any order.
    :param style: what is drawn.
    :param primary_id: ``track_id`` of the head to highlight by colour and a thicker box; ``None``
        for none.
    """
    image = bgr.copy()
    # The primary head is drawn last, on top; its text is placed first.
    heads = sorted(heads, key=lambda head: _is_primary(head, primary_id))
    for head in heads:
        if style.mesh:
            _draw_mesh(image, head)
    for head in heads:
        _draw_box(image, head, primary_id)
    for head in heads:
        if style.axes:
            length = AXIS_LENGTH * head.box.longer_side
            draw_axes(image, head.rotation, head.landmarks[NOSE_TIP, :2], length)
    texts: list[Box] = []
    boxes = [head.box for head in heads]
    for head in reversed(heads):
        words = _words(head, style)
        places = list(_places(image, words, head.box, len(heads) == 1)) if words else []
        if places:  # otherwise the image is too small for text
            text, area = min(places, key=lambda place: _hidden(place[1], texts, boxes))
            _draw_text(image, text, area, _color(head, primary_id))
            texts.append(area)
    return image


def draw_axes(image: np.ndarray, rotation: np.ndarray, origin: np.ndarray, length: float) -> None:
    """Draw the axes of a head in place, nearest last.

    :param image: ``uint8`` (H, W, 3) BGR, modified.
    :param rotation: (3, 3) ``R_opt``.
    :param origin: (2,) pixels.
    :param length: pixels, of an axis parallel to the image plane.
    """
    axes = rotation @ OPTICAL_FROM_HEAD
    thickness = _thickness(image)
    start = _pixel(origin)
    for i in np.argsort(-axes[2]):
        end = _pixel(np.asarray(origin) + length * axes[:2, i])
        cv2.arrowedLine(image, start, end, OUTLINE_COLOR, thickness + 2, cv2.LINE_AA, 0, 0.15)
        cv2.arrowedLine(image, start, end, AXIS_COLORS[i], thickness, cv2.LINE_AA, 0, 0.15)


def describe(head: HeadPose) -> str:
    """Angles of a head as text, degrees."""
    return '  '.join(_angles(head))


class _Text(NamedTuple):
    """Lines of text and their size in pixels."""

    lines: list[str]
    scale: float
    thickness: int
    width: int  # including margins
    line_height: int  # line spacing
    letters: int  # height of a letter such as k
    margin: int  # between text and edges

    @property
    def height(self) -> int:
        return self.line_height * len(self.lines)


def _angles(head: HeadPose) -> list[str]:
    roll, pitch, yaw = np.round(np.degrees(head.rpy)) + 0.0  # no "-0"
    return [f'roll {roll:+.0f}', f'pitch {pitch:+.0f}', f'yaw {yaw:+.0f}']


def _words(head: HeadPose, style: OverlayStyle) -> list[str]:
    number = [head.track_id] if style.ids and head.track_id is not None else []
    words = number + (_angles(head) if style.angles else [])
    if style.attention_angle is not None:
        words.append(f'facing {facing_camera(head, style.attention_angle):.0%}')
    return words


def _is_primary(head: HeadPose, primary_id: str | None) -> bool:
    return primary_id is not None and head.track_id == primary_id


def _color(head: HeadPose, primary_id: str | None) -> tuple[int, int, int]:
    return PRIMARY_COLOR if _is_primary(head, primary_id) else HEAD_COLOR


def _draw_mesh(image: np.ndarray, head: HeadPose) -> None:
    """Draw the mesh semi-transparently."""
    low = np.clip(np.floor(head.box[:2]) - 1, 0, image.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(head.box[2:]) + 2, 0, image.shape[1::-1]).astype(int)
    part = image[low[1]:high[1], low[0]:high[0]]
    if part.size == 0:
        return
    points = _limited(head.landmarks[:, :2] - low) * (1 << SUBPIXEL_BITS)
    lines = np.round(points).astype(np.int32)[face_mesh_edges()]
    drawn = part.copy()
    cv2.polylines(drawn, lines, False, MESH_COLOR, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    opacity = MESH_OPACITY * min(1.0, head.box.width / MESH_OPAQUE_WIDTH)
    part[:] = cv2.addWeighted(drawn, opacity, part, 1 - opacity, 0)


def _draw_box(image: np.ndarray, head: HeadPose, primary_id: str | None) -> None:
    corners = _pixel(head.box[:2]), _pixel(head.box[2:])
    thickness = _thickness(image)
    thickness = max(2, thickness) if _is_primary(head, primary_id) else max(1, thickness // 2)
    cv2.rectangle(image, *corners, _color(head, primary_id), thickness, cv2.LINE_AA)


def _hidden(area: Box, texts: list[Box], boxes: list[Box]) -> float:
    """Cost of covering an area with text; covering other text weighs most."""
    return TEXT_WEIGHT * sum(map(area.common, texts)) + sum(map(area.common, boxes))


def _draw_text(image: np.ndarray, text: _Text, area: Box, color: tuple[int, int, int]) -> None:
    left, top = int(area.left), int(area.top)
    plate = image[top:top + text.height, left:left + text.width]
    plate[:] = cv2.convertScaleAbs(plate, alpha=1 - PLATE_OPACITY)
    for i, line in enumerate(text.lines):
        # OpenCV takes the left end of the baseline.
        base = top + text.margin + text.letters + text.line_height * i
        origin = left + text.margin, base
        cv2.putText(image, line, origin, FONT, text.scale, color, text.thickness, cv2.LINE_AA)


def _places(
    image: np.ndarray, words: list[str], box: Box, is_alone: bool
) -> Iterator[tuple[_Text, Box]]:
    """Possible text positions next to a box and inside the image, best first."""
    row, column = _set(image, ['  '.join(words)]), _set(image, words)
    # A column is no wider than most faces and leaves space for the text of neighbours.
    layouts = (row, column) if is_alone or row.width <= box.width else (column, row)
    gap = _thickness(image)
    for text in layouts:
        for x, y in (
            (box.left, box.top - text.height - gap),
            (box.left, box.bottom + gap),
            (box.right + gap, box.top),
            (box.left - text.width - gap, box.top),
        ):
            room = image.shape[1] - text.width, image.shape[0] - text.height
            if min(room) >= 0:
                x, y = np.clip((x, y), 0, room)
                yield text, Box(x, y, x + text.width, y + text.height)


def _set(image: np.ndarray, lines: list[str]) -> _Text:
    scale = max(MIN_TEXT_SCALE, 0.5 * _size(image))
    thickness = max(1, _thickness(image) // 2)
    sizes = [cv2.getTextSize(line, FONT, scale, thickness) for line in lines]
    (_, letters), tails = sizes[0]  # heights above and below the baseline
    margin = letters // 2
    width = max(width for (width, _), _ in sizes) + 2 * margin
    line_height = letters + tails + thickness + margin
    return _Text(lines, scale, thickness, width, line_height, letters, margin)


def _size(image: np.ndarray) -> float:
    height, width = image.shape[:2]
    return min(height, width * 3 / 4) / REFERENCE_HEIGHT


def _thickness(image: np.ndarray) -> int:
    return max(1, round(2 * _size(image)))


def _pixel(point: np.ndarray | tuple[float, ...]) -> tuple[int, int]:
    x, y = _limited(np.round(point))
    return int(x), int(y)


def _limited(points: np.ndarray) -> np.ndarray:
    # OpenCV draws with 32-bit integers; landmarks far outside the image stay outside.
    return np.clip(points, -30000, 30000)
