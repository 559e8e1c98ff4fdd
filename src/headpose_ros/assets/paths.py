# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Where the files are that come with the package but are no Python."""

from pathlib import Path


def find_resource(relative: str) -> Path | None:
    """Path of a file such as ``models/face_mesh.npz``; ``None`` when it is not there.

    Looks in the source tree that this file is in, then upwards from here for an installation's
    ``share/headpose_ros``, which covers a checkout, pip, a virtual environment and colcon.
    """
    here = Path(__file__).resolve()
    source_tree = here.parents[3]
    if (source_tree / 'package.xml').is_file() and (source_tree / relative).is_file():
        return source_tree / relative
    for parent in here.parents:
        candidate = parent / 'share' / 'headpose_ros' / relative
        if candidate.is_file():
            return candidate
    return None
