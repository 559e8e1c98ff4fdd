# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The command line and the node print the same numbers on the same frames."""

import numpy as np
import pytest
from files_made import HeadPose, angles, image_bag
from geometry_msgs.msg import Vector3Stamped
from std_msgs.msg import Int32
from visualization_msgs.msg import Marker, MarkerArray

from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation
from headpose_ros.rotation import rotation_from_rpy

FRAMES = 30


@pytest.fixture(scope='module')
def frames():
    """Two people who move, who are away for a second in between; and their stamps."""
    head = RenderedHead(320, 480, focal_length=480)
    still = head.render(rotation_from_rpy(np.radians([0.0, 0.0, -25.0])), (0, 0, 0.7))
    images = [
        np.hstack([head.render(sample_rotation(i / 30.0), (0, 0, 0.5)), still])
        for i in range(FRAMES)
    ]
    stamps = [1_700_000_000.0 + i / 30.0 + (i >= FRAMES // 2) for i in range(FRAMES)]
    return images, stamps


@pytest.fixture
def told_by_node(ros, frames):
    """Angles in degrees and track IDs of the people by stamp, as the node publishes them."""
    counts = ros.collect(Int32, 'head_pose/face_count')
    poses = ros.collect(Vector3Stamped, 'head_pose')
    arrays = ros.collect(MarkerArray, 'head_pose/markers')
    ros.start('headpose_node', '--ros-args', '-p', 'max_faces:=2', '-p', 'autostart:=false')
    # By then it knows who listens.
    assert ros.change_state('configure') and ros.change_state('activate')
    publisher = ros.image_publisher()
    ros.connect(publisher)
    for i, (image, stamp) in enumerate(zip(*frames, strict=True), 1):
        publisher.publish(ros.image(image, stamp))
        ros.spin_until(lambda i=i: len(counts) == i, f'the answer to image {i}')
    ros.spin_until(lambda: len(arrays) == FRAMES, 'all markers')
    return (
        {_stamp(p): np.degrees([p.vector.x, p.vector.y, p.vector.z]) for p in poses},
        {
            _stamp(markers[0]): {m.text.split()[0] for m in markers if m.text}
            for array in arrays
            if (markers := [m for m in array.markers if m.action == Marker.ADD])
        },
    )


def _stamp(message):
    stamp = message.header.stamp
    return round(stamp.sec + stamp.nanosec * 1e-9, 6)


def test_angles_and_numbers_are_those_of_the_node(told_by_node, frames, tmp_path, capfd):
    poses, numbers = told_by_node
    assert len(poses) > 0.8 * FRAMES and len(set().union(*numbers.values())) == 4
    headpose = HeadPose(capfd)
    for storage in ('mcap', 'db3'):
        bag = image_bag(tmp_path / storage, *frames[:1], storage, frames[1])
        rows = headpose.rows('bag', bag, '--max-faces', 2)
        primary = [row for row in rows if row['primary'] == '1']
        assert [float(row['stamp']) for row in primary] == sorted(poses)
        # What is printed has four digits.
        np.testing.assert_allclose(
            angles(primary), [poses[stamp] for stamp in sorted(poses)], atol=6e-5
        )
        told = {}
        for row in rows:
            told.setdefault(float(row['stamp']), set()).add(row['id'])
        assert told == numbers
