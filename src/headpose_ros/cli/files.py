# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the commands ``image``, ``video`` and ``bag`` do."""

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from headpose_ros.errors import FileError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.files.bag import Bag, BagFrames
from headpose_ros.files.frame import FrameSource
from headpose_ros.files.process import Finder, run
from headpose_ros.files.readers import ImageFrames, StreamFrames
from headpose_ros.files.writers import (
    STANDARD_OUTPUT,
    ImagesOutput,
    Output,
    RowsOutput,
    VideoOutput,
)
from headpose_ros.people.follower import FollowSettings, HeadFollower, SeparateImages


@dataclass(frozen=True)
class Finding:
    """Options about how heads are found, and followed in a stream."""

    detector: str
    bundle: Path | None
    model: Path | None
    max_faces: int
    max_std: float  # degrees
    primary: str = FollowSettings.primary
    smoothing: float = FollowSettings.smoothing_min_cutoff  # Hz


@dataclass(frozen=True)
class Writing:
    """Options about what is written of them."""

    rows: str | None
    row_format: str | None
    drawn: str | None
    is_forced: bool


def process_images(names: list[str], finding: Finding, writing: Writing) -> None:
    """Unrelated images."""
    _process(ImageFrames(names), ImagesOutput, finding, writing, is_stream=False)


def process_video(name: str, finding: Finding, writing: Writing) -> None:
    """A video or webcam."""
    # What FFmpeg has to say about each damaged frame is said once here.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    source = StreamFrames(name)
    _process(source, partial(VideoOutput, rate=source.rate), finding, writing)


def process_bag(
    path: Path, topic: str | None, is_rectified: bool, finding: Finding, writing: Writing
) -> None:
    """A rosbag2."""
    with Bag(path.expanduser()) as bag:
        frames = BagFrames(bag, topic, is_rectified)
        _process(frames, VideoOutput, finding, writing)
        print(frames.describe_camera(), file=sys.stderr)


def _process(
    source: FrameSource,
    draw: Callable[[str], Output],
    finding: Finding,
    writing: Writing,
    is_stream: bool = True,
) -> None:
    rows = writing.rows or (None if writing.drawn else STANDARD_OUTPUT)
    outputs: list[Output] = [RowsOutput(rows, writing.row_format)] if rows else []
    if writing.drawn:
        outputs.append(draw(writing.drawn))
    for output in outputs:
        output.check(source.paths, writing.is_forced)
    try:
        settings = FollowSettings(
            max_std=math.radians(finding.max_std),
            smoothing_min_cutoff=finding.smoothing,
            primary=finding.primary,
        )
        mode = 'video' if is_stream else 'image'
        estimator = HeadPoseEstimator(
            finding.detector, mode, finding.max_faces, finding.model, finding.bundle
        )
    except ValueError as error:
        raise FileError(str(error)) from error
    find = HeadFollower if is_stream else SeparateImages
    finder: Finder = find(estimator, settings)
    # A bar among rows on a terminal would be drawn over by them.
    has_bar = not (rows == STANDARD_OUTPUT and sys.stdout.isatty())
    with estimator:
        run(source, finder, outputs, has_bar)
