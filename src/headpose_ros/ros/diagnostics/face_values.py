# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""People as values of the diagnostics, a number each: the node writes, the web page reads them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from headpose_ros.people.follower import People

PRIMARY = 'primary face'
ANGLES = ('roll', 'pitch', 'yaw')
IDS = re.compile(r'face (\d+) roll \(deg\)')


@dataclass(frozen=True)
class FaceValues:
    """One person as in the diagnostics.

    :ivar track_id: of the person.
    :ivar rpy: roll, pitch and yaw, degrees.
    :ivar std: standard deviations of them, degrees.
    :ivar is_primary: whether ``head_pose`` is about this one.
    """

    track_id: int
    rpy: tuple[float, ...]
    std: tuple[float, ...]
    is_primary: bool


def write_faces(people: People | None) -> Iterator[tuple[str, str]]:
    """Keys and values of the people in an image, degrees; of no image, that nobody is primary."""
    primary_id = people.primary_id if people else None
    yield PRIMARY, '-' if primary_id is None else str(primary_id)
    for head in people.heads if people else ():
        for name, angle in zip(ANGLES, np.degrees(head.rpy), strict=True):
            yield _key(head.track_id, name), f'{angle:+.1f}'
        for name, angle in zip(ANGLES, np.degrees(head.std), strict=True):
            yield _key(head.track_id, f'{name} std'), f'{angle:.1f}'


def read_faces(values: Mapping[str, str]) -> list[FaceValues]:
    """The people whom ``write_faces`` wrote, in its order.

    :raises ValueError: a value is not a number.
    :raises KeyError: a value is missing.
    """
    ids = [match[1] for match in map(IDS.fullmatch, values) if match]
    return [
        FaceValues(
            track_id=int(i),
            rpy=tuple(float(values[_key(i, name)]) for name in ANGLES),
            std=tuple(float(values[_key(i, f'{name} std')]) for name in ANGLES),
            is_primary=values.get(PRIMARY) == i,
        )
        for i in ids
    ]


def _key(track_id: int | str, name: str) -> str:
    return f'face {track_id} {name} (deg)'
