# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
