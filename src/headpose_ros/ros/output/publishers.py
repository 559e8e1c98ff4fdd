# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""All publishers of the node; messages are computed only for topics with subscribers."""

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from types import ModuleType

import numpy as np
from geometry_msgs import msg as geometry
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header, Int32
from visualization_msgs.msg import MarkerArray

from headpose_ros.errors import TransformsUnavailableError
from headpose_ros.overlay import draw_heads
from headpose_ros.people.follower import People
from headpose_ros.ros.input.image_conversion import ImageConverter
from headpose_ros.ros.output import messages
from headpose_ros.ros.output.attention import AttentionTargets
from headpose_ros.ros.output.hri import HriPublishers, hri_messages
from headpose_ros.ros.output.markers import PeopleMarkers
from headpose_ros.ros.parameters import HeadPoseParameters
from headpose_ros.ros.rclpy_extras.shortcuts import NO_PUBLISHER_EVENTS, is_heard
from headpose_ros.six_dof import CameraPose

# Reliable, so that RViz and ros2 topic echo work with their defaults.
RESULTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
RESULT_IMAGES = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)

# x, y, z, w of an optical frame (x right, y down, z forward) with z along the face's x.
GAZE_QUATERNION = np.array([-0.5, 0.5, -0.5, 0.5])


class HeadPublishers:
    """The publishers of a node.

    :param node: lifecycle node; they publish while it is active.
    :raises headpose_ros.errors.TransformsUnavailableError: TF is enabled but not installed.
    :raises headpose_ros.errors.HriUnavailableError: ROS4HRI is enabled but not installed.

    :ivar parameters: of the node; may be replaced at any time.
    """

    def __init__(
        self, node: LifecycleNode, converter: ImageConverter, parameters: HeadPoseParameters
    ):
        self.parameters = parameters
        self._node = node
        self._converter = converter
        self._transforms: HeadTransforms | None = None
        self._hri: HriPublishers | None = None
        if parameters.publish_hri:
            hri_messages()  # raises before anything is created
        if parameters.publish_tf or parameters.publish_hri:
            self._transforms = HeadTransforms(node, has_gaze=parameters.publish_hri)
        self._detections = _import_detections(node)
        self._attention = AttentionTargets(
            node, () if self._detections is None else parameters.attention_frames
        )
        if parameters.publish_hri:
            size = (parameters.hri_face_width, parameters.hri_face_height)
            self._hri = HriPublishers(node, converter, size)
        self._markers = PeopleMarkers()
        create = partial(node.create_lifecycle_publisher, event_callbacks=NO_PUBLISHER_EVENTS)
        self._rpy = create(geometry.Vector3Stamped, 'head_pose', RESULTS)
        self._orientation = create(geometry.QuaternionStamped, 'head_pose/orientation', RESULTS)
        self._pose = create(geometry.PoseWithCovarianceStamped, 'head_pose/pose', RESULTS)
        self._count = create(Int32, 'head_pose/face_count', RESULTS)
        self._marker_array = create(MarkerArray, 'head_pose/markers', RESULTS)
        self._annotated = create(Image, 'head_pose/annotated_image', RESULT_IMAGES)
        self._compressed = create(
            CompressedImage, 'head_pose/annotated_image/compressed', RESULT_IMAGES
        )
        self._publishers = [
            self._rpy, self._orientation, self._pose, self._count, self._marker_array,
            self._annotated, self._compressed,
        ]
        if self._detections is not None:
            kinds = self._detections
            self._heads = create(kinds.Detection3DArray, 'head_pose/heads', RESULTS)
            self._boxes = create(kinds.Detection2DArray, 'head_pose/detections', RESULTS)
            self._publishers += [self._heads, self._boxes]

    @property
    def topics(self) -> list[str]:
        """Resolved topic names."""
        own = [publisher.topic_name for publisher in self._publishers]
        return own if self._hri is None else [*own, self._hri.list.topic]

    def has_listeners(self) -> bool:
        """Whether any topic has subscribers."""
        others = [each for each in (self._transforms, self._hri) if each is not None]
        return any(map(is_heard, self._publishers)) or any(
            other.has_listeners() for other in others
        )

    def publish_poses(self, header: Header, people: People) -> None:
        """Publish poses, detections, transforms and markers.

        :param header: of the image; used for all messages.
        """
        poses, primary = people.poses, people.primary
        if is_heard(self._count):
            self._count.publish(Int32(data=len(people.heads)))
        if primary is not None and is_heard(self._rpy):
            self._rpy.publish(messages.rpy_message(header, primary))
        if primary is not None and is_heard(self._orientation):
            self._orientation.publish(messages.orientation_message(header, primary))
        if primary is not None and primary.sight is not None and is_heard(self._pose):
            self._pose.publish(messages.pose_message(header, poses.of(primary)))
        if self._detections is None or not is_heard(self._heads):
            self._attention.close()
        else:
            self._attention.listen()
            facing = self._attention.facing(header, people, self.parameters.attention_radians)
            self._heads.publish(self._detections.heads_message(header, people, facing))
        if self._detections is not None and is_heard(self._boxes):
            self._boxes.publish(self._detections.detections_message(header, people))
        if self._transforms is not None and self._transforms.has_listeners():
            located = [head for head in people.heads if head.sight is not None]
            self._transforms.publish(header, [(head.track_id, poses.of(head)) for head in located])
        if is_heard(self._marker_array):
            guesses = [(head, poses.guess(head)) for head in people.heads]
            pairs = [(head, pose) for head, pose in guesses if pose is not None]
            self._marker_array.publish(self._markers.update(header, pairs, people.tracked_ids))

    def publish_images(self, header: Header, bgr: np.ndarray, people: People) -> None:
        """Publish ROS4HRI topics and annotated images.

        :param bgr: the image, ``uint8`` (H, W, 3).
        """
        if self._hri is not None:
            self._hri.publish(header, bgr, people)
        raw, compressed = is_heard(self._annotated), is_heard(self._compressed)
        if not raw and not compressed:
            return
        drawn = draw_heads(bgr, people.heads, self.parameters.overlay_style, people.primary_id)
        if raw:
            self._annotated.publish(self._converter.cv2_to_imgmsg(drawn, 'bgr8', header))
        if compressed:
            quality = self.parameters.jpeg_quality
            self._compressed.publish(messages.write_compressed(drawn, header, quality))

    def clear(self) -> None:
        """Delete the markers in RViz and the ROS4HRI faces."""
        if self._hri is not None:
            self._hri.clear()
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._marker_array.publish(self._markers.clear(header))

    def close(self) -> None:
        """Destroy all publishers."""
        for publisher in self._publishers:
            self._node.destroy_lifecycle_publisher(publisher)
        self._attention.close()
        for other in (self._transforms, self._hri):
            if other is not None:
                other.close()


