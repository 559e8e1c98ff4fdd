# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Options shared by several commands.

Choices are spelled out so that ``--help`` need not import their definitions; a test compares both,
and the defaults.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Option

from headpose_ros.assets.bundle import VARIABLE

Detector = Annotated[
    Literal['face_mesh', 'face_landmarker', 'both'],
    Option(help='Landmark network; both averages the poses of the two.'),
]
Bundle = Annotated[
    Path | None,
    Option(
        metavar='FILE',
        help='Model bundle of --detector face_landmarker or both.  '
        f'[default: ${VARIABLE}, or the file that "headpose fetch-model" downloaded]',
    ),
]


@dataclass(frozen=True)
class Options:
    """Options of all commands on files, one per field."""

    out: Annotated[
        str | None,
        Option(
            metavar='FILE',
            help='Write rows to this .csv or .jsonl file; "-" is standard output.  '
            '[default: -, or no rows with --annotated]',
        ),
    ] = None
    row_format: Annotated[
        Literal['csv', 'jsonl'] | None,
        Option('--format', help='Row format.  [default: from the suffix of --out, or csv]'),
    ] = None
    drawn: Annotated[
        str | None,
        Option(
            '--annotated', metavar='FILE',
            help='Write an annotated video (.mp4, .avi, .mkv, .mov).',
        ),
    ] = None
    force: Annotated[bool, Option('--force', help='Overwrite existing files.')] = False
    detector: Detector = 'face_mesh'
    bundle: Bundle = None
    model: Annotated[
        Path | None,
        Option(
            metavar='FILE',
            help='Trained model (.npz), or any scikit-learn regressor (.joblib; loading one '
            'executes code: use only trusted files).  [default: the built-in model]',
        ),
    ] = None
    max_faces: Annotated[int, Option(metavar='N', help='Maximum number of faces per image.')] = 5
    face_detector: Annotated[
        Literal['auto', 'full_range', 'short_range', 'yunet'],
        Option(help='Face detector for distant faces; auto selects the best one installed.'),
    ] = 'auto'
    image_rotation: Annotated[
        int,
        Option(
            metavar='DEG',
            help='Clockwise rotation that makes the images upright: 0, 90, 180 or 270. Rotation '
            'metadata of photos and videos is always applied.',
        ),
    ] = 0
    max_std: Annotated[
        float,
        Option(metavar='DEG', help='Discard heads whose roll, pitch or yaw std exceeds this.'),
    ] = 60.0


@dataclass(frozen=True)
class ImageOptions(Options):
    """Options for unrelated images."""

    drawn: Annotated[
        str | None,
        Option(
            '--annotated', metavar='FOLDER',
            help='Write annotated images to this folder.',
        ),
    ] = None


@dataclass(frozen=True)
class StreamOptions(Options):
    """Options for image sequences."""

    primary: Annotated[
        Literal['largest', 'nearest_center', 'longest_tracked'],
        Option(help='How the primary person is selected.'),
    ] = 'largest'
    smoothing: Annotated[
        float,
        Option(
            metavar='HZ',
            help='Cutoff frequency of the smoothing filter for a still head: lower is smoother, '
            '0 disables smoothing.',
        ),
    ] = 0.5


def with_options(kind: type[Options]) -> Callable[[Callable], Callable]:
    """Decorator: replaces the parameter ``options`` of a command by the fields of a dataclass."""

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
