# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

from typer import Option

Turns = Annotated[int, Option(help='Turns of each.')]
Video = Annotated[Path | None, Option(help='Video to measure with, beside the built-in head.')]
Aflw2000 = Annotated[
    Path | None,
    Option(
        envvar='HEADPOSE_AFLW2000', help='Folder of AFLW2000-3D; without it, its part is left out.'
    ),
]
