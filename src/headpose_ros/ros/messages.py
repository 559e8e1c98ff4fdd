"""Values of the core as ROS messages."""

import numpy as np
from geometry_msgs.msg import QuaternionStamped, Vector3Stamped
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from headpose_ros.head_pose import HeadPose


def stamp_seconds(header: Header) -> float:
    """Stamp of a header in seconds."""
    return header.stamp.sec + header.stamp.nanosec * 1e-9


def rpy_message(header: Header, head: HeadPose) -> Vector3Stamped:
    """Roll, pitch and yaw in radians as x, y and z."""
    message = Vector3Stamped(header=header)
    vector = message.vector
    vector.x, vector.y, vector.z = (float(v) for v in head.rpy)
    return message


def orientation_message(header: Header, head: HeadPose) -> QuaternionStamped:
    """The head frame in the optical frame."""
    message = QuaternionStamped(header=header)
    quaternion = message.quaternion
    quaternion.x, quaternion.y, quaternion.z, quaternion.w = (float(v) for v in head.quaternion)
    return message


def camera_info_message(
    header: Header, width: int, height: int, camera_matrix: np.ndarray | None
) -> CameraInfo:
    """Calibration of a camera without distortion; all zeros, "uncalibrated", without a matrix.

    :param camera_matrix: (3, 3) pixels or ``None``.
    """
    message = CameraInfo(header=header, width=width, height=height)
    if camera_matrix is not None:
        message.distortion_model = 'plumb_bob'
        message.d = [0.0] * 5
        message.k = camera_matrix.ravel().tolist()
        message.r = np.eye(3).ravel().tolist()
        message.p = np.hstack([camera_matrix, np.zeros((3, 1))]).ravel().tolist()
    return message
