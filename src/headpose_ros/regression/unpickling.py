# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Fitted scikit-learn objects from a pickle, as what they hold and nothing else.

The numbers in a fitted regressor are all that is needed to run it (``numpy_regressor``). Reading
them without scikit-learn saves nearly a second and 80 MB at the start of a node, and no code of a
pickle runs but what makes numpy's arrays.
"""

import io
import pickle
from typing import Any

# Packages whose classes hold what was fitted.
_FITTED = ('sklearn', 'headpose_ros', 'training')

# What a pickle needs of numpy for arrays, numbers and the random generators of estimators.
_NUMPY = {
    'ndarray', 'dtype', '_reconstruct', '_frombuffer', 'scalar', 'RandomState',
    '__randomstate_ctor', '__bit_generator_ctor', 'MT19937',
}


def load_fitted(pickled: bytes) -> Any:
    """What a pickle holds, with plain objects of the same class names and attributes.

    :raises pickle.UnpicklingError: it holds something else than scikit-learn's and numpy's.
    """
    return _Unpickler(io.BytesIO(pickled)).load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        package = module.partition('.')[0]
        if package in _FITTED:
            return type(name, (), {})
        if package == 'numpy' and name in _NUMPY:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f'{module}.{name} is no part of a fitted regressor')
