# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Depth images of a rosbag2, matched to the colour images."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from headpose_ros.errors import FileError, SourceError, UnreadableImageError
from headpose_ros.files.readers import BrokenFrame, Frame
from headpose_ros.images.depth import (
    COMPRESSED_DEPTH,
    DepthBuffer,
    check_same_view,
    depth_reader,
    is_compressed_depth,
)
from headpose_ros.people.head_widths import DepthAt

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'

# Names of depth topics, and of those registered to the colour camera: realsense2_camera,
# depth_image_proc, azure_kinect_ros_driver and camera_node.
DEPTH = re.compile(r'depth', re.IGNORECASE)
REGISTERED = re.compile(r'aligned_depth|depth_registered|depth_to_(?:rgb|color)|(?:^|/)depth$')

# Images waiting for depth recorded after them, and depth images kept.
WAITING, KEPT = 10, 40

Topics = Mapping[str, tuple[str, int]]  # type and message count by name


class BagDepth:
    """Depth of a topic, fed message by message.

    :param topic: ends in ``/compressedDepth`` if compressed.
    """

    def __init__(self, topic: str):
        self.topic = topic
        self._buffer = DepthBuffer(depth_reader(topic), KEPT)
        self._used = self._broken = 0
        self._problem = ''

    def add(self, message: Any) -> None:
        """Add the next message, or the error in its place."""
        if isinstance(message, UnreadableImageError):
            self._note(message)
        else:
            self._buffer.add(message)

    def is_complete(self, stamp: float) -> bool:
        """Whether no depth closer to a stamp can still arrive."""
        return self._buffer.newest >= stamp

    def images_of(self, width: int, height: int) -> DepthAt:
        """Lookup of depth by stamp, for colour images of this size."""
        return lambda stamp: self._image_at(stamp, width, height)

    def _image_at(self, stamp: float, width: int, height: int) -> np.ndarray | None:
        try:
            depth = self._buffer.at(stamp).depth
            if depth is not None:
                check_same_view(depth, width, height)
                self._used += 1
            return depth
        except UnreadableImageError as error:
            self._note(error)
            return None

    def describe(self) -> str:
        """How it was used, as text."""
        broken = f', {self._broken} unusable: {self._problem}' if self._broken else ''
        return f'depth from {self.topic} used for {self._used} images with faces{broken}'

    def _note(self, error: UnreadableImageError) -> None:
        self._broken += 1
        self._problem = self._problem or str(error)


def with_depth(
    frames: Iterable[Frame | BrokenFrame | None], depth: BagDepth | None
) -> Iterator[Frame | BrokenFrame]:
    """Frames, each as soon as its depth has arrived or can no longer arrive.

    :param frames: ``None`` after each message added to ``depth``.
    :raises FileError: the bag is damaged from there on.
    """
    waiting: deque[Frame | BrokenFrame] = deque()

    def is_first_ready() -> bool:
        first = waiting[0]
        if depth is None or isinstance(first, BrokenFrame):
            return True
        return len(waiting) > WAITING or depth.is_complete(first.stamp)

    try:
        for frame in frames:
            if frame is not None:
                waiting.append(frame)
            while waiting and is_first_ready():
                yield waiting.popleft()
    except FileError:
        yield from waiting
        raise
    yield from waiting


def depth_topic(topics: Topics, wanted: str | None) -> str | None:
    """The depth topic; ``None`` if none is given and none, or several, are named as registered.

    :raises SourceError: the given one is not an image topic.
    """
    images = [topic for topic, (kind, count) in topics.items() if _is_depth(topic, kind) and count]
    if wanted is not None:
        if wanted not in images:
            raise SourceError(
                f'no depth on {wanted}; possible depth topics: {", ".join(images) or "none"}'
            )
        return wanted
    raw = {topic.removesuffix(f'/{COMPRESSED_DEPTH}') for topic in images}
    registered = [topic for topic in raw if REGISTERED.search(topic)]
    if len(registered) != 1:
        return None
    (topic,) = registered
    return topic if topic in images else f'{topic}/{COMPRESSED_DEPTH}'


def without_depth(topics: list[str], depth: str | None) -> list[str]:
    """Image topics whose names do not say depth; all if there are none."""
    colour = [topic for topic in topics if topic != depth and not DEPTH.search(topic)]
    return colour or topics


def _is_depth(topic: str, kind: str) -> bool:
    return kind == (COMPRESSED if is_compressed_depth(topic) else IMAGE)
