# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Model files as ``headpose_ros.regression.model_file`` reads them, and their checksums."""

import os
import pickle
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import joblib

from headpose_ros.assets.checksums import NAME, checksum_of, read_checksums
from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.model_file import FORMAT
from headpose_ros.regression.numpy_regressor import as_numpy
from headpose_ros.regression.uncertainty import Uncertainty


def save_model(
    path: str | os.PathLike, pipeline: Any, uncertainty: Uncertainty, description: ModelDescription
) -> None:
    """Write a model file.

    The pipeline is stored as bytes inside the file, so that a reader can check the description
    before it unpickles them, and do so without scikit-learn.

    :param pipeline: fitted scikit-learn pipeline from features to the nine entries of ``R_opt``.
    :param uncertainty: fitted to errors of that pipeline.
    :raises UnsupportedRegressorError: the pipeline cannot run as plain numpy.
    """
    as_numpy(pipeline)
    content = {
        'format': FORMAT,
        'description': asdict(description),
        'pipeline': pickle.dumps(pipeline, protocol=5),
        'uncertainty': asdict(uncertainty),
    }
    joblib.dump(content, path, compress=3)


def list_file(path: Path) -> None:
    """Write the checksum of a file into the manifest beside it, which is made if need be.

    :raises OSError: the manifest cannot be written.
    :raises ValueError: there is something else under its name.
    """
    manifest = path.with_name(NAME)
    listed = read_checksums(manifest) if manifest.exists() else {}
    listed[path.name] = checksum_of(path.read_bytes())
    lines = [f'{checksum}  {name}\n' for name, checksum in sorted(listed.items())]
    manifest.write_text(''.join(lines), encoding='utf-8')


def library_versions() -> dict[str, str]:
    """Versions of what a model depends on; a package that is not installed is left out."""
    versions = {'python': platform.python_version()}
    for package in ('scikit-learn', 'numpy', 'scipy', 'joblib', 'mediapipe'):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
