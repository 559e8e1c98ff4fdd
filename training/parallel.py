"""Work spread over the cores, with a progress bar."""

from collections.abc import Callable, Collection
from typing import Any

import joblib
from threadpoolctl import threadpool_limits
from tqdm import tqdm


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
    with joblib.parallel_config('loky', n_jobs=jobs, inner_max_num_threads=1):
        results = joblib.Parallel(return_as='generator')(
            joblib.delayed(function)(*each) for each in arguments
        )
        return list(progress(results, description, unit, len(arguments), units_per_call))


def progress(
    items, description: str, unit: str, total: int | None = None, units_per_item: int = 1
) -> tqdm:
    """Iterator over items that shows a progress bar on stderr."""
    scale = units_per_item if units_per_item > 1 else False
    return tqdm(items, description, total, unit=unit, unit_scale=scale, dynamic_ncols=True)


def one_thread() -> threadpool_limits:
    """Context in which numpy and scikit-learn calculate with one thread.

    Results and times then do not depend on the cores, and threads do not wait for one another
    where others use the cores too.
    """
    return threadpool_limits(1)
