# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A progress bar with the rate, and what is told beside it, all on standard error."""

import sys
from typing import Any


class Progress:
    """Both, until it is closed.

    :param count: of the frames to come; ``None`` where that is not known.
    :param is_shown: whether there is a bar, which takes the library tqdm.
    """

    def __init__(self, count: int | None, is_shown: bool):
        self._bar: Any = None
        if not is_shown:
            return
        try:
            from tqdm import tqdm
        except ImportError:
            self.tell('no progress bar without tqdm; install it with: pip install tqdm')
            return
        self._bar = tqdm(total=count, unit=' frames', file=sys.stderr, dynamic_ncols=True)

    def step(self) -> None:
        """One more frame is done."""
        if self._bar is not None:
            self._bar.update()

    def tell(self, text: str) -> None:
        """Write a line."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
