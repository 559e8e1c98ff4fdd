# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""rosbag2 recordings as frames, read by the library rosbags, without ROS."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from headpose_ros.camera.camera_info import CameraInfoCache
from headpose_ros.errors import FileError, SourceError, UnreadableImageError
from headpose_ros.files.bag_depth import (
    COMPRESSED,
    IMAGE,
    BagDepth,
    depth_topic,
    with_depth,
    without_depth,
)
from headpose_ros.files.bag_storage import (
    Recorded,
    plain_message,
    plain_storage,
    readable_messages,
    storage_of,
    storages,
)
from headpose_ros.files.readers import BrokenFrame, Frame
from headpose_ros.images.compressed import read_compressed
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.images.raw import read_raw
from headpose_ros.images.stamps import STANDING_STILL, stamp_seconds

CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
READERS: dict[str, Callable[[Any, GreyRange], np.ndarray]] = {
    IMAGE: read_raw, COMPRESSED: read_compressed
}


class Bag:
    """An open bag, to be closed.

    :param path: bag folder, or one of its files.
    :raises SourceError: it cannot be opened.

    :ivar topics: type and message count by topic name.
    :ivar seconds: from the first message to the last.
    :ivar problem: what is damaged, as text; empty if nothing is.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file = storage_of(path)
        self.topics: dict[str, tuple[str, int]] = {}
        self.problem = ''
        self._reader: Any = None
        rosbags = _import_rosbags(path)
        # Image and CameraInfo definitions have not changed since Foxy, so those stored in the bag,
        # which may be missing or odd, are not needed.
        self._types = rosbags.typesys.get_typestore(rosbags.typesys.Stores.ROS2_HUMBLE)
        self._scratch = TemporaryDirectory(prefix='headpose_')  # for decompressed files
        try:
            self._open(rosbags.rosbag2.Reader)
        except SourceError:
            self.close()
            raise

    def _open(self, reader_of: Callable[[Path], Any]) -> None:
        file = self._file
        try:
            if file.is_file():
                file, self.problem = plain_storage(file, Path(self._scratch.name))
            reader = reader_of(file)
            reader.open()
        except SourceError:
            raise
        except Exception as error:  # of many classes: rosbags, SQLite, decompression
            self.problem = self.problem or _words(error)
            self.topics, self.seconds = self._scan()
            if not self.topics:
                raise SourceError(
                    f'{self._file} is a damaged bag and nothing in it can be read ({self.problem})'
                ) from error
            return
        self._reader = reader
        self.topics = {
            topic: (info.msgtype or 'several types', info.msgcount)
            for topic, info in self._reader.topics.items()
        }
        self.seconds = self._reader.duration * 1e-9

    def messages(self, *topics: str) -> Iterator[tuple[str, Any]]:
        """Topic and message, in recorded order.

        An unreadable message is an ``UnreadableImageError`` instead.

        :raises FileError: the bag is damaged from there on.
        """
        recorded = self._indexed(topics) if self._reader else self._before_break()
        try:
            for topic, kind, _, data in recorded:
                if topic in topics:
                    yield topic, self._deserialized(data, kind)
        except Exception as error:  # as above
            self.problem = _words(error)
        if self.problem:
            raise FileError(
                f'{self._file} is damaged or truncated ({self.problem}); the output covers what '
                'could be read'
            )

    def close(self) -> None:
        """Close the files."""
        if self._reader is not None:
            self._reader.close()
        self._scratch.cleanup()

    def _indexed(self, topics: Collection[str]) -> Iterator[Recorded]:
        wanted = [each for each in self._reader.connections if each.topic in topics]
        if wanted:  # rosbags takes an empty list as all connections
            for connection, time, data in self._reader.messages(wanted):
                yield connection.topic, connection.msgtype, time, data

    def _before_break(self) -> Iterator[Recorded]:
        for file in storages(self._file) if self._file.is_dir() else [self._file]:
            yield from readable_messages(file, Path(self._scratch.name))

    def _scan(self) -> tuple[dict[str, tuple[str, int]], float]:
        """Topics and seconds of the readable part of a damaged bag."""
        counts: Counter[tuple[str, str]] = Counter()
        times: list[int] = []
        for topic, kind, time, _ in self._before_break():
            counts[topic, kind] += 1
            times.append(time)
        topics = {topic: (kind, count) for (topic, kind), count in sorted(counts.items())}
        return topics, (max(times) - min(times)) * 1e-9 if times else 0.0

    def _deserialized(self, data: bytes, kind: str) -> Any:
        try:
            return self._types.deserialize_cdr(plain_message(data), kind)
        except Exception as error:  # random bytes may raise anything
            return UnreadableImageError(f'the message cannot be deserialized: {_words(error)}')


class BagFrames:
    """Images of a topic in a bag, with their calibration.

    :param topic: image topic; ``None`` if there is only one.
    :param is_rectified: whether the images are already rectified.
    :param depth: depth topic registered to the images; ``None`` for the one whose name says that
        it is registered, if unique.
    :raises SourceError: there is no such topic, or there are several.

    :ivar depth: depth of the images; ``None`` without a depth topic.
    """

    def __init__(
        self, bag: Bag, topic: str | None = None, is_rectified: bool = False,
        depth: str | None = None,
    ):
        self._bag = bag
        beside = depth_topic(bag.topics, depth)
        self.topic = _image_topic(bag, topic, beside)
        self.depth = BagDepth(beside) if beside not in (None, self.topic) else None
        kind, self.count = bag.topics[self.topic]
        self._read, self._grey_range = READERS[kind], GreyRange()
        self.info_topic = _info_topic(self.topic)
        self.calibration = CameraInfoCache(self.info_topic, is_rectified)
        self._stamped = self._still = 0  # images in all, and with the stamp of the one before
        self._last_stamp: float | None = None
        self.paths = sorted(bag.path.iterdir()) if bag.path.is_dir() else [bag.path]

    def frames(self) -> Iterator[Frame | BrokenFrame]:
        """One pass over the bag.

        :raises FileError: the bag is damaged from there on.
        """
        # The calibration of the first image may have been recorded just after it.
        with suppress(FileError):  # raised again where the images end
            for _, message in self._bag.messages(*self._info_topics):
                if not isinstance(message, UnreadableImageError):
                    self.calibration.update(message)
                    break
        yield from with_depth(self._frames(), self.depth)

    def _frames(self) -> Iterator[Frame | BrokenFrame | None]:
        """The same without waiting for depth; ``None`` after each depth message."""
        number = 0
        depth_topics = [self.depth.topic] if self.depth else []
        topics = self.topic, *self._info_topics, *depth_topics
        for topic, message in self._bag.messages(*topics):
            if topic == self.topic:
                yield self._frame(number, message)
                number += 1
            elif self.depth and topic == self.depth.topic:
                self.depth.add(message)
                yield None
            elif not isinstance(message, UnreadableImageError):
                self.calibration.update(message)

    def describe_camera(self) -> str:
        """Calibration used for the last image, as text."""
        if not self._info_topics:
            return f'uncalibrated: no {self.info_topic} in the bag'
        problem = self.calibration.problem
        if problem:
            return f'uncalibrated: {problem}'
        used = f'calibration from {self.info_topic}'
        if not self.calibration.is_bent_twice(self.topic):
            return used
        return (
            f'{used}; {self.topic} is being undistorted: if it is rectified, as its name '
            'suggests, add --rectified'
        )

    def describe_stamps(self) -> str:
        """Problem with the image stamps so far, as text; empty if none."""
        count = f'{self._still} of {self._stamped} images repeat the previous stamp'
        return f'{STANDING_STILL} ({count})' if self._still else ''

    @property
    def _info_topics(self) -> list[str]:
        kind, _ = self._bag.topics.get(self.info_topic, ('', 0))
        return [self.info_topic] if kind == CAMERA_INFO else []

    def _frame(self, number: int, message: Any) -> Frame | BrokenFrame:
        try:
            if isinstance(message, UnreadableImageError):
                raise message
            bgr = self._read(message, self._grey_range)
        except UnreadableImageError as error:
            return BrokenFrame(f'image {number} of {self.topic}: {error}')
        header, (height, width) = message.header, bgr.shape[:2]
        stamp = stamp_seconds(header)
        self._stamped += 1
        self._still += stamp == self._last_stamp
        self._last_stamp = stamp
        camera = self.calibration.camera_for(width, height)
        depth_at = self.depth.images_of(width, height) if self.depth else None
        return Frame(self.topic, number, bgr, stamp, camera, header.frame_id, depth_at)


def _image_topic(bag: Bag, wanted: str | None, depth: str | None) -> str:
    topics = [topic for topic, (kind, count) in bag.topics.items() if kind in READERS and count]
    if wanted is None:
        topics = without_depth(topics, depth)
    if wanted in topics or (wanted is None and len(topics) == 1):
        return wanted or topics[0]
    if not topics:
        raise SourceError(
            f'{bag.path} has no image topic; its topics: {", ".join(bag.topics) or "none"}'
        )
    listed = ', '.join(topics)
    if wanted is None:
        raise SourceError(f'{bag.path} has several image topics; choose by --topic: {listed}')
    raise SourceError(f'{bag.path} has no images on {wanted}; its image topics: {listed}')


def _info_topic(image_topic: str) -> str:
    # As in image_transport: camera_info is in the namespace of the raw images.
    raw = image_topic.removesuffix('/compressed')
    return f'{raw.rpartition("/")[0]}/camera_info'


def _import_rosbags(path: Path) -> Any:
    try:
        import mcap  # noqa: F401, needed for truncated bags
        import rosbags.rosbag2
        import rosbags.typesys  # noqa: F401, it is used as rosbags.typesys
    except ImportError as error:
        raise SourceError(
            f'{path}: reading bags requires rosbags and mcap ({error}); install them: '
            "pip install 'rosbags>=0.11' 'mcap>=1.2'"
        ) from error
    return rosbags


def _words(error: Exception) -> str:
    return (str(error).partition('\n')[0] or type(error).__name__).rstrip('.')
