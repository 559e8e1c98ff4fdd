# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Persistent names of Linux webcams: numbers change when one is replugged."""

from pathlib import Path

LINKS = Path('/dev/v4l')  # created by udev, by model and serial number, and by port


def lasting_name(name: str) -> Path | None:
    """The persistent link of a webcam; ``None`` without one.

    :param name: path or number of the webcam.
    """
    device = Path(f'/dev/video{name}' if name.isdecimal() else name).resolve()
    for kind in ('by-id', 'by-path'):
        for link in sorted((LINKS / kind).glob('*')):
            if link.resolve() == device:
                return link
    return None
