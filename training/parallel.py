# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Work spread over the cores, with a progress bar."""

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

_WATCH = 1.0  # seconds between two looks for the parent


def run_parallel(
    function: Callable,
    arguments: Collection[tuple],
    jobs: int,
    description: str,
    unit: str,
    units_per_call: int = 1,
) -> list[Any]:
    """Results of a function for many arguments, in their order.

    :param arguments: positional arguments of each call.
    :param jobs: processes; -1 for one a core. Each calculates with one thread.
    :param description: text in front of the progress bar.
    :param unit: what is counted behind it.
    :param units_per_call: how many of it one call works on.
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
    """Results of a function for many arguments as they are ready, in any order.

    Works on joblib's current backend, such as that of ``processes``, and holds the arguments and
    results of a few calls only. What is not done when the iterator is closed is given up.

    :param stall: seconds without any result after which it is given up; ``None`` waits for ever.
    :raises TimeoutError: given up.
    """
    parallel = joblib.Parallel(return_as='generator_unordered', batch_size=1, timeout=stall)
    results = _start(parallel, function, arguments)
    # joblib warns of what is given up.
    with warnings.catch_warnings(), closing(results):
        warnings.simplefilter('ignore', UserWarning)
        yield from results


def processes(jobs: int) -> joblib.parallel_config:
    """Context in which joblib works in processes of this machine, each with one thread.

    :param jobs: processes; -1 for one a core.
    """
    return joblib.parallel_config('loky', n_jobs=jobs, inner_max_num_threads=1)


def one_thread() -> threadpool_limits:
    """Context in which numpy and scikit-learn calculate with one thread.

    Results and times then do not depend on the cores, and threads do not wait for one another
    where others use the cores too.
    """
    return threadpool_limits(1)


@cache
def end_with(parent: int) -> None:
    """From now on, end this process when that parent of it has ended.

    joblib's processes wait for ever for work from one that was killed.
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
    """Processes that are started here leave Ctrl-C and the last word to this one.

    A terminal sends Ctrl-C to all of them. Afterwards joblib's process that frees what others left
    behind may find it freed already, and would warn of that.
    """
    variable = 'PYTHONWARNINGS'
    resource_tracker.ensure_running()  # whose start would let SIGINT through again
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
