# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Node that publishes images, for machines without a camera driver."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from headpose_ros.errors import DetectorUnavailableError, SourceError, StartError
from headpose_ros.media.sources import ImageSource, SampleSource, open_source
from headpose_ros.ros.input.clock_watch import ClockWatch
from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.output.messages import camera_info_message, depth_message
from headpose_ros.ros.parameters import CameraParameters, declare_parameters
from headpose_ros.ros.rclpy_extras.run import run_node
from headpose_ros.ros.rclpy_extras.shortcuts import steady_timer

NAME = 'camera_node'

# Reliable matches best-effort and reliable subscribers alike.
IMAGES = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)

WARNING_PERIOD = 5.0  # seconds between warnings of one kind
LAST_IMAGE_WAIT = Duration(seconds=1.0)  # for subscribers to receive the last image of a source


class CameraNode(Node):
    """Publishes ``image`` and ``camera_info`` from a webcam, a video, images or the sample.

    For the sample also ``depth``, while it has subscribers.

    :raises StartError: the source cannot be opened.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(NAME, **options)
        self._settings = declare_parameters(self, CameraParameters)
        self._source = _open(self._settings)
        self._frames = self._all_frames()
        self._begun = self._settings.loop
        self._converter = create_converter()
        self._image = self.create_publisher(Image, 'image', IMAGES)
        self._info = self.create_publisher(CameraInfo, 'camera_info', IMAGES)
        self._depth: Publisher | None = None
        if isinstance(self._source, SampleSource):
            self._depth = self.create_publisher(Image, 'depth', IMAGES)
        rate = self._settings.rate or self._source.rate
        self.create_timer(1.0 / rate, self._publish)
        self._clock_watch = ClockWatch(self)
        steady_timer(self, WARNING_PERIOD, self._check_clock)
        self.get_logger().info(
            f'publishing {self._settings.source} at {rate:g} Hz on {self._image.topic_name} and '
            f'{self._info.topic_name}'
        )

    def _all_frames(self) -> Iterator[np.ndarray | None]:
        yield from self._source.frames()
        while self._settings.loop:
            yield from self._source.frames()

    def _check_clock(self) -> None:
        if problem := self._clock_watch.problem():
            self.get_logger().warning(f'not publishing: {problem}')

    def _publish(self) -> None:
        # A source that is played once waits for its first subscriber.
        self._begun = self._begun or self._image.get_subscription_count() > 0
        if not self._begun:
            return
        bgr = next(self._frames, False)
        if bgr is False:
            self.get_logger().info('end of source')
            self._image.wait_for_all_acked(LAST_IMAGE_WAIT)
            self.context.try_shutdown()
            return
        if bgr is None:
            self.get_logger().warning(
                f'no image from {self._settings.source}; retrying',
                throttle_duration_sec=WARNING_PERIOD,
            )
            return
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._settings.frame_id)
        self._publish_depth(header)
        matrix = self._source.camera_matrix
        if quarters := self._settings.image_rotation // 90:
            matrix = None if matrix is None else turned_matrix(matrix, *bgr.shape[:2], quarters)
            bgr = np.ascontiguousarray(np.rot90(bgr, -quarters))
        height, width = bgr.shape[:2]
        self._image.publish(self._converter.cv2_to_imgmsg(bgr, 'bgr8', header))
        self._info.publish(camera_info_message(header, width, height, matrix))

    def _publish_depth(self, header: Header) -> None:
        # Before the image: its subscribers then have the depth already.
        if self._depth is None or not self._depth.get_subscription_count():
            return
        assert isinstance(self._source, SampleSource)
        depth = np.rot90(self._source.depth(), -self._settings.image_rotation // 90)
        self._depth.publish(depth_message(header, depth))


def turned_matrix(matrix: np.ndarray, height: int, width: int, quarters: int) -> np.ndarray:
    """Camera matrix (3, 3) of images of that size after clockwise quarter turns."""
    for _ in range(quarters):
        (fx, _, cx), (_, fy, cy), _ = matrix
        matrix = np.array([[fy, 0.0, height - cy], [0.0, fx, cx], [0.0, 0.0, 1.0]])
        height, width = width, height
    return matrix


def _open(parameters: CameraParameters) -> ImageSource:
    if (parameters.width > 0) != (parameters.height > 0):
        raise StartError(
            f'width is {parameters.width} and height is {parameters.height}; set both or neither'
        )
    size = (parameters.width, parameters.height) if parameters.width else None
    try:
        return open_source(parameters.source, size)
    except (SourceError, DetectorUnavailableError) as error:
        raise StartError(str(error)) from error


def main(args: list[str] | None = None) -> int:
    """Run the node; return the exit code of the process."""
    return run_node(CameraNode, NAME, args, publishes_images=True)
