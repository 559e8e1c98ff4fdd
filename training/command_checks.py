# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What is checked before a command of the training begins, not after hours of work."""

from enum import Enum
from pathlib import Path

import typer

from training.errors import TrainingError


class Backend(str, Enum):
    """Where ``landmarks`` runs."""

    processes = 'processes'
    dask = 'dask'


def check_regressors(names: str | list[str] | None) -> str | list[str] | None:
    """Regressors that there are, by their names.

    :raises typer.BadParameter: one is unknown.
    """
    from training.regressors import REGRESSORS

    chosen = [names] if isinstance(names, str) else names or []
    for name in chosen:
        if name not in REGRESSORS:
            raise typer.BadParameter(f'{name!r} is none; known: {", ".join(REGRESSORS)}')
    return names


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
    if backend is Backend.processes and scheduler is not None:
        raise TrainingError(f'--scheduler is {scheduler!r} without --backend dask; give both')
    if backend is Backend.dask and scheduler is None:
        raise TrainingError(
            '--backend dask needs --scheduler ADDRESS, such as tcp://host:8786; on this machine '
            'alone leave both out'
        )
    if backend is Backend.dask and jobs != -1:
        raise TrainingError(
            f'--jobs is {jobs}, but a Dask cluster has as many as its workers have threads; '
            'leave it out'
        )
