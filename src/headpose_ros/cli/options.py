# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Options that several commands have.

Choices are written out: ``--help`` would take long if it imported what they are of. A test
compares the two, and the defaults.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Option

from headpose_ros.assets.bundle import VARIABLE

Detector = Annotated[Literal['face_mesh', 'face_landmarker'], Option(help='Landmark network.')]
Bundle = Annotated[
    Path | None,
    Option(
        metavar='FILE',
        help=f'Networks of the detector face_landmarker.  [default: the file that {VARIABLE} '
        'names, or else the one that "headpose fetch-model" downloaded]',
    ),
]


@dataclass(frozen=True)
class Options:
    """What all commands on files take: each field is an option."""

    out: Annotated[
        str | None,
        Option(
            metavar='FILE',
            help='Rows, to a .csv or .jsonl file, or to "-", which is standard output.  '
            '[default: standard output, or no rows with --annotated]',
        ),
    ] = None
    row_format: Annotated[
        Literal['csv', 'jsonl'] | None,
        Option('--format', help='Of the rows.  [default: what the file ends in, or csv]'),
    ] = None
    drawn: Annotated[
        str | None,
        Option(
            '--annotated', metavar='FILE',
            help='Video with the heads drawn on it (.mp4, .avi, .mkv, .mov).',
        ),
    ] = None
    force: Annotated[bool, Option('--force', help='Overwrite files that exist.')] = False
    detector: Detector = 'face_mesh'
    bundle: Bundle = None
    model: Annotated[
        Path | None,
        Option(
            metavar='FILE',
            help='Trained model (.npz), or a .joblib with any regressor of scikit-learn, from a '
            'source you trust: such files run code.  [default: the one of the package]',
        ),
    ] = None
    max_faces: Annotated[int, Option(metavar='N', help='Report at most so many faces.')] = 5
    face_detector: Annotated[
        Literal['auto', 'full_range', 'short_range', 'yunet'],
        Option(help='Network that finds faces far away; auto takes the best that is installed.'),
    ] = 'auto'
    image_rotation: Annotated[
        int,
        Option(
            metavar='DEG',
            help='0, 90, 180 or 270: the images have to be turned so far clockwise to be upright.',
        ),
    ] = 0
    max_std: Annotated[
        float,
        Option(metavar='DEG', help='Discard heads whose roll, pitch or yaw std exceeds this.'),
    ] = 60.0


@dataclass(frozen=True)
class ImageOptions(Options):
    """The same for unrelated images."""

    drawn: Annotated[
        str | None,
        Option('--annotated', metavar='FOLDER', help='For the images with the heads drawn.'),
    ] = None


@dataclass(frozen=True)
class StreamOptions(Options):
    """The same for images that follow one another."""

    primary: Annotated[
        Literal['largest', 'nearest_center', 'longest_tracked'],
        Option(help='Which of several people is the primary one.'),
    ] = 'largest'
    smoothing: Annotated[
        float,
        Option(
            metavar='HZ',
            help='Cutoff of the filter for a head at rest: lower is calmer, 0 turns it off.',
        ),
    ] = 0.5


def with_options(kind: type[Options]) -> Callable[[Callable], Callable]:
    """Decorate a command: for its parameter ``options`` it takes the fields of a dataclass."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def command(**given: Any) -> Any:
            options = kind(**{each.name: given.pop(each.name) for each in fields(kind)})
            return function(options=options, **given)

        own = signature(function)
        parameters = [each for each in own.parameters.values() if each.name != 'options']
        parameters += [
            Parameter(x.name, Parameter.KEYWORD_ONLY, default=x.default, annotation=x.type)
            for x in fields(kind)
        ]
        command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return command

    return decorate
