# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Options that several commands have.

Choices are written out: ``--help`` would take long if it imported what they are of. A test
compares the two, and the defaults.
"""

from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from headpose_ros.assets.bundle import VARIABLE

Out = Annotated[
    str | None,
    Option(
        metavar='FILE',
        help='Rows, to a .csv or .jsonl file, or to "-", which is standard output.  [default: '
        'standard output, or no rows with --annotated]',
    ),
]
RowFormat = Annotated[
    Literal['csv', 'jsonl'] | None,
    Option('--format', help='Of the rows.  [default: what the file ends in, or csv]'),
]
Drawn = Annotated[
    str | None,
    Option(
        '--annotated', metavar='FILE',
        help='Video with the heads drawn on it (.mp4, .avi, .mkv, .mov).',
    ),
]
Force = Annotated[bool, Option('--force', help='Overwrite files that exist.')]
Detector = Annotated[Literal['face_mesh', 'face_landmarker'], Option(help='Face detector.')]
Bundle = Annotated[
    Path | None,
    Option(
        metavar='FILE',
        help=f'Networks of the detector face_landmarker.  [default: the file that {VARIABLE} '
        'names, or else the one that "headpose fetch-model" downloaded]',
    ),
]
Model = Annotated[
    Path | None,
    Option(
        metavar='FILE',
        help='Trained model, from a source you trust: such files run code when they are loaded.  '
        '[default: the one of the package]',
    ),
]
MaxFaces = Annotated[int, Option(metavar='N', help='Detect at most so many faces.')]
MaxStd = Annotated[
    float,
    Option(metavar='DEG', help='Discard heads whose roll, pitch or yaw std exceeds this.'),
]
Primary = Annotated[
    Literal['largest', 'nearest_center', 'longest_tracked'],
    Option(help='Which of several people is the primary one.'),
]
Smoothing = Annotated[
    float,
    Option(
        metavar='HZ',
        help='Cutoff of the filter for a head at rest: lower is calmer, 0 turns it off.',
    ),
]
