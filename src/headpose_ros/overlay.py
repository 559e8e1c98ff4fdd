"""Head poses drawn on an image."""

import cv2
import numpy as np

from headpose_ros.head_pose import HeadPose
from headpose_ros.rotation import OPTICAL_FROM_HEAD

# Red, green, blue for x, y, z as in RViz: out of the face, to the person's left, to the top of
# the head. BGR.
AXIS_COLORS = ((48, 48, 235), (64, 200, 64), (240, 140, 40))
BOX_COLOR = (230, 230, 230)
TEXT_COLOR = (255, 255, 255)
OUTLINE_COLOR = (20, 20, 20)

NOSE_TIP = 1  # vertex of the face mesh
AXIS_LENGTH = 0.6  # of the face's larger side
REFERENCE_HEIGHT = 480  # pixels, at which lines are 2 pixels wide and text has scale 0.5


def draw_heads(bgr: np.ndarray, heads: list[HeadPose]) -> np.ndarray:
    """Copy of an image with box, axes and angles of each head.

    :param bgr: ``uint8`` (H, W, 3).
    """
    image = bgr.copy()
    for head in heads:
        _draw_box(image, head)
        length = AXIS_LENGTH * float(head.bbox[2:].max())
        draw_axes(image, head.rotation, head.landmarks[NOSE_TIP, :2], length)
    for head in heads:
        _draw_angles(image, head)
    return image


def draw_axes(image: np.ndarray, rotation: np.ndarray, origin: np.ndarray, length: float) -> None:
    """Draw the axes of a head into an image, the nearest last.

    :param image: ``uint8`` (H, W, 3) BGR, drawn into.
    :param rotation: (3, 3) ``R_opt``.
    :param origin: (2,) pixels.
    :param length: pixels of an axis that lies in the image plane.
    """
    axes = rotation @ OPTICAL_FROM_HEAD
    thickness = _thickness(image)
    start = _pixel(origin)
    for i in np.argsort(-axes[2]):
        end = _pixel(np.asarray(origin) + length * axes[:2, i])
        cv2.arrowedLine(image, start, end, OUTLINE_COLOR, thickness + 2, cv2.LINE_AA, 0, 0.15)
        cv2.arrowedLine(image, start, end, AXIS_COLORS[i], thickness, cv2.LINE_AA, 0, 0.15)


def describe(head: HeadPose) -> str:
    """Angles of a head in words, degrees."""
    roll, pitch, yaw = np.round(np.degrees(head.rpy)) + 0.0  # no "-0"
    return f'roll {roll:+.0f}  pitch {pitch:+.0f}  yaw {yaw:+.0f}'


def _draw_box(image: np.ndarray, head: HeadPose) -> None:
    x, y, width, height = head.bbox
    corners = _pixel((x, y)), _pixel((x + width, y + height))
    cv2.rectangle(image, *corners, BOX_COLOR, max(1, _thickness(image) // 2), cv2.LINE_AA)


def _draw_angles(image: np.ndarray, head: HeadPose) -> None:
    text = describe(head) if head.track_id is None else f'#{head.track_id}  {describe(head)}'
    thickness = max(1, _thickness(image) // 2)
    scale = max(0.35, 0.5 * image.shape[0] / REFERENCE_HEIGHT)
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    # Above the box, and inside the image when the box reaches out of it.
    x = int(np.clip(head.bbox[0], 0, max(0, image.shape[1] - width)))
    y = int(np.clip(head.bbox[1] - height // 2, height + 2, image.shape[0] - 2))
    for color, extra in ((OUTLINE_COLOR, 2), (TEXT_COLOR, 0)):
        cv2.putText(
            image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, color, thickness + extra,
            cv2.LINE_AA,
        )


def _thickness(image: np.ndarray) -> int:
    return max(1, round(2 * image.shape[0] / REFERENCE_HEIGHT))


def _pixel(point: np.ndarray | tuple[float, float]) -> tuple[int, int]:
    # OpenCV draws with 32-bit integers; a landmark far outside the image stays far outside.
    x, y = np.clip(np.round(point), -30000, 30000)
    return int(x), int(y)
