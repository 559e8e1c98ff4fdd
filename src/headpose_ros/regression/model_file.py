# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The model file: what is in it, and when it is refused; ``training.model_writer`` writes it.

It is numpy's ``.npz``: arrays, and a text in JSON that describes the model and names the steps of
its regressor. Nothing in it can run code. Those of the package are checked against its manifest.

A ``.joblib`` in its place is scikit-learn's and left to ``joblib_file``.
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

# Name of the array that holds the text, which names those of the steps, and how the names of the
# arrays of an ``Uncertainty`` begin.
JSON, UNCERTAINTY = 'json', 'uncertainty_'

JOBLIB_SUFFIX = '.joblib'

_COPY_AGAIN = 'copy it again or train a model with python -m training fit'


def find_model(detector: str) -> Path:
    """Path of the model that comes with the package for a detector.

    :raises ModelError: there is none.
    """
    path = find_resource(f'models/{detector}.npz')
    if path is None:
        raise ModelError(
            f'no trained model {detector}.npz was installed with headpose_ros; name a file of '
            'your own as the model, or train one with python -m training fit'
        )
    return path


def load_model(path: str | os.PathLike | None, detector: str) -> Model:
    """Read a model file and make it ready to run.

    Warns of a joblib file, because to load it is to run it.

    :param path: a model file, or a joblib file from a source you trust with any regressor of
        scikit-learn; ``None`` for the model of the package.
    :param detector: name of the detector whose landmarks it will see.
    :raises ModelError: there is no such file, it does not match what runs, or it is not the one
        that came with the package though it should be.
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
    """What a model file says of itself, whatever it was trained for.

    Warns of a joblib file as ``load_model`` does.

    :param path: a model file, or a joblib file from a source you trust.
    :raises ModelError: there is no such file, or it is none.
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
            f'{path}: not the model that came with headpose_ros: {error}; install headpose_ros '
            'again, or name a model of your own by its path'
        ) from error
    return content


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ModelError(f'{path}: there is no such model file')
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f'{path}: cannot be read ({error.strerror})') from error


def _parse(path: Path, content: bytes) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays and description of a model file."""
    arrays = {}
    try:
        # A member is read as a whole, which compares its checksum.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception as error:  # a broken archive may raise anything
        raise ModelError(
            f'{path}: not a model file (.npz), or a truncated or damaged one '
            f'({one_line(error)}); {_COPY_AGAIN}'
        ) from error
    for member, data in members.items():
        try:
            array = np.load(io.BytesIO(data), allow_pickle=False)
        except Exception as error:
            raise ModelError(
                f'{path}: {member!r} in it is not a plain array, and nothing else is loaded; '
                f'{_COPY_AGAIN}'
            ) from error
        arrays[member.removesuffix('.npy')] = array
    try:
        return arrays, json.loads(str(arrays.pop(JSON)))
    except (KeyError, ValueError, RecursionError) as error:
        what = 'no description' if isinstance(error, KeyError) else 'a description that is no JSON'
        raise ModelError(
            f'{path}: not a model file of headpose_ros: there is {what} in it; {_COPY_AGAIN}'
        ) from error


def _read_regressor(
    path: Path, stored: dict, arrays: Mapping[str, np.ndarray], feature_count: int
) -> Steps:
    try:
        steps = _read_steps(stored.get('steps'), arrays)
        shape = shape_after(steps, (feature_count,))
        if shape != (OUTPUT_COUNT,):
            raise ValueError(f'it gives {shape} numbers for a face; expected ({OUTPUT_COUNT},)')
    except Exception as error:  # the file may hold anything
        raise ModelError(
            f'{path}: the regressor in it does not run on {feature_count} features: '
            f'{one_line(error)}; {TRAIN_AGAIN}'
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
        raise ValueError(f'{what} of a step {operation!r} are missing')
    array = arrays[name]
    if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
        raise ValueError(f'{name!r} holds something other than finite numbers')
    return array
