# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Values of parameters as people give them.

To ROS 30 and 30.0 are of different types, and it refuses the one where it wants the other. So
parameters are declared with dynamic types, and what they mean is found out here.
"""

from collections.abc import Sequence
from dataclasses import Field
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor

from headpose_ros.errors import ParameterError

# What values of a type are, in words.
_KINDS = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number',
    str: "a text; in quotes where it looks like something else: '\"text\"'",
    tuple: 'numbers that are all alike, such as [0.0, 5.0, 0.0]',
}
_TEXTS = "texts, such as ['tablet', 'face_f1']"


def value_of(parameter: Field, value: Any) -> Any:
    """A value as a parameter has it: whole numbers are numbers too, and can be names.

    :param parameter: of a dataclass, with a ``descriptor`` in its metadata.
    :param value: of rclpy; ``None`` where the parameter is to be deleted.
    :raises ParameterError: it is of another type, or a whole number out of range.
    """
    default, descriptor = parameter.default, parameter.metadata['descriptor']
    kind = type(default)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is tuple and not isinstance(value, str | bytes) and isinstance(value, Sequence):
        if _are_texts(default) and all(isinstance(each, str) for each in value):
            return tuple(value)
        if not _are_texts(default) and all(isinstance(each, int | float) for each in value):
            return tuple(map(float, value))
    elif kind is str and is_whole:
        return str(value)
    elif kind is float and (is_whole or isinstance(value, float)):
        # Which ROS looks at itself only where the type is that of the range.
        if all(r.from_value <= value <= r.to_value for r in descriptor.floating_point_range):
            return float(value)
    elif kind is type(value):
        return value
    wanted = _TEXTS if kind is tuple and _are_texts(default) else _wanted(kind, descriptor)
    raise ParameterError(f'{parameter.name} is {value!r}; want {wanted}')


def _are_texts(values: tuple) -> bool:
    return all(isinstance(each, str) for each in values)


def _wanted(kind: type, descriptor: ParameterDescriptor) -> str:
    ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
    span = ''.join(f' from {each.from_value} to {each.to_value}' for each in ranges)
    return f'{_KINDS[kind]}{span}'
