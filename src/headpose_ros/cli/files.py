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
class Options:
    """What the commands have in common, see ``headpose_ros.cli.options``."""

    out: str | None
    row_format: str | None
    drawn: str | None
    force: bool
    detector: str
    bundle: Path | None
    model: Path | None
    max_faces: int
    max_std: float
    primary: str = FollowSettings.primary
    smoothing: float = FollowSettings.smoothing_min_cutoff


def process_images(names: list[str], options: Options) -> None:
    """Unrelated images."""
    _process(ImageFrames(names), ImagesOutput, options, is_stream=False)


def process_video(name: str, options: Options) -> None:
    """A video or webcam."""
    # What FFmpeg has to say about each damaged frame is said once here.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    source = StreamFrames(name)
    _process(source, partial(VideoOutput, rate=source.rate), options)


def process_bag(path: Path, topic: str | None, is_rectified: bool, options: Options) -> None:
    """A rosbag2."""
    with Bag(path.expanduser()) as bag:
        source = BagFrames(bag, topic, is_rectified)
        _process(source, VideoOutput, options)
        print(source.describe_camera(), file=sys.stderr)


def _process(
    source: FrameSource, draw: Callable[[str], Output], options: Options, is_stream: bool = True
) -> None:
    rows = options.out or (None if options.drawn else STANDARD_OUTPUT)
    outputs: list[Output] = [RowsOutput(rows, options.row_format)] if rows else []
    if options.drawn:
        outputs.append(draw(options.drawn))
    for output in outputs:
        output.check(source.paths, options.force)
    mode, find = ('video', HeadFollower) if is_stream else ('image', SeparateImages)
    try:
        settings = FollowSettings(
            max_std=math.radians(options.max_std),
            smoothing_min_cutoff=options.smoothing,
            primary=options.primary,
        )
        estimator = HeadPoseEstimator(
            options.detector, mode, options.max_faces, options.model, options.bundle
        )
    except ValueError as error:
        raise FileError(str(error)) from error
    finder: Finder = find(estimator, settings)
    # A bar among rows on a terminal would be drawn over by them.
    has_bar = not (rows == STANDARD_OUTPUT and sys.stdout.isatty())
    with estimator:
        run(source, finder, outputs, has_bar)
