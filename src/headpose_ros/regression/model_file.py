# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Reads and validates model files, written by ``training.model_writer``.

A model file is a numpy ``.npz``: arrays, and a JSON text with the description and the steps of the
regressor. It cannot execute code. Built-in models are checked against their checksums.

A ``.joblib`` with a scikit-learn regressor is left to ``joblib_file``.
"""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from headpose_ros.assets.checksums import check_listed
from headpose_ros.assets.paths import find_resource
from headpose_ros.errors import ChecksumError, ModelError, one_line
from headpose_ros.regression.model import (
    OUTPUT_COUNT,
    TRAIN_AGAIN,
    Model,
    ModelDescription,
    read_uncertainty,
)
from headpose_ros.regression.steps import OPERATIONS, Step, Steps, Sum, run, shape_after

# Name of the array with the JSON text, which names the arrays of the steps; prefix of the arrays
# of an ``Uncertainty``.
JSON, UNCERTAINTY = 'json', 'uncertainty_'

JOBLIB_SUFFIX = '.joblib'

_COPY_AGAIN = 'copy it again or train a model with python -m training fit'


def find_model(detector: str) -> Path:
    """Path of the built-in model for a detector.

    :raises ModelError: there is none.
    """
    path = find_resource(f'models/{detector}.npz')
    if path is None:
        raise ModelError(
            f'headpose_ros was installed without the model {detector}.npz; set model to a file of '
            'your own, or train one with python -m training fit'
        )
    return path


def load_model(path: str | os.PathLike | None, detector: str) -> Model:
    """Load a model file.

    Warns of joblib files, because loading one executes code.

    :param path: a model file, or a joblib file from a trusted source with any scikit-learn
        regressor; ``None`` for the built-in model.
    :param detector: name of the detector in use.
    :raises ModelError: there is no such file, it does not match what is running, or a built-in
        model has been modified.
    """
    if path is None:
        path = find_model(detector)
        content = _read_checked(path)
    else:
        path = Path(path).expanduser()
        content = _read(path)
    if path.suffix == JOBLIB_SUFFIX:
        from headpose_ros.regression.joblib_file import load_joblib

        return load_joblib(path, content, detector)
    arrays, stored = _parse(path, content)
    description = ModelDescription.parse(path, stored)
    description.check(path, detector)
    steps = _read_regressor(path, stored, arrays, description.feature_count)
    unsure = {name.removeprefix(UNCERTAINTY): array for name, array in arrays.items()}
    uncertainty = read_uncertainty(path, unsure, description.feature_count)
    return Model(path, description, partial(run, steps), uncertainty)


def read_description(path: Path) -> ModelDescription:
    """Description of a model file, for any detector.

    Warns of joblib files as ``load_model`` does.

    :param path: a model file, or a joblib file from a trusted source.
    :raises ModelError: there is no such file, or it is not a model.
    """
    content = _read(path)
    if path.suffix == JOBLIB_SUFFIX:
        from headpose_ros.regression.joblib_file import describe_joblib

        return describe_joblib(path, content)
    _, stored = _parse(path, content)
    return ModelDescription.parse(path, stored)


def _read_checked(path: Path) -> bytes:
    content = path.read_bytes()
    try:
        check_listed(path, content)
    except ChecksumError as error:
        raise ModelError(
            f'{path}: not the model shipped with headpose_ros: {error}; reinstall headpose_ros, '
            'or pass a model of your own by its path'
        ) from error
    return content


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ModelError(f'{path}: no such model file')
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f'{path}: cannot be read ({error.strerror})') from error


def _parse(path: Path, content: bytes) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays and description of a model file."""
    arrays = {}
    try:
        # Reading a whole member verifies its checksum.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception as error:  # a damaged archive may raise anything
        raise ModelError(
            f'{path}: not a model file (.npz), or a truncated or damaged one '
            f'({one_line(error)}); {_COPY_AGAIN}'
        ) from error
    for member, data in members.items():
        try:
            array = np.load(io.BytesIO(data), allow_pickle=False)
        except Exception as error:
            raise ModelError(
                f'{path}: {member!r} in it is not a plain array; {_COPY_AGAIN}'
            ) from error
        arrays[member.removesuffix('.npy')] = array
    try:
        return arrays, json.loads(str(arrays.pop(JSON)))
    except (KeyError, ValueError, RecursionError) as error:
        what = 'no' if isinstance(error, KeyError) else 'invalid JSON as'
        raise ModelError(
            f'{path}: not a model file of headpose_ros: it has {what} description; {_COPY_AGAIN}'
        ) from error


def _read_regressor(
    path: Path, stored: dict, arrays: Mapping[str, np.ndarray], feature_count: int
) -> Steps:
    try:
        steps = _read_steps(stored.get('steps'), arrays)
        shape = shape_after(steps, (feature_count,))
        if shape != (OUTPUT_COUNT,):
            raise ValueError(f'it outputs {shape} per face; expected ({OUTPUT_COUNT},)')
    except Exception as error:  # the file may hold anything
        raise ModelError(
            f'{path}: its regressor does not accept {feature_count} features: {one_line(error)}; '
            f'{TRAIN_AGAIN}'
        ) from error
    return steps


def _read_steps(stored: Any, arrays: Mapping[str, np.ndarray]) -> Steps:
    if not isinstance(stored, list) or not stored:
        raise ValueError('it has no list of steps')
    return tuple(_read_step(each, arrays) for each in stored)


def _read_step(stored: Any, arrays: Mapping[str, np.ndarray]) -> Step:
    operation = stored.get('operation') if isinstance(stored, dict) else stored
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise ValueError(f'unknown step {operation!r}; known: {", ".join(OPERATIONS)}')
    kind = OPERATIONS[operation]
    if kind is Sum:
        return Sum(tuple(_read_steps(term, arrays) for term in stored.get('terms', ())))
    return kind(**{
        field.name: _array(arrays, operation, field.name, stored.get(field.name))
        for field in fields(kind)
    })


def _array(arrays: Mapping[str, np.ndarray], operation: str, what: str, name: Any) -> np.ndarray:
    if not isinstance(name, str) or name not in arrays:
        raise ValueError(f'{what} of step {operation!r} is missing')
    array = arrays[name]
    if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
        raise ValueError(f'{name!r} contains values that are not finite numbers')
    return array
