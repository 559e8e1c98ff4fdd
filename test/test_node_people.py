# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Several people before the node: ids, the primary one, count, markers, parameters that change."""

import numpy as np
import pytest
from geometry_msgs.msg import Vector3Stamped
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Int32
from visualization_msgs.msg import Marker, MarkerArray

from headpose_ros.rotation import rotation_from_rpy

LEFT, RIGHT = (0.0, 0.0, np.radians(25)), (0.0, 0.0, np.radians(-25))  # roll, pitch, yaw


@pytest.fixture
def stage(ros, small_head):
    """A node for several people, and a picture of two that is published until something holds."""
    return Stage(ros, small_head)


class Stage:
    def __init__(self, ros, head):
        self.ros = ros
        self.head = head
        self.process = ros.start('headpose_node', '--ros-args', '-p', 'max_faces:=4')
        self.publisher = ros.image_publisher()
        self.poses = ros.collect(Vector3Stamped, 'head_pose')
        self.counts = ros.collect(Int32, 'head_pose/face_count')
        self.picture = None

    def show(self, *people):
        """Who is in the picture from now on: roll, pitch, yaw and distance of each."""
        parts = [self.head.render(rotation_from_rpy(rpy), (0, 0, z)) for rpy, z in people]
        self.picture = np.hstack(parts) if parts else np.full((480, 640, 3), 128, np.uint8)

    def wait(self, condition, what):
        self.ros.spin_until(
            condition, what, lambda: self.publisher.publish(self.ros.image(self.picture))
        )

    def yaws(self, count=5):
        """Signs of the yaw of the next primary poses."""
        self.poses.clear()
        self.wait(lambda: len(self.poses) >= count, 'poses')
        return {np.sign(pose.vector.z) for pose in self.poses[-count:]}

    def wait_for_yaw(self, sign):
        self.poses.clear()
        self.wait(
            lambda: self.poses and np.sign(self.poses[-1].vector.z) == sign, f'yaw {sign}'
        )


def test_the_count_tells_nobody_from_silence(stage):
    stage.show()
    stage.wait(lambda: len(stage.counts) >= 5, 'counts')
    assert {c.data for c in stage.counts} == {0}
    stage.show((LEFT, 0.5), (RIGHT, 0.8))
    stage.wait(lambda: stage.counts[-1].data == 2, 'two')
    stage.show((LEFT, 0.5))
    stage.wait(lambda: stage.counts[-1].data == 1, 'one')
    stage.show()
    stage.wait(lambda: stage.counts[-1].data == 0, 'none')


def test_the_primary_one_is_chosen_by_a_parameter(stage):
    stage.show((LEFT, 0.75), (RIGHT, 0.5))
    stage.wait(lambda: stage.counts and stage.counts[-1].data == 2, 'two people')
    stage.wait_for_yaw(-1)
    assert stage.yaws() == {-1}
    # The other one is larger now, but not by enough.
    stage.show((LEFT, 0.55), (RIGHT, 0.6))
    assert stage.yaws(20) == {-1}
    stage.show((LEFT, 0.5), (RIGHT, 0.75))
    stage.wait_for_yaw(1)
    result = stage.ros.set_parameters(primary='youngest')
    assert not result.successful and 'largest' in result.reason
    assert stage.ros.set_parameters(primary='longest_tracked').successful
    stage.yaws()
    # Whoever of the two has the lower number keeps it whatever their sizes.
    (before,) = stage.yaws()
    stage.show((LEFT, 0.75), (RIGHT, 0.5))
    assert stage.yaws(20) == {before}


def test_markers_come_with_the_faces_and_go_with_them(stage):
    arrays = stage.ros.collect(MarkerArray, 'head_pose/markers')
    stage.show((LEFT, 0.5), (RIGHT, 0.75))

    def shown():
        return {(m.ns, m.id) for m in arrays[-1].markers if m.action == Marker.ADD}

    stage.wait(lambda: arrays and len(shown()) == 4, 'two arrows and two texts')
    numbers = {number for _, number in shown()}
    assert len(numbers) == 2
    for marker in arrays[-1].markers:
        assert marker.header.frame_id == 'test_optical_frame'
        assert marker.lifetime.sec + marker.lifetime.nanosec > 0
        if marker.type == Marker.TEXT_VIEW_FACING:
            assert marker.text.startswith(f'f{marker.id}\n')
        else:
            start, tip = ([p.x, p.y, p.z] for p in marker.points)
            away = np.subtract(tip, start)
            assert away[2] < 0 and abs(away[0]) > 0.05  # to the camera, and aside
            assert 0.2 < start[2] < 1.5
    by_side = sorted(
        (m.points[0].x, m.points[1].x - m.points[0].x)
        for m in arrays[-1].markers if m.type == Marker.ARROW
    )
    # The left one in the image looks to the image's right, and the other way round.
    assert by_side[0][0] < 0 < by_side[1][0]
    assert by_side[0][1] > 0 > by_side[1][1]

    stage.show((LEFT, 0.5))
    stage.wait(lambda: len(shown()) == 2, 'one person')
    stage.wait(
        lambda: {m.id for a in arrays for m in a.markers if m.action == Marker.DELETE}
        == numbers - {n for _, n in shown()},
        'the other one deleted',
    )
    assert stage.ros.change_state('deactivate')
    stage.ros.spin_until(
        lambda: any(m.action == Marker.DELETEALL for m in arrays[-1].markers), 'all deleted'
    )


