# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The model file: what is in it, and when it is refused; ``training.model_writer`` writes it.

A model file is joblib's, and joblib files run code when they are loaded: load only files from
people you trust. Those of the package are checked against its manifest before they are loaded.
"""

import io
import os
import pickle
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from headpose_ros.assets.checksums import check_listed
from headpose_ros.assets.paths import find_resource
from headpose_ros.errors import ChecksumError, ModelError
from headpose_ros.landmarks import LANDMARK_COUNT
from headpose_ros.regression.features import FEATURE_SETS
from headpose_ros.regression.model import ANGLE_CONVENTION, Model, ModelDescription
from headpose_ros.regression.numpy_regressor import Step, as_numpy, feature_count
from headpose_ros.regression.uncertainty import FeatureSpace, Uncertainty

FORMAT = 'headpose_ros model 4'
OUTPUT_COUNT = 9  # entries of R_opt

# Features of made-up faces on which single precision is tried, and the largest difference of the
# entries of a rotation matrix that counts as none: 0.006 degrees.
_TRIES = 50
_SAME = 1e-4

# Packages whose classes hold what was fitted, and what a pickle needs of numpy for arrays, numbers
# and the random generators of estimators.
_FITTED = ('sklearn', 'headpose_ros', 'training')
_NUMPY = {
    'ndarray', 'dtype', '_reconstruct', '_frombuffer', 'scalar', 'RandomState',
    '__randomstate_ctor', '__bit_generator_ctor', 'MT19937',
}

_TRAIN_AGAIN = 'train the model again with python -m training fit'


def find_model(detector: str) -> Path:
    """Path of the model that comes with the package for a detector.

    :raises ModelError: there is none.
    """
    path = find_resource(f'models/{detector}.joblib')
    if path is None:
        raise ModelError(
            f'no trained model {detector}.joblib was installed with headpose_ros; name a file of '
            'your own as the model, or train one with python -m training fit'
        )
    return path


def load_model(path: str | os.PathLike | None, detector: str) -> Model:
    """Read a model file and make it ready to run.

    Warns of a file that is not the package's, because to load it is to run it.

    :param path: a model file from a source you trust; ``None`` for the one of the package.
    :param detector: name of the detector whose landmarks it will see.
    :raises ModelError: there is no such file, it does not match what runs, or it is not the one
        that came with the package though it should be.
    """
    if path is None:
        path = find_model(detector)
        content = _read_checked(path)
    else:
        path = Path(path).expanduser()
        content = _read_foreign(path)
    description, pickled, numbers = _parse(path, content)
    _check_description(path, description, detector)
    try:
        pipeline = _FittedUnpickler(io.BytesIO(pickled)).load()
        expected = feature_count(pipeline)
        double = as_numpy(pipeline)
        outputs = double(np.zeros((1, expected))).shape[1]
    except Exception as error:  # unpickling runs foreign code and may raise anything
        raise ModelError(f'{path}: the regressor in it cannot be loaded: {error}') from error
    if expected != description.feature_count or outputs != OUTPUT_COUNT:
        raise ModelError(
            f'{path}: the regressor takes {expected} features and gives {outputs} numbers; '
            f'want {description.feature_count} and {OUTPUT_COUNT}; {_TRAIN_AGAIN}'
        )
    uncertainty = _make_uncertainty(path, numbers, expected)
    single = as_numpy(pipeline, np.float32)
    predict = single if _predict_the_same(single, double, uncertainty.space) else double
    return Model(path, description, predict, uncertainty)


def read_description(path: Path) -> ModelDescription:
    """What a model file says of itself, whatever it was trained for; with the same warning.

    :param path: a model file from a source you trust.
    :raises ModelError: there is no such file, or it is none.
    """
    description, *_ = _parse(path, _read_foreign(path))
    return description


def _predict_the_same(single: Step, double: Step, space: FeatureSpace) -> bool:
    """Whether single precision predicts what double precision does.

    It does not where a network sees components that hardly vary, as with six landmarks.
    """
    chance = np.random.default_rng(0).normal(size=(_TRIES, len(space.deviations)))
    typical = space.mean + (chance * space.deviations) @ space.components
    return bool(np.abs(single(typical) - double(typical)).max() <= _SAME)


def _make_uncertainty(path: Path, numbers: Any, feature_count: int) -> Uncertainty:
    try:
        # In single precision, as the regressor and for the same reason.
        space = {name: np.asarray(x, np.float32) for name, x in numbers['space'].items()}
        uncertainty = Uncertainty(**numbers | {'space': FeatureSpace(**space)})
        if len(uncertainty.space.mean) != feature_count:
            raise ValueError(f'made for {len(uncertainty.space.mean)} features')
    except Exception as error:  # the file may hold anything
        raise ModelError(
            f'{path}: what the standard deviations are made from is missing or broken; '
            f'{_TRAIN_AGAIN}'
        ) from error
    return uncertainty


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


def _read_foreign(path: Path) -> bytes:
    if not path.is_file():
        raise ModelError(f'{path}: there is no such model file')
    warnings.warn(
        f'{path}: a joblib file can run any code when it is loaded, as it is now: name only '
        'models from people you trust',
        stacklevel=3,
    )
    return path.read_bytes()


def _parse(path: Path, data: bytes) -> tuple[ModelDescription, bytes, Any]:
    try:
        content: Any = joblib.load(io.BytesIO(data))
    except Exception as error:  # a broken pickle may raise anything
        reason = str(error) or type(error).__name__
        raise ModelError(
            f'{path}: not a model file, or a truncated one ({reason}); copy it again or train '
            'a model with python -m training fit'
        ) from error
    if not isinstance(content, dict) or content.get('format') != FORMAT:
        what = content.get('format') if isinstance(content, dict) else type(content).__name__
        raise ModelError(
            f'{path}: not a model file of this version of headpose_ros: it holds {what!r}, '
            f'wanted is {FORMAT!r}; train a model with python -m training fit'
        )
    described = content.get('description')
    names = {f.name for f in fields(ModelDescription)}
    if not isinstance(described, dict) or set(described) != names:
        raise ModelError(f'{path}: the description in it is not complete; {_TRAIN_AGAIN}')
    pickled = content.get('pipeline', b'')
    return ModelDescription(**described), pickled, content.get('uncertainty')


def _check_description(path: Path, description: ModelDescription, detector: str) -> None:
    features = description.features
    known = FEATURE_SETS.get(features)
    known_name = features if known else ', '.join(FEATURE_SETS)
    use = f'use a model for {detector}, or set the detector to {description.detector}'
    for what, came, wanted, cure in (
        ('the detector it was trained on', description.detector, detector, use),
        ('its landmark count', description.landmark_count, LANDMARK_COUNT, _TRAIN_AGAIN),
        ('its feature set', features, known_name, _TRAIN_AGAIN),
        ('its feature length', description.feature_count, known and known.length, _TRAIN_AGAIN),
        ('its angle convention', description.angle_convention, ANGLE_CONVENTION, _TRAIN_AGAIN),
    ):
        if came != wanted:
            raise ModelError(f'{path}: {what} is {came!r}, but {wanted!r} is running; {cure}')


class _FittedUnpickler(pickle.Unpickler):
    """Reads what was fitted as plain objects of the same class names and attributes.

    The numbers in a fitted regressor are all that is needed to run it (``numpy_regressor``).
    Reading them without scikit-learn saves nearly a second and 80 MB at the start of a node, and
    no code of a pickle runs but what makes numpy's arrays.
    """

    def find_class(self, module: str, name: str) -> Any:
        package = module.partition('.')[0]
        if package in _FITTED:
            return type(name, (), {})
        if package == 'numpy' and name in _NUMPY:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f'{module}.{name} is no part of a fitted regressor')