def _import_detections(node: Node) -> ModuleType | None:
    try:
        return import_module('headpose_ros.ros.output.detections')
    except ImportError as error:
        node.get_logger().info(
            f'head_pose/heads and head_pose/detections disabled: {error}; to enable them, install '
            'vision_msgs (on Ubuntu: ros-$ROS_DISTRO-vision-msgs)'
        )
        return None


class HeadTransforms:
    """Broadcasts ``face_<id>`` (REP-155) of each head, in the frame of the image.

    :param has_gaze: whether to broadcast ``gaze_<id>`` too, as in ROS4HRI: same origin, z along
        the face's x, x to the person's right and y down.
    :raises TransformsUnavailableError: tf2_ros is not installed.
    """

    def __init__(self, node: Node, has_gaze: bool = False):
        try:
            from tf2_ros import TransformBroadcaster
        except ImportError as error:
            wanted_by = 'publish_hri' if has_gaze else 'publish_tf'
            raise TransformsUnavailableError(
                f'{wanted_by} is true, but tf2_ros cannot be imported ({error}); install it (on '
                f'Ubuntu: ros-$ROS_DISTRO-tf2-ros-py), or set {wanted_by} to false'
            ) from error
        self._node = node
        self._has_gaze = has_gaze
        self._broadcaster = TransformBroadcaster(node)
        self._last_stamp = None

    def publish(self, header: Header, poses: Iterable[tuple[str, CameraPose]]) -> None:
        """Broadcast the frames of one image, from track IDs and poses."""
        # TF rejects a frame with a repeated stamp, with a warning in every listener.
        if header.stamp == self._last_stamp:
            return
        self._last_stamp = header.stamp
        transforms = []
        for track_id, pose in poses:
            message = geometry.TransformStamped(header=header, child_frame_id=f'face_{track_id}')
            translation = message.transform.translation
            translation.x, translation.y, translation.z = pose.position.tolist()
            messages.fill_quaternion(message.transform.rotation, pose.quaternion)
            transforms.append(message)
            if self._has_gaze:
                transforms.append(_gaze(header, track_id))
        if transforms:
            self._broadcaster.sendTransform(transforms)

    def has_listeners(self) -> bool:
        """Whether /tf has subscribers."""
        return is_heard(self._broadcaster.pub_tf)

    def close(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_publisher(self._broadcaster.pub_tf)


def _gaze(header: Header, track_id: str) -> geometry.TransformStamped:
    message = geometry.TransformStamped(header=Header(stamp=header.stamp))
    message.header.frame_id = f'face_{track_id}'
    message.child_frame_id = f'gaze_{track_id}'
    messages.fill_quaternion(message.transform.rotation, GAZE_QUATERNION)
    return message
