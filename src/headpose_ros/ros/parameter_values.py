# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Conversion and checking of parameter values.

To ROS, 30 and 30.0 have different types, and one is refused where the other is expected. So
parameters are declared with dynamic types and converted here.
"""

from collections.abc import Sequence
from dataclasses import Field
from typing import Any

from headpose_ros.errors import ParameterError

# Types in words.
_KINDS = {
    bool: 'true or false',
    int: 'an integer',
    float: 'a number',
    str: "a string; quote one that looks like another type: '\"text\"'",
}
# The same for lists, by the type of their elements.
_LISTS = {
    float: 'numbers of one type, such as [0.0, 5.0, 0.0]',
    str: "strings, such as ['text', 'text']; [''] for none",
}


def value_of(parameter: Field, value: Any) -> Any:
    """Convert a value to the type of a parameter: integers are valid as doubles and strings.

    :param parameter: field of a dataclass, with a ``descriptor`` in its metadata.
    :param value: from rclpy; ``None`` to delete the parameter.
    :raises ParameterError: wrong type, or an integer out of range.
    """
    default, descriptor = parameter.default, parameter.metadata['descriptor']
    kind = type(default)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is tuple:
        return _list_of(parameter, value)
    if kind is str and is_whole:
        return str(value)
    if kind is float and (is_whole or isinstance(value, float)):
        # ROS itself checks the range only where its type is that of the value.
        if all(r.from_value <= value <= r.to_value for r in descriptor.floating_point_range):
            return float(value)
    elif kind is type(value):
        return value
    ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
    span = ''.join(f' from {each.from_value} to {each.to_value}' for each in ranges)
    raise ParameterError(f'{parameter.name} is {value!r}; expected {_KINDS[kind]}{span}')


def _list_of(parameter: Field, value: Any) -> tuple:
    kind = type(parameter.default[0])
    types = str if kind is str else (int, float)
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    if is_list and all(isinstance(e, types) and not isinstance(e, bool) for e in value):
        return tuple(map(kind, value))
    raise ParameterError(f'{parameter.name} is {value!r}; expected {_LISTS[kind]}')
