# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Any scikit-learn regressor instead of a model file, run by scikit-learn itself.

Loading a joblib file executes code. It contains either what ``training.model_writer`` writes, or a
bare fitted estimator, whose errors are unknown.
"""

import io
import timeit
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from headpose_ros.errors import ModelError, one_line
from headpose_ros.regression.features import FEATURE_SETS
from headpose_ros.regression.model import (
    OUTPUT_COUNT,
    Model,
    ModelDescription,
    read_uncertainty,
)
from headpose_ros.regression.uncertainty import UNKNOWN_STD, Uncertainty, UnknownUncertainty

_TIMED_PREDICTIONS = 5  # of one face; the median is reported

_UNKNOWN = 'unknown'


def load_joblib(path: Path, content: bytes, detector: str) -> Model:
    """Load a joblib file; warns that it executes code, of its speed and of unknown errors.

    :param path: of the file, for messages.
    :param detector: name of the detector in use.
    :raises ModelError: it cannot be loaded, or does not match what is running.
    """
    loaded = _load(path, content)
    uncertainty: Uncertainty | UnknownUncertainty
    if isinstance(loaded, dict):
        description = ModelDescription.parse(path, loaded)
        description.check(path, detector)
        estimator = loaded.get('pipeline')
        uncertainty = read_uncertainty(path, loaded.get('uncertainty'), description.feature_count)
        unsure = ''
    else:
        estimator = loaded
        description = _describe(path, estimator, detector)
        uncertainty = UnknownUncertainty()
        unsure = (
            '; its errors are unknown, so a standard deviation of '
            f'{np.degrees(UNKNOWN_STD):g} degrees is reported for each angle'
        )
    predict = _prediction(path, estimator, description.feature_count)
    face = np.zeros((1, description.feature_count), np.float32)
    times = timeit.repeat(lambda: predict(face), number=1, repeat=_TIMED_PREDICTIONS)
    # stacklevel points to the caller of ``model_file``.
    took = f'scikit-learn takes {1e3 * np.median(times):.2g} ms per face'
    warnings.warn(f'{path}: {took}{unsure}', stacklevel=3)
    return Model(path, description, predict, uncertainty)


def describe_joblib(path: Path, content: bytes) -> ModelDescription:
    """Description stored in a joblib file; for a bare estimator, what can be inferred.

    :param path: of the file, for messages.
    :raises ModelError: it cannot be loaded, or is not a model.
    """
    loaded = _load(path, content)
    if isinstance(loaded, dict):
        return ModelDescription.parse(path, loaded)
    return _describe(path, loaded, _UNKNOWN)


def _load(path: Path, content: bytes) -> Any:
    warnings.warn(
        f'{path}: loading a joblib file executes any code in it; use only files from trusted '
        'sources',
        stacklevel=4,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            loaded = joblib.load(io.BytesIO(content))
        except Exception as error:  # unpickling runs foreign code and may raise anything
            raise ModelError(
                f'{path}: cannot be loaded by joblib ({one_line(error)}); copy it again, or '
                'install the packages it was created with'
            ) from error
    others = [x.message for x in caught if isinstance(x.message, InconsistentVersionWarning)]
    if others:
        made_by, here = others[0].original_sklearn_version, others[0].current_sklearn_version
        warnings.warn(
            f'{path}: fitted with scikit-learn {made_by}, but {here} is installed and may predict '
            f'differently; fit it again, or install scikit-learn=={made_by}',
            stacklevel=4,
        )
    return loaded


def _describe(path: Path, estimator: Any, detector: str) -> ModelDescription:
    """Description of a bare fitted estimator."""
    count = getattr(estimator, 'n_features_in_', None)
    names = [name for name, each in FEATURE_SETS.items() if each.length == count]
    if not names or not hasattr(estimator, 'predict'):
        lengths = ', '.join(f'{each.length} ({name})' for name, each in FEATURE_SETS.items())
        takes = f' for {count} features' if count is not None else ''
        raise ModelError(
            f'{path}: contains {type(estimator).__name__!r}{takes}; expected the output of python '
            f'-m training fit, or a fitted scikit-learn regressor for one of {lengths} features'
        )
    return ModelDescription(
        detector=detector,
        features=names[0],
        regressor=' '.join(str(estimator).split()),
        training_data=_UNKNOWN,
        protocol=_UNKNOWN,
        figures={},
        coverage={},
        small_faces={},
        sure_faces={},
        command=_UNKNOWN,
        feature_count=FEATURE_SETS[names[0]].length,
        versions={},
    )


def _prediction(
    path: Path, estimator: Any, feature_count: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Prediction function, (n, feature_count) to (n, 9).

    :raises ModelError: the estimator does not predict that.
    """
    def predict(features: np.ndarray) -> np.ndarray:
        return np.asarray(estimator.predict(features.astype(np.float64)), np.float64)

    try:
        # Starting threads or processes takes longer than predicting one face.
        jobs = [name for name in estimator.get_params() if name.split('__')[-1] == 'n_jobs']
        estimator.set_params(**dict.fromkeys(jobs, 1))
        outputs = predict(np.zeros((1, feature_count)))
    except Exception as error:  # foreign code may raise anything
        raise ModelError(
            f'{path}: its regressor cannot predict from {feature_count} features '
            f'({one_line(error)}); fit it again with the installed scikit-learn'
        ) from error
    if outputs.shape != (1, OUTPUT_COUNT) or not np.isfinite(outputs).all():
        raise ModelError(
            f'{path}: its regressor outputs {outputs.shape[1:]} per face; expected '
            f'({OUTPUT_COUNT},), a row-major rotation matrix; fit it to rotation matrices'
        )
    return predict
