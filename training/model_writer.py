# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Writes model files for ``headpose_ros.regression``, and their checksums."""

import json
import platform
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from headpose_ros.assets.checksums import NAME, checksum_of, read_checksums
from headpose_ros.regression.model import FORMAT, ModelDescription
from headpose_ros.regression.model_file import JSON, UNCERTAINTY
from headpose_ros.regression.steps import OPERATIONS, Steps, Sum
from headpose_ros.regression.uncertainty import Uncertainty


def save_model(
    path: Path, steps: Steps, uncertainty: Uncertainty, description: ModelDescription
) -> None:
    """Write a model file, which cannot execute code.

    :param path: of the file, ending in ``.npz``.
    :param steps: from features to the nine entries of ``R_opt``, in the precision to run.
    :param uncertainty: fitted to errors of the regressor.
    """
    arrays = {f'{UNCERTAINTY}{name}': each for name, each in uncertainty.arrays().items()}
    content = {
        'format': FORMAT,
        'description': asdict(description),
        'steps': _store(steps, arrays, 'step'),
    }
    file: dict[str, Any] = {JSON: np.array(json.dumps(content, indent=1)), **arrays}
    np.savez(path, **file)


def save_pipeline(
    path: Path, pipeline: Any, uncertainty: Uncertainty, description: ModelDescription
) -> None:
    """Write a joblib file for use in scikit-learn; loading it executes code.

    :param path: of the file, ending in ``.joblib``.
    :param pipeline: fitted regressor from features to the nine entries of ``R_opt``.
    :param uncertainty: fitted to errors of the regressor.
    """
    content = {
        'format': FORMAT,
        'description': asdict(description),
        'pipeline': pipeline,
        'uncertainty': uncertainty.arrays(),
    }
    joblib.dump(content, path, compress=3)


def _store(steps: Steps, arrays: dict[str, np.ndarray], prefix: str) -> list[dict]:
    """Steps as JSON with array names; the arrays are added to ``arrays``."""
    names = {kind: name for name, kind in OPERATIONS.items()}
    stored = []
    for number, step in enumerate(steps):
        place = f'{prefix}_{number}'
        parts: dict[str, Any] = {'operation': names[type(step)]}
        if isinstance(step, Sum):
            terms = enumerate(step.terms)
            parts['terms'] = [_store(term, arrays, f'{place}_{i}') for i, term in terms]
        else:
            for field in fields(step):
                parts[field.name] = f'{place}_{field.name}'
                arrays[parts[field.name]] = getattr(step, field.name)
        stored.append(parts)
    return stored


def list_file(path: Path) -> None:
    """Write the checksum of a file to the manifest next to it, creating that if needed.

    :raises OSError: the manifest cannot be written.
    :raises ValueError: the existing manifest is invalid.
    """
    manifest = path.with_name(NAME)
    listed = read_checksums(manifest) if manifest.exists() else {}
    listed[path.name] = checksum_of(path.read_bytes())
    lines = [f'{checksum}  {name}\n' for name, checksum in sorted(listed.items())]
    manifest.write_text(''.join(lines), encoding='utf-8')


def library_versions() -> dict[str, str]:
    """Versions of the installed packages that a model depends on."""
    versions = {'python': platform.python_version()}
    for package in ('scikit-learn', 'numpy', 'scipy', 'joblib', 'mediapipe'):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
