# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Checks before a training command starts, rather than after hours of computation."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

import typer

from headpose_ros.regression.features import FEATURE_SETS
from training.errors import TrainingError

Backend = Literal['processes', 'dask']  # where ``landmarks`` runs


Names = str | list[str] | None


def check_regressor_or_file(name: str | None) -> str | None:
    """Check a regressor name, or the path of a joblib file.

    :raises typer.BadParameter: it is neither.
    """
    from training.regressors import REGRESSORS, is_file

    if name is None or not is_file(name):
        _check_known(name, REGRESSORS)
    elif not Path(name).is_file():
        raise typer.BadParameter(f'{name}: no such file')
    return name


def check_candidates(names: Names) -> Names:
    """Check regressor names, optionally with ``WITH_AUGMENTATION``.

    :raises typer.BadParameter: one is unknown.
    """
    from training.regressors import REGRESSORS, WITH_AUGMENTATION

    return _check_known(names, [*REGRESSORS, *(name + WITH_AUGMENTATION for name in REGRESSORS)])


def check_features(names: Names) -> Names:
    """Check feature set names.

    :raises typer.BadParameter: one is unknown.
    """
    return _check_known(names, FEATURE_SETS)


def check_jobs(jobs: int) -> int:
    """Check the number of processes, -1 for one per core.

    :raises typer.BadParameter: it is 0.
    """
    if jobs == 0:
        raise typer.BadParameter('0 processes; expected 1 or more, or -1 for one per core')
    return jobs


def make_folder(path: Path) -> None:
    """Create a folder for results.

    :raises TrainingError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f'{path}: not a writable folder ({error})') from error


def check_can_write(path: Path) -> None:
    """Check that a file can be written.

    :raises TrainingError: its folder does not exist, or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise TrainingError(f'{path}: its folder does not exist; create it or use another one')
    if path.is_dir():
        raise TrainingError(f'{path}: is a folder; specify a file')


def check_backend(backend: Backend, scheduler: str | None, jobs: int) -> None:
    """Check the combination of options of ``landmarks``.

    :raises TrainingError: invalid combination.
    """
    if backend == 'processes' and scheduler is not None:
        raise TrainingError(f'--scheduler is {scheduler!r} without --backend dask; use both')
    if backend == 'dask' and scheduler is None:
        raise TrainingError(
            '--backend dask requires --scheduler ADDRESS, such as tcp://host:8786; omit both to '
            'use this machine only'
        )
    if backend == 'dask' and jobs != -1:
        raise TrainingError(
            f'--jobs is {jobs}, but a Dask cluster runs one per worker thread; omit it'
        )


def _check_known(names: Names, known: Collection[str]) -> Names:
    for name in [names] if isinstance(names, str) else names or []:
        if name not in known:
            raise typer.BadParameter(f'unknown name {name!r}; known: {", ".join(known)}')
    return names
