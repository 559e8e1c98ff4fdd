# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs joblib on a Dask cluster."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import joblib

from headpose_ros.errors import DetectorUnavailableError
from training.errors import TrainingError

# Seconds, timeouts for the scheduler and for its first worker.
_CONNECT = 5.0
_WORKERS = 10.0

# Seconds without a result until timeout: joblib is not notified of tasks that Dask abandons, nor
# Dask of workers that never return.
_STALL = 300.0


@contextmanager
def dask_cluster(address: str, check: Callable[[], None]) -> Iterator[float]:
    """Context in which joblib uses the cluster of a scheduler.

    :param address: of the scheduler, such as ``tcp://host:8786``.
    :param check: called on each worker first; its exceptions are raised here.
    :return: seconds without a result after which to raise a ``TimeoutError``.
    :raises TrainingError: the cluster cannot be used, was lost, or timed out.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise TrainingError(
            f"Dask is not installed ({error}); run pip install '.[training,dask]'"
        ) from error
    try:
        client = Client(address, timeout=_CONNECT)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f'{address}: no response from a Dask scheduler; start one with "dask scheduler" and '
            'use the address it prints, such as tcp://host:8786'
        ) from error
    # Reported below instead.
    logging.getLogger('distributed.client').setLevel(logging.CRITICAL)
    with client, joblib.parallel_config('dask', client=client):
        _check_workers(client, address, check)
        try:
            yield _STALL
        except TimeoutError as error:
            raise TrainingError(
                f'{address}: no result from its workers for {_STALL:.0f} s; check their output '
                'and run the same command to resume'
            ) from error
        except CancelledError as error:
            raise TrainingError(
                f'{address}: connection to the scheduler lost; restart it and its workers, and '
                'run the same command to resume'
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
            f'{address}: its only worker has a single thread, for which joblib does not use a '
            'cluster; start another worker'
        )
    try:
        client.run(check)
    except (TrainingError, DetectorUnavailableError):
        raise
    except Exception as error:  # Dask wraps some errors
        raise TrainingError(
            f'a worker of {address} cannot start ({error}); start it in the folder of this '
            f'repository, with the package installed: "python -m dask worker {address}"'
        ) from error
