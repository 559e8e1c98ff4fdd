# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What is checked before a command of the training begins, not after hours of work."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

import typer

from headpose_ros.regression.features import FEATURE_SETS
from training.errors import TrainingError

Backend = Literal['processes', 'dask']  # where ``landmarks`` runs


Names = str | list[str] | None


def check_regressor_or_file(name: str | None) -> str | None:
    """A regressor by its name, or by the path of a joblib file that holds one.

    :raises typer.BadParameter: it is neither.
    """
    from training.regressors import REGRESSORS, is_file

    if name is None or not is_file(name):
        _check_known(name, REGRESSORS)
    elif not Path(name).is_file():
        raise typer.BadParameter(f'{name}: there is no such file')
    return name


def check_candidates(names: Names) -> Names:
    """Regressors that there are, by their names, some of them trained on the copies too.

    :raises typer.BadParameter: one is unknown.
    """
    from training.regressors import REGRESSORS, WITH_COPIES

    return _check_known(names, [*REGRESSORS, *(name + WITH_COPIES for name in REGRESSORS)])


def check_features(names: Names) -> Names:
    """Feature sets that there are, by their names.

    :raises typer.BadParameter: one is unknown.
    """
    return _check_known(names, FEATURE_SETS)


def check_jobs(jobs: int) -> int:
    """Number of processes, -1 for one a core.

    :raises typer.BadParameter: it is 0.
    """
    if jobs == 0:
        raise typer.BadParameter('0 processes; want 1 or more, or -1 for one a core')
    return jobs


def make_folder(path: Path) -> None:
    """Make a folder for results.

    :raises TrainingError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f'{path}: not a folder that can be written ({error})') from error


def check_can_write(path: Path) -> None:
    """Refuse a file that cannot be written.

    :raises TrainingError: its folder is not there, or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise TrainingError(f'{path}: its folder does not exist; make it or give another file')
    if path.is_dir():
        raise TrainingError(f'{path}: is a folder; give the name of a file')


def check_backend(backend: Backend, scheduler: str | None, jobs: int) -> None:
    """Refuse options of ``landmarks`` that do not go together.

    :raises TrainingError: they do not.
    """
    if backend == 'processes' and scheduler is not None:
        raise TrainingError(f'--scheduler is {scheduler!r} without --backend dask; give both')
    if backend == 'dask' and scheduler is None:
        raise TrainingError(
            '--backend dask needs --scheduler ADDRESS, such as tcp://host:8786; on this machine '
            'alone leave both out'
        )
    if backend == 'dask' and jobs != -1:
        raise TrainingError(
            f'--jobs is {jobs}, but a Dask cluster has as many as its workers have threads; '
            'leave it out'
        )


def _check_known(names: Names, known: Collection[str]) -> Names:
    for name in [names] if isinstance(names, str) else names or []:
        if name not in known:
            raise typer.BadParameter(f'{name!r} is none; known: {", ".join(known)}')
    return names
