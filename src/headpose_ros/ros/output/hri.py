# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""ROS4HRI (REP-155) topics: the list of face IDs, and the topics of each face."""

import time
from collections.abc import Sequence
from types import ModuleType

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from headpose_ros.errors import HriUnavailableError
from headpose_ros.face_images import aligned_face, cropped_face
from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks70 import RIGHT_PUPIL, points70
from headpose_ros.people.follower import People
from headpose_ros.ros.input.image_conversion import ImageConverter
from headpose_ros.ros.rclpy_extras.shortcuts import NO_PUBLISHER_EVENTS, is_heard, steady_timer

FACES = '/humans/faces'
TRACKED = f'{FACES}/tracked'

# As in hri_face_detect and libhri.
QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)

# Seconds without an image after which all faces are removed; a person missed for longer than half
# a second gets a new ID anyway.
SILENCE = 1.0
LOOK_PERIOD = 0.5  # seconds between checks for that

# For the last, empty list to be delivered: a subscriber that misses it keeps the faces for good.
LAST_LIST_WAIT = Duration(seconds=1.0)

# Factor on the score of a face for its pupils, which are only the eye centres.
PUPIL_CONFIDENCE = 0.5


def hri_messages(wanted_by: str = 'publish_hri is true') -> ModuleType:
    """The messages of ``hri_msgs``.

    :param wanted_by: what needs them, for the error message.
    :raises HriUnavailableError: not installed.
    """
    try:
        from hri_msgs import msg
    except ImportError as error:
        raise HriUnavailableError(
            f'{wanted_by}, but hri_msgs cannot be imported ({error}); install it (on Ubuntu: '
            'ros-$ROS_DISTRO-hri-msgs), or disable ROS4HRI'
        ) from error
    return msg


class FaceList:
    """Publishes the IDs of all faces, on ``/humans/faces/tracked``.

    :raises HriUnavailableError: ``hri_msgs`` is not installed.
    """

    def __init__(self, node: Node):
        self._kind = hri_messages().IdsList
        self._node = node
        self._publisher = node.create_publisher(
            self._kind, TRACKED, QOS, event_callbacks=NO_PUBLISHER_EVENTS
        )
        self._has_ids = self._has_rival = False

    @property
    def topic(self) -> str:
        """Topic name after remapping."""
        return self._publisher.topic_name

    def has_listeners(self) -> bool:
        """Whether there are subscribers."""
        return is_heard(self._publisher)

    def publish(self, header: Header, ids: Sequence[str]) -> None:
        """Publish the current IDs."""
        self._has_ids = bool(ids)
        if self.has_listeners():
            self._publisher.publish(self._kind(header=header, ids=ids))

    def clear(self) -> None:
        """Publish an empty list, unless the last one was empty."""
        if self._has_ids:
            self.publish(Header(stamp=self._node.get_clock().now().to_msg()), [])

    def warn_of_rivals(self) -> None:
        """Warn, once, about another publisher of the list."""
        has_rival = self._node.count_publishers(self.topic) > 1
        if has_rival and not self._has_rival:
            self._node.get_logger().warning(
                f'{self.topic} has another publisher: each list deletes the faces of the other; '
                'for several cameras use headpose_multi.launch.py with hri:=true, which merges '
                'their lists, or stop the other publisher'
            )
        self._has_rival = has_rival

    def close(self) -> None:
        """Destroy the publisher once the last list is delivered."""
        if self._node.context.ok():
            self._publisher.wait_for_all_acked(LAST_LIST_WAIT)
        self._node.destroy_publisher(self._publisher)


