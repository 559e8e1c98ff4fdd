# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Draws overlay.jpg and signs.jpg: python docs/make_figures.py."""

from pathlib import Path

import cv2
import numpy as np

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.overlay import draw_heads
from headpose_ros.people.follower import HeadFollower
from headpose_ros.rotation import rotation_from_rpy

HERE = Path(__file__).resolve().parent

# Degrees of roll, pitch and yaw, and what they mean.
SIGNS = [
    ((20, 0, 0), "roll > 0: tilts to the person's right"),
    ((0, 15, 0), 'pitch > 0: looks down'),
    ((0, 0, 30), "yaw > 0: turns to the person's left"),
]
# Of the people of overlay.jpg: the same, and how far away they are, metres.
PEOPLE = [
    ((0, -4, 12), 1.7), ((8, 5, 24), 0.7), ((0, 2, 3), 0.5), ((-6, 12, -30), 0.9), ((4, 0, 2), 1.4)
]
PANEL = (240, 400)  # pixels, width and height, of one of them
SIZE = (480, 400)  # pixels, width and height of one panel
CAPTION = 44  # pixels, height of the line below it
DISTANCE = 0.5  # metres


def people(estimator):
    """Rendered heads beside one another, with what the estimator makes of them."""
    head = RenderedHead(*PANEL, focal_length=1.5 * PANEL[0])
    bgr = np.hstack([
        head.render(rotation_from_rpy(np.radians(rpy)), (0.0, 0.0, distance))
        for rpy, distance in PEOPLE
    ])
    found = HeadFollower(estimator).update(bgr, 0.0)
    return draw_heads(bgr, found.heads, primary_id=found.primary_id)


def overlay(estimator, head, rpy_degrees):
    """Rendered head at roll, pitch and yaw, with what the estimator makes of it."""
    bgr = head.render(rotation_from_rpy(np.radians(rpy_degrees)), (0.0, 0.0, DISTANCE))
    return draw_heads(bgr, estimator.estimate(bgr))


def with_caption(image, text):
    """Image with a line of text below it."""
    line = np.full((CAPTION, image.shape[1], 3), 255, np.uint8)
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.65
    (width, height), _ = cv2.getTextSize(text, font, scale, 1)
    origin = ((image.shape[1] - width) // 2, (CAPTION + height) // 2)
    cv2.putText(line, text, origin, font, scale, (30, 30, 30), 1, cv2.LINE_AA)
    return np.vstack([image, line])


def main():
    """Write overlay.jpg and signs.jpg beside this file."""
    with HeadPoseEstimator() as estimator:
        head = RenderedHead(*SIZE)
        panels = [with_caption(overlay(estimator, head, rpy), text) for rpy, text in SIGNS]
        cv2.imwrite(str(HERE / 'signs.jpg'), np.hstack(panels))
        cv2.imwrite(str(HERE / 'overlay.jpg'), people(estimator))


if __name__ == '__main__':
    main()
