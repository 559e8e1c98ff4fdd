# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""People as values of the diagnostics: the node writes them, who shows them reads them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from headpose_ros.people.follower import People

PRIMARY = 'primary face'
ANGLES = 'face {} roll, pitch, yaw (deg)'
STD = 'face {} std of roll, pitch, yaw (deg)'
NUMBER = re.compile(ANGLES.format(r'(\d+)').replace('(deg)', r'\(deg\)'))


@dataclass(frozen=True)
class FaceValues:
    """One person as the diagnostics tell.

    :ivar number: of the person.
    :ivar rpy: roll, pitch and yaw, degrees.
    :ivar std: standard deviations of them, degrees.
    :ivar is_primary: whether ``head_pose`` is about this one.
    """

    number: int
    rpy: tuple[float, ...]
    std: tuple[float, ...]
    is_primary: bool


def write_faces(people: People | None) -> Iterator[tuple[str, str]]:
    """Names and values of the people in an image, degrees; of no image, that nobody is primary."""
    primary_id = people.primary_id if people else None
    yield PRIMARY, '-' if primary_id is None else str(primary_id)
    for head in people.heads if people else ():
        yield ANGLES.format(head.track_id), _text(head.rpy, '+.1f')
        yield STD.format(head.track_id), _text(head.std, '.1f')


def read_faces(values: Mapping[str, str]) -> list[FaceValues]:
    """The people whom ``write_faces`` wrote, in its order.

    :raises ValueError: a value is none of its.
    """
    numbers = [match[1] for match in map(NUMBER.fullmatch, values) if match]
    return [
        FaceValues(
            number=int(number),
            rpy=_numbers(values[ANGLES.format(number)]),
            std=_numbers(values[STD.format(number)]),
            is_primary=values.get(PRIMARY) == number,
        )
        for number in numbers
    ]


def _text(radians: Iterable[float], form: str) -> str:
    return ', '.join(format(angle, form) for angle in np.degrees(radians))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split(','))
