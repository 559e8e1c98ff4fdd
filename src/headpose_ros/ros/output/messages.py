# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Conversion of core types to ROS messages."""

import cv2
import numpy as np
from geometry_msgs import msg as geometry
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from headpose_ros.camera.camera import opencv_matrix
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.bgr import check_bgr
from headpose_ros.six_dof import CameraPose

MAX_JPEG_SIDE = 65500  # pixels, libjpeg's JPEG_MAX_DIMENSION


def fill_quaternion(message: geometry.Quaternion, quaternion: np.ndarray) -> None:
    """Put a quaternion (4,) x, y, z, w into a message."""
    message.x, message.y, message.z, message.w = quaternion.tolist()


def fill_pose(message: geometry.Pose, position: np.ndarray, quaternion: np.ndarray) -> None:
    """Put a position (3,) and a quaternion (4,) x, y, z, w into a message."""
    message.position.x, message.position.y, message.position.z = position.tolist()
    fill_quaternion(message.orientation, quaternion)


def rpy_message(header: Header, head: HeadPose) -> geometry.Vector3Stamped:
    """Roll, pitch and yaw in radians as x, y and z."""
    message = geometry.Vector3Stamped(header=header)
    vector = message.vector
    vector.x, vector.y, vector.z = head.rpy.tolist()
    return message


def orientation_message(header: Header, head: HeadPose) -> geometry.QuaternionStamped:
    """The head frame in the optical frame, along the line of sight."""
    message = geometry.QuaternionStamped(header=header)
    fill_quaternion(message.quaternion, head.quaternion)
    return message


def pose_message(header: Header, pose: CameraPose) -> geometry.PoseWithCovarianceStamped:
    """Position and orientation of the head in the optical frame."""
    message = geometry.PoseWithCovarianceStamped(header=header)
    fill_pose(message.pose.pose, pose.position, pose.quaternion)
    message.pose.covariance = pose.covariance.ravel().tolist()
    return message


def camera_info_message(
    header: Header, width: int, height: int, camera_matrix: np.ndarray | None
) -> CameraInfo:
    """Calibration without distortion; all zeros (uncalibrated) without a matrix.

    :param camera_matrix: (3, 3) pixels or ``None``, with the centre of the first pixel at
        (0.5, 0.5); in the message it is at (0, 0).
    """
    message = CameraInfo(header=header, width=width, height=height)
    if camera_matrix is not None:
        matrix = opencv_matrix(camera_matrix)
        message.distortion_model = 'plumb_bob'
        message.d = [0.0] * 5
        message.k = matrix.ravel().tolist()
        message.r = np.eye(3).ravel().tolist()
        message.p = np.hstack([matrix, np.zeros((3, 1))]).ravel().tolist()
    return message


def depth_message(header: Header, depth: np.ndarray) -> Image:
    """Message of a depth image, ``uint16`` millimetres or ``float32`` metres (H, W)."""
    encoding = {'uint16': '16UC1', 'float32': '32FC1'}[depth.dtype.name]
    height, width = depth.shape
    message = Image(header=header, height=height, width=width, encoding=encoding)
    message.step = width * depth.itemsize
    message.data.frombytes(np.ascontiguousarray(depth).view(np.uint8))
    return message


def write_compressed(bgr: np.ndarray, header: Header, quality: int) -> CompressedImage:
    """JPEG message of an image.

    :param bgr: ``uint8`` (H, W, 3), at most ``MAX_JPEG_SIDE`` high and wide.
    :param header: used as the message's header, not copied.
    :param quality: JPEG quality, 1 to 100; higher is better and larger.
    :raises ValueError: invalid image or quality.
    """
    check_bgr(bgr)
    if not isinstance(quality, int) or not 1 <= quality <= 100:
        raise ValueError(f'quality is {quality!r}; expected an integer from 1 to 100')
    if max(bgr.shape) > MAX_JPEG_SIDE:
        height, width = bgr.shape[:2]
        raise ValueError(
            f'image is {width} x {height} pixels; JPEG allows at most {MAX_JPEG_SIDE} per side'
        )
    _, jpeg = cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
    # As in image_transport's plugin "compressed": the encoding of the image and of the file.
    message = CompressedImage(header=header, format='bgr8; jpeg compressed bgr8')
    # Into the message's own array.array, as for raw images.
    message.data.frombytes(jpeg)
    return message
