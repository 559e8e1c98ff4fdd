# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The commands ``image``, ``video`` and ``bag``."""

import argparse
import math
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from headpose_ros.assets.bundle import VARIABLE
from headpose_ros.detection.factory import DETECTORS
from headpose_ros.errors import FileError
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.files.bag import Bag, BagFrames
from headpose_ros.files.frame import FrameSource
from headpose_ros.files.process import Finder, run
from headpose_ros.files.progress import Progress
from headpose_ros.files.readers import ImageFrames, StreamFrames
from headpose_ros.files.rows import WRITERS
from headpose_ros.files.writers import (
    STANDARD_OUTPUT,
    VIDEO_SUFFIXES,
    ImagesOutput,
    Output,
    Outputs,
    RowsOutput,
    VideoOutput,
)
from headpose_ros.people.follower import FollowSettings, HeadFollower, SeparateImages
from headpose_ros.people.primary import POLICIES

DEFAULTS = FollowSettings()


def add_commands(commands: Any) -> None:
    """Add the parsers of the commands to those of ``argparse``."""
    image = _parser(
        commands, 'image', 'heads in images that have nothing to do with one another'
    )
    image.add_argument(
        'source', nargs='+', metavar='FILE', help='image files, and folders of them'
    )
    _add_outputs(image, 'folder for the images with the heads drawn on them')
    _add_estimator(image)
    image.set_defaults(run=_image)

    video = _parser(commands, 'video', 'heads in a video, or before a webcam until Ctrl-C')
    video.add_argument(
        'source', metavar='VIDEO',
        help='video file, webcam such as /dev/video0 or its number, or "sample", the moving head '
        'of the package',
    )
    _add_stream_options(video)
    video.set_defaults(run=_video)

    bag = _parser(commands, 'bag', 'heads in the images of a rosbag2 file, without ROS')
    bag.add_argument(
        'source', type=Path, metavar='BAG', help='folder of the bag, or a .mcap or .db3 file'
    )
    bag.add_argument('--topic', help='of the images, raw or compressed; default: the only one')
    bag.add_argument(
        '--rectified', action='store_true',
        help='the images are rectified: P of camera_info counts, not K and the distortion',
    )
    _add_stream_options(bag)
    bag.set_defaults(run=_bag)


def _parser(commands: Any, name: str, what: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=what, description=f'{what[0].upper()}{what[1:]}.')


def _add_stream_options(parser: argparse.ArgumentParser) -> None:
    suffixes = ', '.join(VIDEO_SUFFIXES)
    _add_outputs(parser, f'video with the heads drawn on it ({suffixes})')
    _add_estimator(parser)
    parser.add_argument(
        '--primary', default=DEFAULTS.primary, choices=POLICIES,
        help='which of several people is the primary one; default: %(default)s',
    )
    parser.add_argument(
        '--smoothing', type=float, default=DEFAULTS.smoothing_min_cutoff, metavar='HZ',
        help='cutoff of the filter of a head at rest, lower is calmer; 0 turns smoothing off; '
        'default: %(default)g',
    )


def _add_outputs(parser: argparse.ArgumentParser, annotated: str) -> None:
    parser.add_argument(
        '--out', metavar='FILE',
        help=f'rows, to a .{" or .".join(WRITERS)} file or to "{STANDARD_OUTPUT}", which is '
        'standard output; default: standard output, or no rows with --annotated',
    )
    parser.add_argument(
        '--format', choices=WRITERS, help='of the rows; default: what the file ends in, or csv'
    )
    parser.add_argument('--annotated', metavar='PATH', help=annotated)
    parser.add_argument('--force', action='store_true', help='write over files that are there')


def _add_estimator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--detector', default='face_mesh', choices=DETECTORS, help='default: %(default)s'
    )
    parser.add_argument(
        '--bundle', metavar='FILE',
        help=f'networks of the detector face_landmarker; default: that of {VARIABLE}, or else '
        'the one that "headpose fetch-model" downloaded',
    )
    parser.add_argument(
        '--model', metavar='FILE',
        help='trained model; default: that of the package. Such files run code when they are '
        'loaded: name only files you trust',
    )
    parser.add_argument(
        '--max-faces', type=int, default=1, metavar='N',
        help='faces to look for at the most; default: %(default)s',
    )
    parser.add_argument(
        '--max-std', type=float, default=math.degrees(DEFAULTS.max_std), metavar='DEG',
        help='heads are left out of whose roll, pitch or yaw the standard deviation is larger; '
        'default: %(default)g',
    )


def _image(options: argparse.Namespace) -> None:
    _work(options, ImageFrames(options.source), ImagesOutput, is_stream=False)


def _video(options: argparse.Namespace) -> None:
    # What FFmpeg has to say about each damaged frame is said once here.
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    source = StreamFrames(options.source)
    _work(options, source, partial(VideoOutput, rate=source.rate), is_stream=True)


def _bag(options: argparse.Namespace) -> None:
    with Bag(options.source.expanduser()) as bag:
        frames = BagFrames(bag, options.topic, options.rectified)
        _work(options, frames, VideoOutput, is_stream=True)
        print(frames.describe_camera(), file=sys.stderr)


def _work(
    options: argparse.Namespace,
    source: FrameSource,
    annotated: Callable[[str], Output],
    is_stream: bool,
) -> None:
    rows = options.out or (None if options.annotated else STANDARD_OUTPUT)
    outputs: list[Output] = []
    if rows:
        outputs.append(RowsOutput(rows, options.format))
    if options.annotated:
        outputs.append(annotated(options.annotated))
    for output in outputs:
        output.check(source.paths, options.force)
    # A bar among rows on a terminal would be drawn over by them.
    has_bar = sys.stderr.isatty() and not (rows == STANDARD_OUTPUT and sys.stdout.isatty())
    try:
        settings = _settings(options, is_stream)
        estimator = _estimator(options, is_stream)
    except ValueError as error:
        raise FileError(str(error)) from error
    find = HeadFollower if is_stream else SeparateImages
    finder: Finder = find(estimator, settings)
    with estimator:
        run(source, finder, Outputs(outputs), Progress(source.count, has_bar))


def _settings(options: argparse.Namespace, is_stream: bool) -> FollowSettings:
    settings = replace(DEFAULTS, max_std=math.radians(options.max_std))
    if not is_stream:
        return settings
    return replace(settings, primary=options.primary, smoothing_min_cutoff=options.smoothing)


def _estimator(options: argparse.Namespace, is_stream: bool) -> HeadPoseEstimator:
    return HeadPoseEstimator(
        detector=options.detector,
        mode='video' if is_stream else 'image',
        max_faces=options.max_faces,
        model=options.model,
        bundle=options.bundle,
    )
