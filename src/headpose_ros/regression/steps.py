# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Steps of a stored regressor in plain numpy, microseconds per face.

``training.plain_numpy`` converts a fitted scikit-learn pipeline, which would validate and copy its
input in every step. A model file stores each step as its operation name and array names.

Features are (n, length); between steps that evaluate ensemble members in parallel, (members, n,
length).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Step:
    """Maps one array of numbers per face to another; the fields are arrays."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Output for (n, length) or (members, n, length)."""
        raise NotImplementedError

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Output shape for one face.

        :param shape: input shape, (length,) or (members, length).
        :raises ValueError: the arrays of the step do not fit it.
        """
        return shape


Steps = tuple[Step, ...]


def run(steps: Steps, x: np.ndarray) -> np.ndarray:
    """Apply steps in order."""
    for step in steps:
        x = step(x)
    return x


def shape_after(steps: Steps, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Output shape after all steps, see ``Step``."""
    for step in steps:
        shape = step.shape_after(shape)
    return shape


@dataclass(frozen=True, eq=False)
class Affine(Step):
    """A linear map and an offset; ensemble members may be stacked."""

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
        raise ValueError(f'weights {weights} and offset {offset} do not fit input {shape}')


@dataclass(frozen=True, eq=False)
class Scale(Step):
    """Standardisation: subtracts a mean, multiplies by a factor."""

    mean: np.ndarray  # (length,)
    factor: np.ndarray  # (length,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``(x - mean) * factor``."""
        return (x - self.mean) * self.factor

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        mean, factor = self.mean.shape, self.factor.shape
        if not mean == factor == shape[-1:]:
            raise ValueError(f'mean {mean} and factor {factor} do not fit input {shape}')
        return shape


@dataclass(frozen=True, eq=False)
class Gaussian(Step):
    """Gaussian kernel ``exp(-gamma |x - s|²)`` for points s, expanded."""

    weights: np.ndarray  # (length, points), 2 gamma s
    offset: np.ndarray  # (points,), -gamma |s|²
    gamma: np.ndarray  # ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(n, length) to (n, points)."""
        squares = np.square(x).sum(axis=-1, keepdims=True)
        return np.exp(x @ self.weights + self.offset - self.gamma * squares)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        _check_number('gamma', self.gamma)
        return Affine(self.weights, self.offset).shape_after(shape)


@dataclass(frozen=True, eq=False)
class Cos(Step):
    """Element-wise cosine, times an amplitude."""

    amplitude: np.ndarray  # ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``amplitude * cos(x)``."""
        return self.amplitude * np.cos(x)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        _check_number('amplitude', self.amplitude)
        return shape


class Tanh(Step):
    """Element-wise hyperbolic tangent."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``tanh(x)``."""
        return np.tanh(x)


class Relu(Step):
    """Element-wise rectifier."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``max(x, 0)``."""
        return np.maximum(x, 0.0)


class Logistic(Step):
    """Element-wise logistic function."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``1 / (1 + exp(-x))``."""
        return 1.0 / (1.0 + np.exp(-x))


class AddMembers(Step):
    """Sum over ensemble members."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(members, n, length) to (n, length)."""
        return np.add.reduce(x, axis=0)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        if len(shape) != 2:
            raise ValueError(f'no members to add in input {shape}')
        return shape[1:]


@dataclass(frozen=True, eq=False)
class Sum(Step):
    """Sum of several sequences of steps; has no arrays of its own."""

    terms: tuple[Steps, ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Sum of the terms."""
        first, *others = self.terms
        total = run(first, x)
        for term in others:
            total = total + run(term, x)
        return total

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See ``Step``."""
        shapes = {shape_after(term, shape) for term in self.terms}
        if len(shapes) != 1:
            raise ValueError(f'terms of a sum have shapes {sorted(shapes)}; expected one shape')
        return shapes.pop()


def _check_number(name: str, array: np.ndarray) -> None:
    if array.shape != ():
        raise ValueError(f'{name} has shape {array.shape}; expected a single number')


# Operation name in a model file to class; field names are the same in both.
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
