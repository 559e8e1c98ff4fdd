# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Implementation of the commands ``image``, ``video`` and ``bag``."""

import math
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from headpose_ros.cli.options import ImageOptions, Options, StreamOptions
from headpose_ros.errors import FileError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.files import writers
from headpose_ros.files.bag import Bag, BagFrames
from headpose_ros.files.process import Finder, FrameSource, run
from headpose_ros.files.readers import ImageFrames, StreamFrames
from headpose_ros.people.follower import FollowSettings, HeadFollower, SeparateImages

Draw = Callable[..., writers.Output]


def process_images(names: list[str], options: ImageOptions) -> None:
    """Unrelated images."""
    source = ImageFrames(names)
    try:
        _process(source, writers.write_images, options, 'image', SeparateImages)
    finally:
        for rest in source.rest:
            print(rest, file=sys.stderr)


def process_video(name: str, options: StreamOptions) -> None:
    """A video or webcam."""
    source = StreamFrames(name)
    _follow(source, partial(writers.write_video, rate=source.rate), options)


def process_bag(
    path: Path, topic: str | None, is_rectified: bool, depth: str | None, options: StreamOptions
) -> None:
    """A rosbag2 recording."""
    with closing(Bag(path.expanduser())) as bag:
        source = BagFrames(bag, topic, is_rectified, depth)
        _follow(source, writers.write_video, options)
        notes = [source.describe_camera(), source.describe_stamps()]
        if source.depth is not None:
            notes.append(source.depth.describe())
        for note in filter(None, notes):
            print(note, file=sys.stderr)


def _follow(source: FrameSource, draw: Draw, options: StreamOptions) -> None:
    _process(
        source, draw, options, 'video', HeadFollower,
        smoothing_min_cutoff=options.smoothing, primary=options.primary,
    )


def _process(
    source: FrameSource, draw: Draw, options: Options, mode: str,
    find: Callable[[HeadPoseEstimator, FollowSettings], Finder],
    **settings: Any,
) -> None:
    rows = options.out or (None if options.drawn else writers.STANDARD_OUTPUT)
    existing = source.paths, options.force
    outputs = [writers.write_rows(rows, *existing, options.row_format)] if rows else []
    if options.drawn:
        outputs.append(draw(options.drawn, *existing))
    try:
        follow = FollowSettings(max_std=math.radians(options.max_std), **settings)
        estimator = HeadPoseEstimator(
            options.detector,
            mode,
            options.max_faces,
            options.model,
            options.bundle,
            options.face_detector,
            image_rotation=options.image_rotation,
        )
    except ValueError as error:
        raise FileError(str(error)) from error
    finder = find(estimator, follow)
    # Rows printed to the same terminal would garble a progress bar.
    has_bar = not (rows == writers.STANDARD_OUTPUT and sys.stdout.isatty())
    with estimator:
        run(source, finder, outputs, has_bar)
