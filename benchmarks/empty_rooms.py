# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""False positives in videos without people."""

from collections.abc import Iterator
from typing import Annotated

import cv2
import numpy as np
import pandas as pd
import skimage.data
from typer import Option

from benchmarks.frames import HD, RATE
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import HeadFollower

# Images of scikit-image without people.
PICTURES = (
    'brick', 'cell', 'chelsea', 'clock', 'coffee', 'colorwheel', 'grass', 'gravel', 'horse',
    'hubble_deep_field', 'immunohistochemistry', 'moon', 'page', 'retina', 'rocket', 'text',
)
NOISE = 6  # levels, maximum noise of a pixel
MARGIN = 1.2  # size of an image relative to a frame, for panning


def run(
    seconds: Annotated[float, Option(help='Of video, for each picture.')] = 40.0,
) -> None:
    """Measure and print."""
    print(measure(seconds).to_string(index=False))


def measure(seconds: float) -> pd.DataFrame:
    """People reported in a video of each image, at 30 Hz."""
    rows = []
    for name in PICTURES:
        people: set[int] = set()
        reported = 0
        with HeadPoseEstimator(mode='video') as estimator:
            follower = HeadFollower(estimator)
            for i, frame in enumerate(_frames(name, round(seconds * RATE))):
                heads = follower.update(frame, i / RATE).heads
                people |= {head.track_id for head in heads if head.track_id is not None}
                reported += bool(heads)
        rows.append({
            'picture': name, 'seconds': seconds, 'people': len(people), 'frames': reported
        })
    return pd.DataFrame(rows)


def _frames(name: str, count: int) -> Iterator[np.ndarray]:
    """A noisy camera panning over the image."""
    rgb = np.asarray(getattr(skimage.data, name)())
    if rgb.ndim == 2:
        rgb = np.stack([rgb] * 3, axis=2)
    if rgb.dtype != np.uint8:
        rgb = (255 * rgb).astype(np.uint8)
    bgr = np.ascontiguousarray(rgb[..., 2::-1])
    width, height = HD
    scale = MARGIN * max(width / bgr.shape[1], height / bgr.shape[0])
    bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    chance = np.random.default_rng(0)
    for i in range(count):
        x = int((bgr.shape[1] - width) * (0.5 + 0.5 * np.sin(i / 97.0)))
        y = int((bgr.shape[0] - height) * (0.5 + 0.5 * np.cos(i / 61.0)))
        noise = chance.integers(-NOISE, NOISE + 1, (height, width, 1), np.int16)
        noisy = bgr[y : y + height, x : x + width] + noise
        yield np.clip(noisy, 0, 255).astype(np.uint8)
