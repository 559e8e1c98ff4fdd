# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Frames of a source in, output files out."""

import sys
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from headpose_ros.errors import FileError
from headpose_ros.files.bag import BagFrames
from headpose_ros.files.readers import BrokenFrame, Frame, ImageFrames, StreamFrames
from headpose_ros.files.writers import Output
from headpose_ros.images.exposure import exposure_problem
from headpose_ros.people.follower import HeadFollower, SeparateImages
from headpose_ros.quiet import silent_stderr

# Each has ``frames``, ``count`` (``None`` if unknown) and ``paths``, the files read, which must
# not be overwritten.
FrameSource = ImageFrames | StreamFrames | BagFrames
Finder = HeadFollower | SeparateImages

MAX_REPORTED = 20  # unreadable frames reported one by one; further ones are only counted


@dataclass
class Counts:
    """Frame statistics."""

    frames: int = 0
    faces: int = 0
    without_face: int = 0
    broken: int = 0
    # Frames too dark, bright or flat to show a face: how many, the first one and the reason.
    unseen: int = 0
    first_unseen: str = ''

    def note_faceless(self, frame: Frame) -> None:
        """Count a frame without a face."""
        self.without_face += 1
        if problem := exposure_problem(frame.bgr):
            self.unseen += 1
            self.first_unseen = self.first_unseen or f'frame {frame.number}: {problem}'

    def describe_unseen(self) -> str:
        """Badly exposed frames, as text."""
        return f'{self.first_unseen} ({_number(self.unseen, "such frame")})'

    def describe(self, seconds: float) -> str:
        """Summary as text."""
        return (
            f'{_number(self.frames, "frame")}: {_number(self.faces, "face")}, '
            f'{self.without_face} without a face, {self.broken} unreadable; '
            f'{self.frames / max(seconds, 1e-3):.1f} frames/s'
        )


def run(source: FrameSource, finder: Finder, outputs: list[Output], has_bar: bool) -> None:
    """Process all frames and print a summary, however it ends.

    Opens and closes the outputs.

    :param has_bar: whether to show a progress bar on a terminal.
    :raises FileError: the source is damaged, or none of its frames could be read.
    :raises OSError: an output cannot be written.
    """
    counts, problem, started = Counts(), '', time.monotonic()
    try:
        with ExitStack() as stack:
            # BLAS threads slow down such small matrices, see ros.rclpy_extras.run.
            stack.enter_context(threadpool_limits(limits=1, user_api='blas'))
            adding = [stack.enter_context(output) for output in outputs]
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
                    if source.count != 1 and counts.broken <= MAX_REPORTED:
                        tqdm.write(f'skipped: {problem}', file=sys.stderr)
                    continue
                # MediaPipe prints a developer note with the first face.
                with nullcontext() if counts.faces else silent_stderr():
                    people = finder.update(
                        frame.bgr, frame.stamp, frame.camera, frame.frame_id, frame.depth_at
                    )
                counts.faces += len(people.heads)
                if not people.heads:
                    counts.note_faceless(frame)
                for add in adding:
                    add(frame, people)
    finally:
        if counts.frames and not isinstance(sys.exc_info()[1], BrokenPipeError):
            print(counts.describe(time.monotonic() - started), file=sys.stderr)
            if counts.unseen:
                print(counts.describe_unseen(), file=sys.stderr)
    if counts.frames == counts.broken:
        raise FileError(problem or 'no frames in the source')


def _number(count: int, what: str) -> str:
    return f'{count} {what}{"" if count == 1 else "s"}'
