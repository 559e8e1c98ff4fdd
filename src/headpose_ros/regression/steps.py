# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a stored regressor is made of: steps of plain numpy, microseconds for a face.

``training.plain_numpy`` makes them of a fitted scikit-learn pipeline, which would check and copy
its input in every step. A model file holds each step as the name of its operation and the names of
its arrays.

Features of faces come as (n, length). Where members of a mean run side by side, it is
(members, n, length) between the steps.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Step:
    """From the numbers of faces to other numbers of them; its fields are arrays."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """What comes out for (n, length) or (members, n, length)."""
        raise NotImplementedError

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of what comes out for one face.

        :param shape: (length,) or (members, length) that goes in.
        :raises ValueError: the arrays of the step are not made for it.
        """
        return shape


Steps = tuple[Step, ...]


def run(steps: Steps, x: np.ndarray) -> np.ndarray:
    """What steps give one after the other."""
    for step in steps:
        x = step(x)
    return x


def shape_after(steps: Steps, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The same as of a ``Step``, after all of them."""
    for step in steps:
        shape = step.shape_after(shape)
    return shape


@dataclass(frozen=True, eq=False)
class Affine(Step):
    """A linear map and an offset, of all members of a mean in one where they are stacked."""

    weights: np.ndarray  # (length, outputs), or (members, length, outputs)
    offset: np.ndarray  # (outputs,), or (members, 1, outputs)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``x @ weights + offset``."""
        return x @ self.weights + self.offset

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        weights, offset = self.weights.shape, self.offset.shape
        if len(weights) == 2 and offset == weights[1:] and shape == weights[:1]:
            return offset
        is_stacked = len(weights) == 3 and offset == (weights[0], 1, weights[2])
        if is_stacked and shape in (weights[1:2], weights[:2]):
            return weights[0], weights[2]
        raise ValueError(f'weights {weights} and offset {offset} do not fit {shape} numbers')


@dataclass(frozen=True, eq=False)
class Scale(Step):
    """Each number less a mean, times a factor."""

    mean: np.ndarray  # (length,)
    factor: np.ndarray  # (length,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``(x - mean) * factor``."""
        return (x - self.mean) * self.factor

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        mean, factor = self.mean.shape, self.factor.shape
        if not mean == factor == shape[-1:]:
            raise ValueError(f'mean {mean} and factor {factor} do not fit {shape} numbers')
        return shape


@dataclass(frozen=True, eq=False)
class Gaussian(Step):
    """``exp(-gamma |x - s|²)`` for the distances to given points s, multiplied out."""

    weights: np.ndarray  # (length, points), 2 gamma s
    offset: np.ndarray  # (points,), -gamma |s|²
    gamma: np.ndarray  # ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(n, points) of (n, length)."""
        squares = np.square(x).sum(axis=-1, keepdims=True)
        return np.exp(x @ self.weights + self.offset - self.gamma * squares)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        _check_number('gamma', self.gamma)
        return Affine(self.weights, self.offset).shape_after(shape)


@dataclass(frozen=True, eq=False)
class Cos(Step):
    """Cosine of each number, times an amplitude."""

    amplitude: np.ndarray  # ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``amplitude * cos(x)``."""
        return self.amplitude * np.cos(x)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        _check_number('amplitude', self.amplitude)
        return shape


class Tanh(Step):
    """Hyperbolic tangent of each number."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``tanh(x)``."""
        return np.tanh(x)


class Relu(Step):
    """Each number, or zero where it is negative."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``max(x, 0)``."""
        return np.maximum(x, 0.0)


class Logistic(Step):
    """Logistic function of each number."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``1 / (1 + exp(-x))``."""
        return 1.0 / (1.0 + np.exp(-x))


class AddMembers(Step):
    """The sum of the members that run side by side."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(n, length) of (members, n, length)."""
        return np.add.reduce(x, axis=0)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        if len(shape) != 2:
            raise ValueError(f'no members to add in {shape} numbers')
        return shape[1:]


@dataclass(frozen=True, eq=False)
class Sum(Step):
    """The sum of what several rows of steps give; it has no arrays of its own."""

    terms: tuple[Steps, ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """What each term gives, added."""
        first, *others = self.terms
        total = run(first, x)
        for term in others:
            total = total + run(term, x)
        return total

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        shapes = {shape_after(term, shape) for term in self.terms}
        if len(shapes) != 1:
            raise ValueError(f'a sum of terms of shapes {sorted(shapes)}; expected one shape')
        return shapes.pop()


def _check_number(name: str, array: np.ndarray) -> None:
    if array.shape != ():
        raise ValueError(f'{name} has shape {array.shape}; expected a single number')


# Name of an operation in a model file to its class, whose fields have the same names there.
OPERATIONS: dict[str, type[Step]] = {
    'affine': Affine,
    'scale': Scale,
    'gaussian': Gaussian,
    'cos': Cos,
    'tanh': Tanh,
    'relu': Relu,
    'logistic': Logistic,
    'add_members': AddMembers,
    'sum': Sum,
}
