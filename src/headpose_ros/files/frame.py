# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What comes out of a file, one image at a time."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.camera.camera import Camera


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a source."""

    source: str  # what it is from: the image file, the video, the webcam, or the topic of a bag
    number: int  # counted from 0 within what the command was given, broken ones too
    bgr: np.ndarray  # ``uint8`` (H, W, 3)
    stamp: float = math.nan  # seconds; not a number for images, which have no time
    camera: Camera | None = None  # that took it; ``None`` where it is not known
    frame_id: str = ''  # name of the camera's frame


@dataclass(frozen=True)
class BrokenFrame:
    """One image of a source that cannot be read."""

    problem: str
