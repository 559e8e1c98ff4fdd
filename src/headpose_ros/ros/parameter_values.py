# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Values of parameters as people give them.

To ROS 30 and 30.0 are of different types, and it refuses the one where it wants the other. So
parameters are declared with dynamic types, and what they mean is found out here.
"""

from collections.abc import Sequence
from dataclasses import Field
from typing import Any

from headpose_ros.errors import ParameterError

# What values of a type are, in words.
_KINDS = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number',
    str: "a text; in quotes where it looks like something else: '\"text\"'",
}
# The same of lists, by the type of what is in them.
_LISTS = {
    float: 'numbers that are all alike, such as [0.0, 5.0, 0.0]',
    str: "texts, such as ['text', 'text'], and [''] for none",
}


def value_of(parameter: Field, value: Any) -> Any:
    """A value as a parameter has it: whole numbers are numbers too, and can be names.

    :param parameter: of a dataclass, with a ``descriptor`` in its metadata.
    :param value: of rclpy; ``None`` where the parameter is to be deleted.
    :raises ParameterError: it is of another type, or a whole number out of range.
    """
    default, descriptor = parameter.default, parameter.metadata['descriptor']
    kind = type(default)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is tuple:
        return _list_of(parameter, value)
    if kind is str and is_whole:
        return str(value)
    if kind is float and (is_whole or isinstance(value, float)):
        # Which ROS looks at itself only where the type is that of the range.
        if all(r.from_value <= value <= r.to_value for r in descriptor.floating_point_range):
            return float(value)
    elif kind is type(value):
        return value
    ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
    span = ''.join(f' from {each.from_value} to {each.to_value}' for each in ranges)
    raise ParameterError(f'{parameter.name} is {value!r}; want {_KINDS[kind]}{span}')


def _list_of(parameter: Field, value: Any) -> tuple:
    kind = type(parameter.default[0])
    types = str if kind is str else (int, float)
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    if is_list and all(isinstance(e, types) and not isinstance(e, bool) for e in value):
        return tuple(map(kind, value))
    raise ParameterError(f'{parameter.name} is {value!r}; want {_LISTS[kind]}')
