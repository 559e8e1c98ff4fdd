# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The node with a calibrated camera: six degrees of freedom in the camera's axes."""

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped, Vector3Stamped
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo

from headpose_ros.camera.camera_info import camera_of
from headpose_ros.errors import CalibrationError
from headpose_ros.landmarks import SELLION
from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH
from headpose_ros.ros.output.messages import camera_info_message
from headpose_ros.rotation import OPTICAL_FROM_HEAD, rotation_from_rpy


@pytest.fixture
def scene(ros, rendered_head):
    """A node that knows how wide the rendered head is, its camera, and its poses."""
    return Scene(ros, rendered_head)


class Scene:
    def __init__(self, ros, head):
        self.ros = ros
        self.head = head
        self.process = ros.start(
            'headpose_node', '--ros-args', '-p', f'head_width:={FACE_WIDTH}',
            '-p', 'smoothing_min_cutoff:=0.0',
        )
        self.images = ros.image_publisher()
        self.infos = ros.image_publisher('camera_info', kind=CameraInfo)
        self.angles = ros.collect(Vector3Stamped, 'head_pose')
        self.poses = ros.collect(PoseWithCovarianceStamped, 'head_pose/pose')
        self.matrix = head.camera_matrix

    def publish(self, bgr, **changes):
        message = self.ros.image(bgr)
        height, width = bgr.shape[:2]
        info = camera_info_message(message.header, width, height, self.matrix)
        for name, value in changes.items():
            setattr(info, name, value)
        self.infos.publish(info)
        self.images.publish(message)

    def wait(self, condition, what, bgr, **changes):
        self.ros.spin_until(condition, what, lambda: self.publish(bgr, **changes))

    def pose(self, bgr, count=8, **changes):
        """The last of some poses, as the detector needs a few images to settle."""
        self.poses.clear()
        self.wait(lambda: len(self.poses) >= count, 'poses', bgr, **changes)
        return self.poses[-1]

    def no_pose(self, bgr, **changes):
        """Angles that come without a pose."""
        self.angles.clear()
        self.wait(lambda: len(self.angles) >= 5, 'angles', bgr, **changes)
        self.poses.clear()
        self.wait(lambda: len(self.angles) >= 10, 'angles', bgr, **changes)
        assert not self.poses


def position_of(message):
    position = message.pose.pose.position
    return np.array([position.x, position.y, position.z])


def rotation_of(message):
    q = message.pose.pose.orientation
    return Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix() @ OPTICAL_FROM_HEAD.T


def degrees_between(a, b):
    return np.degrees(Rotation.from_matrix(a.T @ b).magnitude())


def test_position_and_orientation_are_in_the_axes_of_the_camera(scene, rendered_head):
    for degrees, place in (((0, 0, 0), (0, 0, 0.6)), ((0, 0, 20), (-0.2, 0.05, 0.7)),
                           ((0, 8, -10), (0.2, -0.05, 0.7))):
        true = rotation_from_rpy(np.radians(degrees))
        pose = scene.pose(rendered_head.render(true, place))
        assert pose.header.frame_id == 'test_optical_frame'
        sellion = rendered_head.landmarks(true, place)[SELLION]
        error = np.linalg.norm(position_of(pose) - sellion) / np.linalg.norm(sellion)
        turned = degrees_between(true, rotation_of(pose))
        print(f'{degrees} at {place}: position off by {error:.1%}, rotation by {turned:.1f}')
        assert error < 0.08
        assert turned < 8
        covariance = np.array(pose.pose.covariance).reshape(6, 6)
        np.testing.assert_allclose(covariance, covariance.T, atol=1e-12)
        assert (np.linalg.eigvalsh(covariance) > 0).all()
        assert 0.02 < np.sqrt(covariance[2, 2]) < 0.12  # metres along the line of sight, mostly
        assert np.degrees(np.sqrt(covariance[3, 3])) < 10


