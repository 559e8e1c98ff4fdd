# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Test frames: one or several rendered heads, or a video."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from headpose_ros.errors import SourceError
from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation
from headpose_ros.media.video_file import VideoSource

Size = tuple[int, int]  # width and height, pixels

VGA, HD = (640, 480), (1280, 720)

RATE = 30.0  # Hz, of the motion in the frames
COUNT = 45  # frames; played forwards and backwards for continuous motion


def make_frames(size: Size, video: Path | None = None, heads: int = 1) -> list[np.ndarray]:
    """``COUNT`` frames or fewer, ``uint8`` (H, W, 3) BGR.

    :param video: scaled to that size; ``None`` for the rendered head.
    :param heads: rendered heads side by side, moving independently, 0 to 5.
    :raises SourceError: not a video.
    """
    if video is not None:
        return _video_frames(video, size)
    width, height = size
    if heads == 0:
        return [_empty_wall(width, height)] * COUNT
    if heads == 1:
        head = RenderedHead(width, height)
        return [head.render(sample_rotation(i / RATE)) for i in range(COUNT)]
    tile = (width // heads, height)
    head = RenderedHead(*tile, focal_length=width / 2)
    starts = range(0, 20 * heads, 20)  # frames by which one moves ahead of the next
    return [
        np.pad(
            np.hstack([head.render(sample_rotation((i + start) / RATE)) for start in starts]),
            ((0, 0), (0, width - heads * tile[0]), (0, 0)),
        )
        for i in range(COUNT)
    ]


def _empty_wall(width: int, height: int) -> np.ndarray:
    """No face, only coarse noise."""
    coarse = np.random.default_rng(0).integers(60, 200, (height // 60, width // 60, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def in_light(frame: np.ndarray, i: int) -> np.ndarray:
    """A frame in changing light, with a period of 64 frames."""
    level = 37.0 * i % 64.0 - 32.0
    return cv2.add(frame, (level, level, level, 0.0))


def forth_and_back(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Frames that can be looped without a jump."""
    return [*frames, *frames[-2:0:-1]]


def _video_frames(path: Path, size: Size) -> list[np.ndarray]:
    images = (image for image in VideoSource(path).frames() if image is not None)
    frames = [
        cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in islice(images, COUNT)
    ]
    if len(frames) < 2:
        raise SourceError(f'{path}: not a video with at least two frames')
    return frames
