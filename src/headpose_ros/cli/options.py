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
        help=f'Model bundle of --detector face_landmarker.  [default: ${VARIABLE}, or the file '
        'that "headpose fetch-model" downloaded]',
    ),
]


@dataclass(frozen=True)
class Options:
    """What all commands on files take: each field is an option."""

    out: Annotated[
        str | None,
        Option(
            metavar='FILE',
            help='Write the rows to this .csv or .jsonl file; "-" is standard output.  '
            '[default: -, or no rows with --annotated]',
        ),
    ] = None
    row_format: Annotated[
        Literal['csv', 'jsonl'] | None,
        Option('--format', help='Format of the rows.  [default: by the name of --out, or csv]'),
    ] = None
    drawn: Annotated[
        str | None,
        Option(
            '--annotated', metavar='FILE',
            help='Write a video with the heads drawn on it (.mp4, .avi, .mkv, .mov).',
        ),
    ] = None
    force: Annotated[bool, Option('--force', help='Overwrite files that exist.')] = False
    detector: Detector = 'face_mesh'
    bundle: Bundle = None
    model: Annotated[
        Path | None,
        Option(
            metavar='FILE',
            help='Trained model (.npz), or any scikit-learn regressor (.joblib, which runs code '
            'when it is loaded: name only those you trust).  [default: the built-in model]',
        ),
    ] = None
    max_faces: Annotated[int, Option(metavar='N', help='Maximum number of faces per image.')] = 5
    face_detector: Annotated[
        Literal['auto', 'full_range', 'short_range', 'yunet'],
        Option(help='Network that finds distant faces; auto takes the best one installed.'),
    ] = 'auto'
    image_rotation: Annotated[
        int,
        Option(
            metavar='DEG',
            help='Clockwise rotation that makes the images upright: 0, 90, 180 or 270. What a '
            'photo or video file says of its rotation is applied anyway.',
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
        Option(
            '--annotated', metavar='FOLDER',
            help='Write the images with the heads drawn on them to this folder.',
        ),
    ] = None


@dataclass(frozen=True)
class StreamOptions(Options):
    """The same for images that follow one another."""

    primary: Annotated[
        Literal['largest', 'nearest_center', 'longest_tracked'],
        Option(help='Which person is the primary one.'),
    ] = 'largest'
    smoothing: Annotated[
        float,
        Option(
            metavar='HZ',
            help='Cutoff of the smoothing filter for a still head: lower is smoother, 0 turns it '
            'off.',
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
