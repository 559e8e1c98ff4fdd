# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The command ``headpose``, also ``python -m headpose_ros``.

What a command alone needs is imported in it, so that the help comes at once.
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

app = CommandLine(help='Head poses from files, and tools of headpose_ros.', no_args_is_help=True)


@app.command()
@with_options(ImageOptions)
def image(
    source: Annotated[
        list[str], Argument(metavar='FILE', help='Image files, and folders of them.')
    ],
    options: ImageOptions,
) -> None:
    """Head poses in unrelated images (no tracking)."""
    from headpose_ros.cli.files import process_images

    process_images(source, options)


@app.command()
@with_options(StreamOptions)
def video(
    source: Annotated[
        str,
        Argument(
            metavar='VIDEO',
            help='Video file, webcam such as /dev/video0 or its number, or "sample", the moving '
            'head of the package.',
        ),
    ],
    options: StreamOptions,
) -> None:
    """Head poses in a video, or of a webcam until Ctrl-C."""
    from headpose_ros.cli.files import process_video

    process_video(source, options)


@app.command()
@with_options(StreamOptions)
def bag(
    source: Annotated[
        Path, Argument(metavar='BAG', help='Folder of the bag, or a .mcap or .db3 file of it.')
    ],
    options: StreamOptions,
    topic: Annotated[
        str | None, Option(help='Of the images, raw or compressed.  [default: the only one]')
    ] = None,
    rectified: Annotated[
        bool,
        Option(
            '--rectified',
            help='The images are rectified: P of camera_info counts, not K and the distortion.',
        ),
    ] = False,
    depth: Annotated[
        str | None,
        Option(
            metavar='TOPIC',
            help='Of depth that is registered to the images, raw or compressedDepth, to measure '
            'distances with.  [default: the only one that is called aligned or registered]',
        ),
    ] = None,
) -> None:
    """Head poses in the images of a rosbag2 file, without ROS."""
    from headpose_ros.cli.files import process_bag

    process_bag(source, topic, rectified, depth, options)


@app.command()
def info(
    file: Annotated[
        Path | None,
        Argument(metavar='FILE', help='Model files run code when they are loaded.'),
    ] = None,
) -> None:
    """What a model, video, image or bag holds; without a file, what is installed."""
    from headpose_ros.cli.info import print_info

    print_info(file)


@app.command()
def fetch_model(
    name: Annotated[
        Literal['face_landmarker', 'yunet'],
        Argument(
            help='The bundle of the detector face_landmarker, or the face detector yunet.',
        ),
    ] = 'face_landmarker',
    out: Annotated[
        Path | None,
        Option(
            metavar='FILE',
            help=f'File to write.  [default: {FACE_LANDMARKER.path} or {YUNET.path.name} there]',
        ),
    ] = None,
    url: Annotated[str | None, Option(help='Where it is.  [default: where its maker has it]')] = (
        None
    ),
) -> None:
    """Download a network, and check it."""
    from headpose_ros.assets.download import fetch

    asset = ASSETS[name]
    path = out.expanduser() if out else asset.path
    fetch(asset, url or asset.url, path)
    if asset is FACE_LANDMARKER and path != asset.path:
        print(f'name it with {VARIABLE}, or with the parameter bundle')


def main(args: list[str] | None = None) -> int:
    """Run a command; the exit code of the process.

    :param args: of the command line; ``None`` for those of the process.
    """
    return app.run('headpose', args)


def run_process() -> int:
    """Run the command of the process, which SIGTERM ends as tidily as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _end)
    warnings.showwarning = _warn
    return main()


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f'warning: {message}', file=sys.stderr)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