def test_drawing_changes_while_it_runs(stage):
    annotated = stage.ros.collect(Image, 'head_pose/annotated_image')
    compressed = stage.ros.collect(CompressedImage, 'head_pose/annotated_image/compressed')
    stage.show((LEFT, 0.5), (RIGHT, 0.75))

    def changed():
        """Share of the pixels that something is drawn on, once all is settled."""
        annotated.clear()
        stage.wait(lambda: len(annotated) >= 4, 'annotated images')
        drawn = np.frombuffer(annotated[-1].data, np.uint8).reshape(stage.picture.shape)
        return (drawn != stage.picture).any(axis=2).mean()

    stage.wait(lambda: stage.counts and stage.counts[-1].data == 2, 'two people')
    default = changed()
    assert stage.ros.set_parameters(draw_mesh=True).successful
    assert changed() > 1.5 * default
    off = dict.fromkeys(('draw_mesh', 'draw_ids', 'draw_angles', 'draw_axes'), False)
    assert stage.ros.set_parameters(**off).successful
    assert changed() < 0.8 * default
    stage.wait(lambda: compressed, 'a compressed image')
    assert compressed[-1].format == 'bgr8; jpeg compressed bgr8'
    coarse = len(compressed[-1].data)
    assert stage.ros.set_parameters(jpeg_quality=100).successful
    compressed.clear()
    stage.wait(lambda: len(compressed) >= 3, 'compressed images')
    assert len(compressed[-1].data) > 1.5 * coarse


def test_parameters_change_all_or_none_and_with_a_reason(stage):
    stage.show((LEFT, 0.5), (RIGHT, 0.75))
    stage.wait(lambda: stage.poses, 'a pose')
    set_parameters = stage.ros.set_parameters
    for values, reason in (
        ({'max_std': 0.1, 'primary': 'loudest'}, 'loudest'),
        ({'max_std': 0.1, 'min_detection_confidence': 1.5}, 'min_detection_confidence'),
        ({'max_std': 0.1, 'neutral_rpy': [0.0, 0.0]}, 'three numbers'),
        ({'max_std': 0.1, 'neutral_rpy': [0.0, 0.0, float('nan')]}, 'three numbers'),
        ({'max_std': 0.1, 'head_width': float('nan')}, 'head_width'),
        ({'max_std': 0.1, 'detector': 'face_landmarker'}, 'read-only'),
        ({'max_std': 0.1, 'max_faces': 2}, 'read-only'),
        ({'max_std': 'much'}, "max_std is 'much'; expected a number from 0.0 to 180.0"),
        ({'smoothing_beta': -1.0}, 'smoothing_beta'),
    ):
        result = set_parameters(**values)
        assert not result.successful
        assert reason in result.reason, result.reason
    # With max_std of 0.1 nobody would be left.
    assert len(stage.yaws()) == 1
    assert set_parameters(
        min_detection_confidence=0.7, min_tracking_confidence=0.6, smoothing_min_cutoff=0.0
    ).successful
    assert len(stage.yaws()) == 1
    assert set_parameters(max_std=0.1).successful
    stage.counts.clear()
    stage.wait(lambda: stage.counts and stage.counts[-1].data == 0, 'nobody sure enough')
    assert set_parameters(max_std=60.0).successful
    stage.wait(lambda: stage.counts[-1].data == 2, 'two people again')


@pytest.mark.parametrize('transport, image', [
    ('compressed', '/front/image_raw'),
    ('compressed', '/front/image_raw/compressed'),
    ('raw', '/front/image_raw/compressed'),
])
def test_compressed_images_are_read_by_parameter_or_name(ros, small_head, transport, image):
    from headpose_ros.ros.output.messages import write_compressed

    ros.start(
        'headpose_node', '--ros-args', '-p', f'image_transport:={transport}',
        '-r', f'image:={image}',
    )
    publisher = ros.image_publisher('/front/image_raw/compressed', kind=CompressedImage)
    poses = ros.collect(Vector3Stamped, 'head_pose')
    bgr = small_head.render(rotation_from_rpy(LEFT))
    header = ros.image(bgr).header
    ros.spin_until(
        lambda: poses, 'a pose', lambda: publisher.publish(write_compressed(bgr, header, 90))
    )
    assert poses[-1].header == header
    assert poses[-1].vector.z > 0.2
