# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What comes out of a file, one image at a time."""

import math
from dataclasses import dataclass

import numpy as np

from headpose_ros.camera.camera import Camera


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a source.

    :ivar source: what it is from: the image file, the video, the webcam, or the topic of a bag.
    :ivar number: counted from 0 within what the command was given, broken ones too.
    :ivar bgr: ``uint8`` (H, W, 3).
    :ivar stamp: seconds; not a number for images, which have no time.
    :ivar camera: that took it; ``None`` where it is not known.
    :ivar frame_id: name of the camera's frame.
    """

    source: str
    number: int
    bgr: np.ndarray
    stamp: float = math.nan
    camera: Camera | None = None
    frame_id: str = ''


@dataclass(frozen=True)
class BrokenFrame:
    """One image of a source that cannot be read.

    :ivar problem: why, in words.
    """

    problem: str
