"""Node that turns camera images into head poses."""

import sys
import time
from typing import Any

import numpy as np
from geometry_msgs.msg import QuaternionStamped, Vector3Stamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.face_detector import DetectorUnavailable
from headpose_ros.head_pose import HeadPose
from headpose_ros.overlay import draw_heads
from headpose_ros.ros.image_conversion import UnreadableImage, create_converter
from headpose_ros.ros.messages import orientation_message, rpy_message, stamp_seconds
from headpose_ros.ros.parameters import HeadPoseParameters, declare_headpose_parameters
from headpose_ros.ros.run import StartError, run_node
from headpose_ros.ros.stream_watch import StreamWatch
from headpose_ros.tracking import FaceTracker

NAME = 'headpose_node'

# Sensor-data QoS with room for one image: while the node works on an image, a newer one replaces
# the one that waits, so that a pose is never of an old image.
NEWEST_IMAGE = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)
RESULTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
RESULT_IMAGES = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)

WATCH_PERIOD = 1.0  # seconds
WARNING_PERIOD = 10.0  # seconds between warnings of one kind

LOGGED_FIGURES = ('MAE', 'geodesic')  # of the model's, degrees

RATE_CURE = 'this machine does not hold the rate: lower the rate or the size of the images'
PROFILE_CURE = (
    'they are lost on the way: with Fast DDS, start the camera with the large-image profile '
    '(see README, "Images get lost")'
)


class HeadPoseNode(Node):
    """Subscribes to ``image``, publishes ``head_pose``, its orientation and an annotated image.

    Everything happens in the one thread that spins the node, because the detector wants one.

    :param options: of ``rclpy.node.Node``, such as its context.
    :raises StartError: detector or model cannot be used.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(NAME, **options)
        parameters = declare_headpose_parameters(self)
        self._estimator = _create_estimator(parameters)
        self._max_std = np.radians(parameters.max_std)
        self._tracker = FaceTracker(parameters.smoothing_min_cutoff, parameters.smoothing_beta)
        self._converter = create_converter()
        self._rpy = self.create_publisher(Vector3Stamped, 'head_pose', RESULTS)
        self._orientation = self.create_publisher(
            QuaternionStamped, 'head_pose/orientation', RESULTS
        )
        self._annotated = self.create_publisher(Image, 'head_pose/annotated_image', RESULT_IMAGES)
        # Humble's rclpy does not tell the number that a publisher gave to its message.
        numbered = hasattr(Subscription, 'CallbackType')
        on_image = self._on_numbered_image if numbered else self._on_image
        self._images = self.create_subscription(Image, 'image', on_image, NEWEST_IMAGE)
        self._watch = StreamWatch(time.monotonic())
        # A steady clock, so that the warnings come without a /clock in simulated time too.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(WATCH_PERIOD, self._on_watch, clock=steady)
        self._log_start()

    def destroy_node(self) -> None:
        """Free the detector as well."""
        self._estimator.close()
        super().destroy_node()

    def _on_numbered_image(self, message: Image, info: dict[str, int | None]) -> None:
        self._on_image(message, info)

    def _on_image(self, message: Image, info: dict[str, int | None] | None = None) -> None:
        start = time.monotonic()
        self._process(message)
        number = info['publication_sequence_number'] if info else None
        self._watch.worked(start, time.monotonic(), number)

    def _process(self, message: Image) -> None:
        try:
            bgr = self._converter.imgmsg_to_cv2(message, 'bgr8')
            heads = self._estimator.estimate(bgr)
            heads = [head for head in heads if head.std.max() <= self._max_std]
        except UnreadableImage as error:
            self._warn_dropped(str(error))
            return
        except Exception as error:  # whatever a foreign library makes of an odd image
            self._warn_dropped(f'{type(error).__name__}: {error}')
            return
        heads = self._tracker.update(heads, stamp_seconds(message.header))
        if heads:
            self._rpy.publish(rpy_message(message.header, heads[0]))
            self._orientation.publish(orientation_message(message.header, heads[0]))
        if self._annotated.get_subscription_count() > 0:
            self._publish_annotated(message, bgr, heads)

    def _publish_annotated(
        self, message: Image, bgr: np.ndarray, heads: list[HeadPose]
    ) -> None:
        drawn = draw_heads(bgr, heads)
        self._annotated.publish(self._converter.cv2_to_imgmsg(drawn, 'bgr8', message.header))

    def _warn_dropped(self, reason: str) -> None:
        self.get_logger().warning(
            f'dropped an image: {reason}', throttle_duration_sec=WARNING_PERIOD
        )

    def _on_watch(self) -> None:
        now = time.monotonic()
        topic = self._images.topic_name
        silence = self._watch.silence(now)
        if silence is not None:
            self.get_logger().warning(
                f'no image on {topic} for {silence:.0f} s: {self._why_silent()}',
                throttle_duration_sec=WARNING_PERIOD,
            )
        load = self._watch.load(now)
        # Two publishers count their images each for itself.
        if load is not None and load.too_high and self.count_publishers(topic) <= 1:
            missed = 'some' if load.missed is None else f'{load.missed:.0%}'
            cure = PROFILE_CURE if load.lost_on_the_way else RATE_CURE
            self.get_logger().warning(
                f'{missed} of the images on {topic} are missed, {load.rate:.1f} a second are '
                f'worked on, which takes {load.busy:.0%} of the time; {cure}',
                throttle_duration_sec=WARNING_PERIOD,
            )

    def _why_silent(self) -> str:
        topic = self._images.topic_name
        publishers = self.get_publishers_info_by_topic(topic)
        if not publishers:
            return 'nobody publishes it; is the camera running, is image remapped to its topic?'
        foreign = {p.topic_type for p in publishers} - {'sensor_msgs/msg/Image'}
        if foreign:
            return f'it is a {", ".join(foreign)}; want sensor_msgs/msg/Image'
        return f'{len(publishers)} publish it, but nothing arrives; {PROFILE_CURE}'

    def _log_start(self) -> None:
        model = self._estimator.model
        converter = self._converter.name
        if self._converter.reason:
            converter += f' ({self._converter.reason})'
        figures = model.description.figures
        accuracy = ', '.join(
            f'{name} {figures[name]:.2f} deg' for name in LOGGED_FIGURES if name in figures
        )
        self.get_logger().info(
            f'detector {model.description.detector}, model {model.path} ({accuracy}), images '
            f'converted by {converter}'
        )
        self.get_logger().info(
            f'images from {self._images.topic_name}, poses to {self._rpy.topic_name} and '
            f'{self._orientation.topic_name}, overlay to {self._annotated.topic_name}'
        )


def _create_estimator(parameters: HeadPoseParameters) -> HeadPoseEstimator:
    try:
        return HeadPoseEstimator(
            detector=parameters.detector,
            mode='video',
            max_faces=parameters.max_faces,
            model=parameters.model or None,
            bundle=parameters.bundle or None,
            min_detection_confidence=parameters.min_detection_confidence,
            min_tracking_confidence=parameters.min_tracking_confidence,
        )
    except (ValueError, DetectorUnavailable) as error:
        raise StartError(f'cannot start: {error}') from error


def main(args: list[str] | None = None) -> int:
    """Run the node; the exit code of the process."""
    return run_node(HeadPoseNode, NAME, args)


if __name__ == '__main__':
    sys.exit(main())
