# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""From the frames of a source to everything that is written about them."""

import sys
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from headpose_ros.camera.camera import Camera
from headpose_ros.errors import FileError
from headpose_ros.files.frame import BrokenFrame, FrameSource
from headpose_ros.files.writers import Output
from headpose_ros.people.follower import People
from headpose_ros.quiet import silent_stderr

MAX_TOLD = 20  # broken frames of which each is told before it is left at their number


class Finder(Protocol):
    """Tells the people of images, such as ``HeadFollower``."""

    def update(
        self, bgr: np.ndarray, stamp: float, camera: Camera | None, frame_id: str
    ) -> People:
        """The people of the next image."""


@dataclass
class Counts:
    """What came out of the frames."""

    frames: int = 0
    faces: int = 0
    without_face: int = 0
    broken: int = 0

    def describe(self, seconds: float) -> str:
        """In words."""
        return (
            f'{_number(self.frames, "frame")}: {_number(self.faces, "face")}, '
            f'{self.without_face} without a face, {self.broken} broken; '
            f'{self.frames / max(seconds, 1e-3):.1f} frames/s'
        )


def run(source: FrameSource, finder: Finder, outputs: list[Output], has_bar: bool) -> None:
    """Work on all frames, and tell their counts at the end, whatever that is.

    Opens and closes the outputs.

    :param has_bar: whether a terminal shows a progress bar with the rate.
    :raises FileError: the source is broken, or none of its frames could be read.
    :raises OSError: what is to be written cannot be.
    """
    counts, problem, started = Counts(), '', time.monotonic()
    try:
        with ExitStack() as stack:
            # For a few faces numpy's threads only get in the way, see ros.rclpy_extras.run.
            stack.enter_context(threadpool_limits(limits=1, user_api='blas'))
            for output in outputs:
                output.open()
                stack.callback(output.close)
            frames = stack.enter_context(
                tqdm(
                    source.frames(), total=source.count, unit=' frames', dynamic_ncols=True,
                    disable=None if has_bar else True,
                )
            )
            for frame in frames:
                counts.frames += 1
                if isinstance(frame, BrokenFrame):
                    counts.broken += 1
                    problem = frame.problem
                    if source.count != 1 and counts.broken <= MAX_TOLD:
                        tqdm.write(f'skipped: {problem}', file=sys.stderr)
                    continue
                # MediaPipe writes a note for its developers with the first face.
                with nullcontext() if counts.faces else silent_stderr():
                    people = finder.update(frame.bgr, frame.stamp, frame.camera, frame.frame_id)
                counts.faces += len(people.heads)
                counts.without_face += not people.heads
                for output in outputs:
                    output.add(frame, people)
    finally:
        if counts.frames and not isinstance(sys.exc_info()[1], BrokenPipeError):
            print(counts.describe(time.monotonic() - started), file=sys.stderr)
    if counts.frames == counts.broken:
        raise FileError(problem or 'there is no frame in it')


def _number(count: int, what: str) -> str:
    return f'{count} {what}{"" if count == 1 else "s"}'
