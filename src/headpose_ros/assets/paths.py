# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Locates non-Python files of the package."""

from pathlib import Path


def find_resource(relative: str) -> Path | None:
    """Path of a file such as ``models/face_mesh.npz``; ``None`` if it is not there.

    Searches the source tree of this file, then ``share/headpose_ros`` in its parent folders:
    covers a checkout, pip, a virtual environment and colcon.
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
