# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""People as ``vision_msgs`` detections; this module needs ``vision_msgs`` installed."""

from collections.abc import Mapping

import numpy as np
from std_msgs.msg import Header
from vision_msgs.msg import (
    Detection2D,
    Detection2DArray,
    Detection3D,
    Detection3DArray,
    ObjectHypothesisWithPose,
)

from headpose_ros.head_pose import HeadPose
from headpose_ros.people.follower import People
from headpose_ros.ros.output.messages import fill_pose, fill_quaternion
from headpose_ros.six_dof import HEAD_CENTER, HEAD_SIZE, CameraPose

FACE = 'face'  # class of the first hypothesis
FACING = 'facing_{}'  # class of the others, each with the probability as its score

# Square metres: variance of an unknown position.
UNKNOWN = 1e6


def heads_message(
    header: Header, people: People, facing: Mapping[str, Mapping[str, float]]
) -> Detection3DArray:
    """Pose, size and track ID of each head.

    Without a calibrated camera the orientation is along the line of sight, the position is zero
    with a variance of ``UNKNOWN``, and the box has no size.

    :param facing: track ID to target name to the probability that the head points at it.
    """
    message = Detection3DArray(header=header)
    for head in people.heads:
        pose = None if head.sight is None else people.poses.of(head)
        message.detections.append(_detection_3d(header, head, pose, facing[head.track_id]))
    return message


def detections_message(header: Header, people: People) -> Detection2DArray:
    """Bounding box of each face, pixels."""
    message = Detection2DArray(header=header)
    for head in people.heads:
        box = head.box
        detection = Detection2D(header=header, id=head.track_id, results=[_face(head)])
        center = detection.bbox.center.position
        center.x, center.y = box.center
        detection.bbox.size_x, detection.bbox.size_y = box.width, box.height
        message.detections.append(detection)
    return message


def _face(head: HeadPose) -> ObjectHypothesisWithPose:
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = FACE, float(head.score)
    return result


def _detection_3d(
    header: Header, head: HeadPose, pose: CameraPose | None, facing: Mapping[str, float]
) -> Detection3D:
    detection = Detection3D(header=header, id=head.track_id)
    face = _face(head)
    detection.results.append(face)
    if pose is None:
        fill_quaternion(face.pose.pose.orientation, head.quaternion)
        covariance = np.diag([UNKNOWN] * 6)
        covariance[3:, 3:] = head.rotation_covariance
    else:
        fill_pose(face.pose.pose, pose.position, pose.quaternion)
        covariance = pose.covariance
        fill_pose(detection.bbox.center, pose.point(HEAD_CENTER), pose.quaternion)
        size = detection.bbox.size
        size.x, size.y, size.z = HEAD_SIZE
    face.pose.covariance = covariance.ravel().tolist()
    for target, probability in facing.items():
        result = ObjectHypothesisWithPose(pose=face.pose)
        result.hypothesis.class_id = FACING.format(target)
        result.hypothesis.score = probability
        detection.results.append(result)
    return detection
