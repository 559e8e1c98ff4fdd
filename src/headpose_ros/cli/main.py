# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The command ``headpose``, also ``python -m headpose_ros``.

Each command imports what it needs itself, to keep ``--help`` fast.
"""

import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

from typer import Argument, Option

from headpose_ros.assets.bundle import ASSETS, FACE_LANDMARKER, VARIABLE, YUNET
from headpose_ros.cli.command_line import CommandLine
from headpose_ros.cli.options import ImageOptions, StreamOptions, with_options

app = CommandLine(
    help='Estimate head poses (roll, pitch, yaw in degrees) in images, videos and rosbag2 files, '
    'without ROS.',
    no_args_is_help=True,
)


@app.command()
@with_options(ImageOptions)
def image(
    source: Annotated[
        list[str], Argument(metavar='FILE', help='Image files or folders of images.')
    ],
    options: ImageOptions,
) -> None:
    """Estimate head poses in unrelated images (no tracking).

    Prints one CSV row per face. Folders are not searched recursively.

    Example: headpose image photo.jpg photos/ --out heads.csv
    """
    from headpose_ros.cli.files import process_images

    process_images(source, options)


@app.command()
@with_options(StreamOptions)
def video(
    source: Annotated[
        str,
        Argument(
            metavar='VIDEO',
            help='Video file, webcam (/dev/video0 or its number), or "sample", a rendered moving '
            'head.',
        ),
    ],
    options: StreamOptions,
) -> None:
    """Estimate head poses in a video file or from a webcam.

    Tracks people from frame to frame and prints one CSV row per face and frame. A webcam runs
    until Ctrl-C.

    Example: headpose video talk.mp4 --out heads.csv --annotated drawn.mp4
    """
    from headpose_ros.cli.files import process_video

    process_video(source, options)


@app.command()
@with_options(StreamOptions)
def bag(
    source: Annotated[
        Path, Argument(metavar='BAG', help='Bag folder, or one of its .mcap or .db3 files.')
    ],
    options: StreamOptions,
    topic: Annotated[
        str | None,
        Option(
            metavar='TOPIC',
            help='Image topic, raw or compressed; required if the bag has several.',
        ),
    ] = None,
    rectified: Annotated[
        bool,
        Option(
            '--rectified',
            help='Images are rectified: use P of camera_info instead of K and D.',
        ),
    ] = False,
    depth: Annotated[
        str | None,
        Option(
            metavar='TOPIC',
            help='Depth topic registered to the images, raw or compressedDepth, for metric '
            'distances.  [default: the one named aligned_depth, depth_registered, depth_to_rgb '
            'or depth, if unique]',
        ),
    ] = None,
) -> None:
    """Estimate head poses in the images of a rosbag2 recording.

    Tracks people from image to image and prints one CSV row per face and image. Uses the
    camera_info topic next to the image topic.

    Example: headpose bag recording/ --topic /camera/image_raw --out heads.csv
    """
    from headpose_ros.cli.files import process_bag

    process_bag(source, topic, rectified, depth, options)


@app.command()
def info(
    file: Annotated[
        Path | None,
        Argument(
            metavar='FILE',
            help='Image, video, bag or model. Loading a .joblib model executes code: use only '
            'trusted ones.',
        ),
    ] = None,
) -> None:
    """Show the contents of a file or, without FILE, what is installed."""
    from headpose_ros.cli.info import print_info

    print_info(file)


@app.command()
def fetch_model(
    name: Annotated[
        Literal['face_landmarker', 'yunet'],
        Argument(
            help='Network for --detector face_landmarker, or for --face-detector yunet.',
        ),
    ] = 'face_landmarker',
    out: Annotated[
        Path | None,
        Option(
            metavar='FILE',
            help=f'Output file.  [default: {FACE_LANDMARKER.path}, or {YUNET.path.name} in that '
            'folder]',
        ),
    ] = None,
    url: Annotated[
        str | None,
        Option(metavar='URL', help="Download from this URL.  [default: the publisher's]"),
    ] = None,
) -> None:
    """Download an optional network and verify its checksum."""
    from headpose_ros.assets.download import fetch

    asset = ASSETS[name]
    path = out.expanduser() if out else asset.path
    fetch(asset, url or asset.url, path)
    if asset is FACE_LANDMARKER and path != asset.path:
        print(f'to use it, set {VARIABLE} or the parameter bundle to this path')


def main(args: list[str] | None = None) -> int:
    """Run a command and return the exit code.

    :param args: command-line arguments; ``None`` for those of the process.
    """
    return app.run('headpose', args)


def run_process() -> int:
    """Run the command of the process; SIGTERM ends it as cleanly as Ctrl-C."""
    signal.signal(signal.SIGTERM, _end)
    warnings.showwarning = _warn
    return main()


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f'warning: {message}', file=sys.stderr)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
