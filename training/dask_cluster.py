# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A Dask cluster as the place where joblib works."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import joblib

from headpose_ros.errors import DetectorUnavailableError
from training.errors import TrainingError

# Seconds in which a scheduler answers, and has a worker.
_CONNECT = 5.0
_WORKERS = 10.0

# Seconds without a result after which a cluster is given up: joblib is not told of a task that
# Dask gives up, nor Dask of workers that will never come.
_STALL = 300.0


@contextmanager
def dask_cluster(address: str, check: Callable[[], None]) -> Iterator[float]:
    """Context in which joblib works on the cluster of a scheduler.

    :param address: of the scheduler, such as ``tcp://host:8786``.
    :param check: is called on each worker first; what it raises is raised here.
    :return: seconds without a result after which to give up, a ``TimeoutError`` then.
    :raises TrainingError: the cluster cannot be used, is lost, or was given up.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise TrainingError(
            f"Dask is not installed ({error}); install it with pip install '.[training,dask]'"
        ) from error
    try:
        client = Client(address, timeout=_CONNECT)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f'{address}: no Dask scheduler answers there; start one with "dask scheduler", or '
            'give the address that it prints, such as tcp://host:8786'
        ) from error
    # What it would log is told below, in a sentence.
    logging.getLogger('distributed.client').setLevel(logging.CRITICAL)
    with client, joblib.parallel_config('dask', client=client):
        _check_workers(client, address, check)
        try:
            yield _STALL
        except TimeoutError as error:
            raise TrainingError(
                f'{address}: nothing came from its workers for {_STALL:.0f} s; see what they '
                'print, and start this again: it goes on from what is done'
            ) from error
        except CancelledError as error:
            raise TrainingError(
                f'{address}: the scheduler is gone; start it and its workers again, and this: it '
                'goes on from what is done'
            ) from error


def _check_workers(client: Any, address: str, check: Callable[[], None]) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKERS)
    except TimeoutError as error:
        raise TrainingError(
            f'{address}: the scheduler has no workers; start some, each in the folder '
            f'of this repository, with "python -m dask worker {address}"'
        ) from error
    if sum(client.nthreads().values()) < 2:
        raise TrainingError(
            f'{address}: its only worker has a single thread, for which joblib would not bother '
            'the cluster; start another worker'
        )
    try:
        client.run(check)
    except (TrainingError, DetectorUnavailableError):
        raise
    except Exception as error:  # Dask's own, around what is not told from its class
        raise TrainingError(
            f'a worker of {address} cannot begin ({error}); start it in the folder of this '
            f'repository, where the package is installed, with "python -m dask worker {address}"'
        ) from error
