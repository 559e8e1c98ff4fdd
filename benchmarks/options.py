# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

from typer import Option

Turns = Annotated[int, Option(help='Turns of each.')]
Video = Annotated[Path | None, Option(help='Also measure on this video.')]
Aflw2000 = Annotated[
    Path | None,
    Option(
        envvar='HEADPOSE_AFLW2000', help='Folder of AFLW2000-3D, for the parts that need it.'
    ),
]
