# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parallel execution with a progress bar."""
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from multiprocessing import resource_tracker
from typing import Any

import joblib
from threadpoolctl import threadpool_limits
from tqdm import tqdm

_WATCH = 1.0  # seconds, polling interval for the parent process


def run_parallel(
    function: Callable,
    arguments: Collection[tuple],
    jobs: int,
    description: str,
    unit: str,
    units_per_call: int = 1,
) -> list[Any]:
    """Results of a function for many arguments, in order.

    :param arguments: positional arguments of each call.
    :param jobs: processes with one thread each; -1 for one per core.
    :param description: label of the progress bar.
    :param unit: unit of the progress bar.
    :param units_per_call: units processed per call.
    """
    scale = units_per_call if units_per_call > 1 else False
    with processes(jobs):
        results = _start(joblib.Parallel(return_as='generator'), function, arguments)
        bar = tqdm(
            results, description, len(arguments), unit=unit, unit_scale=scale, dynamic_ncols=True
        )
        return list(bar)


def stream_parallel(
    function: Callable, arguments: Iterable[tuple], stall: float | None = None
) -> Iterator[Any]:
    """Results of a function for many arguments as they complete, in any order.

    Uses joblib's current backend, such as that of ``processes``, and holds the arguments and
    results of a few calls only. Closing the iterator cancels the remaining calls.

    :param stall: seconds without any result until timeout; ``None`` for no timeout.
    :raises TimeoutError: no result within ``stall``.
    """
    parallel = joblib.Parallel(return_as='generator_unordered', batch_size=1, timeout=stall)
    results = _start(parallel, function, arguments)
    # joblib warns of cancelled calls.
    with warnings.catch_warnings(), closing(results):
        warnings.simplefilter('ignore', UserWarning)
        yield from results


def processes(jobs: int) -> joblib.parallel_config:
    """Context in which joblib uses local processes with one thread each.

    :param jobs: processes; -1 for one per core.
    """
    return joblib.parallel_config('loky', n_jobs=jobs, inner_max_num_threads=1)


def one_thread() -> threadpool_limits:
    """Context in which numpy and scikit-learn use one thread.

    Makes results and times independent of the number of cores, and avoids oversubscription.
    """
    return threadpool_limits(1)


@cache
def end_with(parent: int) -> None:
    """End this process when its parent ends.

    joblib's processes wait forever for a killed parent.
    """
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start(
    parallel: joblib.Parallel, function: Callable, arguments: Iterable[tuple]
) -> Generator[Any]:
    with _children_kept_quiet():
        return parallel(joblib.delayed(function)(*each) for each in arguments)


@contextmanager
def _children_kept_quiet() -> Iterator[None]:
    """Child processes started here ignore Ctrl-C and print no warnings at exit.

    A terminal sends Ctrl-C to all of them. joblib's resource tracker then finds resources already
    released and would warn.
    """
    variable = 'PYTHONWARNINGS'
    resource_tracker.ensure_running()  # starting it later would unblock SIGINT
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    filters = os.environ.get(variable)
    os.environ[variable] = ','.join(filter(None, (filters, 'ignore:resource_tracker')))
    try:
        yield
    finally:
        if filters is None:
            del os.environ[variable]
        else:
            os.environ[variable] = filters
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