def test_without_a_calibration_there_are_angles_only_and_a_reason(scene, rendered_head):
    bgr = rendered_head.render(np.eye(3))
    zeros = {'k': [0.0] * 9, 'p': [0.0] * 12}
    scene.no_pose(bgr, **zeros)
    scene.process.wait_for('K is zero; calibrate')
    scene.pose(bgr)
    scene.no_pose(bgr, **zeros)
    assert scene.process.output.count('K is zero') == 1
    for changes, told in (
        ({'k': [float('nan')] * 9}, 'expected 3 x 3 finite numbers'),
        ({'d': [float('nan')] * 5}, 'the distortion is'),
        ({'d': [0.1, 0.2]}, '2 coefficients; expected'),
        ({'distortion_model': 'crystal', 'd': [0.1] * 5}, "unknown distortion model 'crystal'"),
        ({'width': 320, 'height': 240}, 'for 320x240 images, but they are 640x480'),
    ):
        scene.no_pose(bgr, **changes)
        assert told in scene.process.output
    pose = scene.pose(bgr)
    assert np.isfinite(pose.pose.covariance).all()


def test_nonsense_that_changes_does_not_flood_the_log(scene, rendered_head):
    bgr = rendered_head.render(np.eye(3))
    focal = iter(range(1, 10**6))

    def publish():
        k = [-float(next(focal)), 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        scene.publish(bgr, k=k)

    scene.ros.spin_until(lambda: len(scene.angles) > 60, 'angles', publish, 0.02)
    assert 1 < scene.process.output.count('uncalibrated: ') <= 20


def test_it_follows_a_calibration_that_changes(scene, rendered_head):
    bgr = rendered_head.render(np.eye(3))
    near = position_of(scene.pose(bgr))[2]
    # With twice the focal length the same picture is of a head twice as far away.
    longer = rendered_head.camera_matrix * [[2, 2, 1], [2, 2, 1], [1, 1, 1]]
    scene.matrix = longer
    far = position_of(scene.pose(bgr))[2]
    assert far == pytest.approx(2 * near, rel=0.05)
    # A wider head in the same picture is farther away.
    assert scene.ros.set_parameters(head_width=2 * FACE_WIDTH).successful
    assert position_of(scene.pose(bgr))[2] == pytest.approx(2 * far, rel=0.05)


def info(**changes):
    message = CameraInfo(width=640, height=480, distortion_model='plumb_bob')
    message.k = [500.0, 0.0, 319.5, 0.0, 510.0, 239.5, 0.0, 0.0, 1.0]
    message.p = [450.0, 0.0, 310.0, -20.0, 0.0, 460.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    message.d = [0.1, 0.0, 0.0, 0.0, 0.0]
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_raw_images_take_k_and_rectified_ones_p():
    raw, rectified = camera_of(info(), False), camera_of(info(), True)
    assert raw.matrix[0].tolist() == [500.0, 0.0, 319.5] and raw.distortion[0] == 0.1
    assert rectified.matrix[0].tolist() == [450.0, 0.0, 310.0] and not rectified.distortion.any()
    with pytest.raises(CalibrationError, match='P is zero'):
        camera_of(info(p=[0.0] * 12), True)


def test_binned_and_cut_out_images_have_their_own_pixels():
    binned = camera_of(info(binning_x=2, binning_y=2), False)
    assert (binned.width, binned.height) == (320, 240)
    # Its middle stays its middle.
    np.testing.assert_allclose(binned.matrix, [[250, 0, 159.5], [0, 255, 119.5], [0, 0, 1]])
    message = info()
    message.roi.x_offset, message.roi.y_offset = 100, 40
    message.roi.width, message.roi.height = 320, 200
    cut = camera_of(message, False)
    assert (cut.width, cut.height) == (320, 200)
    np.testing.assert_allclose(cut.matrix, [[500, 0, 219.5], [0, 510, 199.5], [0, 0, 1]])