class HriPublishers:
    """Publishes the people of successive images.

    The topics of a face are created and destroyed with its track; messages are computed only for
    subscribers.

    :param size: width and height of the face images, pixels.
    :raises HriUnavailableError: ``hri_msgs`` is not installed.
    """

    def __init__(self, node: Node, converter: ImageConverter, size: tuple[int, int]):
        self.list = FaceList(node)
        self._messages = hri_messages()
        self._node = node
        self._converter = converter
        self._size = size
        self._faces: dict[str, _Face] = {}
        self._published = time.monotonic()
        self._timer = steady_timer(node, LOOK_PERIOD, self._look)

    def has_listeners(self) -> bool:
        """Whether any topic has subscribers."""
        return self.list.has_listeners() or any(
            is_heard(each) for face in self._faces.values() for each in face.publishers
        )

    def publish(self, header: Header, bgr: np.ndarray, people: People) -> None:
        """Publish the people of an image.

        :param header: of the image; used for all messages.
        :param bgr: the image, ``uint8`` (H, W, 3).
        """
        self._published = time.monotonic()
        for track_id in self._faces.keys() - people.tracked_ids:
            self._faces.pop(track_id).close(self._node)
        for head in people.heads:
            if head.track_id not in self._faces:
                self._faces[head.track_id] = _Face(self._node, self._messages, head.track_id)
            self._publish_face(self._faces[head.track_id], header, bgr, head)
        # After the topics, so that they exist when an ID is received.
        self.list.publish(header, list(self._faces))

    def _publish_face(
        self, face: '_Face', header: Header, bgr: np.ndarray, head: HeadPose
    ) -> None:
        height, width = bgr.shape[:2]
        if is_heard(face.roi):
            face.roi.publish(self._roi(header, head, (width, height)))
        if is_heard(face.landmarks):
            face.landmarks.publish(self._landmarks(header, head, (width, height)))
        if is_heard(face.cropped):
            image = cropped_face(bgr, head.box, self._size)
            face.cropped.publish(self._converter.cv2_to_imgmsg(image, 'bgr8', header))
        if is_heard(face.aligned):
            image = aligned_face(bgr, head.landmarks, self._size)
            face.aligned.publish(self._converter.cv2_to_imgmsg(image, 'bgr8', header))

    def _roi(self, header: Header, head: HeadPose, size: tuple[int, int]) -> object:
        left, top, right, bottom = (
            min(max(edge / side, 0.0), 1.0) for edge, side in zip(head.box, 2 * size, strict=True)
        )
        return self._messages.NormalizedRegionOfInterest2D(
            header=header, xmin=left, ymin=top, xmax=right, ymax=bottom, c=_confidence(head)
        )

    def _landmarks(self, header: Header, head: HeadPose, size: tuple[int, int]) -> object:
        points = points70(head.landmarks) / size
        inside = np.clip(points, 0.0, 1.0)
        confidences = np.full(len(points), _confidence(head))
        confidences[RIGHT_PUPIL:] *= PUPIL_CONFIDENCE
        confidences[(inside != points).any(axis=1)] = 0.0  # clipped to the image border
        width, height = size
        message = self._messages.FacialLandmarks(header=header, width=width, height=height)
        rows = np.column_stack([inside, confidences]).tolist()
        for point, row in zip(message.landmarks, rows, strict=True):
            point.x, point.y, point.c = row
        return message

    def _look(self) -> None:
        if time.monotonic() - self._published > SILENCE:
            self.clear()
        self.list.warn_of_rivals()

    def clear(self) -> None:
        """Remove all faces."""
        while self._faces:
            _, face = self._faces.popitem()
            face.close(self._node)
        self.list.clear()

    def close(self) -> None:
        """Destroy timer and publishers."""
        self._node.destroy_timer(self._timer)
        self.list.close()


class _Face:
    """The publishers of a face."""

    def __init__(self, node: Node, messages: ModuleType, track_id: str):
        def create(kind: type, name: str) -> Publisher:
            topic = f'{FACES}/{track_id}/{name}'
            return node.create_publisher(kind, topic, QOS, event_callbacks=NO_PUBLISHER_EVENTS)

        self.roi = create(messages.NormalizedRegionOfInterest2D, 'roi')
        self.landmarks = create(messages.FacialLandmarks, 'landmarks')
        self.cropped = create(Image, 'cropped')
        self.aligned = create(Image, 'aligned')
        self.publishers = (self.roi, self.landmarks, self.cropped, self.aligned)

    def close(self, node: Node) -> None:
        for publisher in self.publishers:
            node.destroy_publisher(publisher)


def _confidence(head: HeadPose) -> float:
    return min(max(float(head.score), 0.0), 1.0)
