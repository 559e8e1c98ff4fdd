# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Webcams of Linux by a name that lasts: numbers are given anew when one is plugged in again."""

from pathlib import Path

LINKS = Path('/dev/v4l')  # which udev makes, by model and serial number, and by port


def lasting_name(name: str) -> Path | None:
    """The link that goes with a webcam whatever its number is; ``None`` where there is none.

    :param name: path or number of the webcam.
    """
    device = Path(f'/dev/video{name}' if name.isdecimal() else name).resolve()
    for kind in ('by-id', 'by-path'):
        for link in sorted((LINKS / kind).glob('*')):
            if link.resolve() == device:
                return link
    return None
