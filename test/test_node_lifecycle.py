# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The node as a lifecycle manager sees it."""

import signal
import time

import joblib
import numpy as np
import pytest
from geometry_msgs.msg import Vector3Stamped
from sensor_msgs.msg import Image
from sklearn.ensemble import ExtraTreesRegressor
from std_msgs.msg import Int32
from visualization_msgs.msg import MarkerArray

from headpose_ros.regression.features import FEATURE_SETS


@pytest.fixture
def bgr(rendered_head):
    return rendered_head.render(np.eye(3))


def test_it_activates_itself(ros):
    process = ros.start('headpose_node')
    process.wait_for('images from /image')
    assert ros.state() == 'active'


def test_a_manager_takes_over(ros, bgr):
    process = ros.start('headpose_node', '--ros-args', '-p', 'autostart:=false')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')

    def publish():
        publisher.publish(ros.image(bgr))

    assert ros.state() == 'unconfigured'
    assert ros.change_state('configure')
    assert ros.state() == 'inactive'
    assert publisher.get_subscription_count() == 0
    for _ in range(2):
        assert ros.change_state('activate')
        ros.spin_until(lambda: poses, 'a pose', publish)
        assert ros.change_state('deactivate')
        ros.spin_until(lambda: publisher.get_subscription_count() == 0, 'the end of listening')
        poses.clear()
    assert ros.change_state('cleanup')
    assert ros.state() == 'unconfigured'
    assert ros.change_state('configure') and ros.change_state('activate')
    ros.spin_until(lambda: poses, 'a pose', publish)
    assert ros.change_state('active_shutdown')
    assert ros.state() == 'finalized'
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0
    assert 'Traceback' not in process.output


def test_no_track_id_is_given_twice(ros, bgr):
    ros.start('headpose_node', '--ros-args', '-p', 'autostart:=false')
    publisher = ros.image_publisher()
    arrays = ros.collect(MarkerArray, 'head_pose/markers')

    def track_ids():
        return {m.text.split()[0] for array in arrays for m in array.markers if m.text}

    for i, transitions in enumerate(
        (['configure', 'activate'], ['deactivate', 'activate'],
         ['deactivate', 'cleanup', 'configure', 'activate']), 1
    ):
        assert all(map(ros.change_state, transitions))
        arrays.clear()
        ros.spin_until(track_ids, 'somebody', lambda: publisher.publish(ros.image(bgr)))
        assert track_ids() == {f'f{i}'}


def test_a_transition_that_cannot_be_is_refused_and_the_node_lives(ros, bgr):
    process = ros.start('headpose_node')
    process.wait_for('images from /image')
    for label in ('configure', 'activate', 'cleanup', 'unconfigured_shutdown'):
        assert not ros.change_state(label)
        assert ros.state() == 'active'
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.spin_until(lambda: poses, 'a pose', lambda: publisher.publish(ros.image(bgr)))


@pytest.mark.parametrize(
    ('parameter', 'told'),
    [
        ('model:=nowhere.npz', 'nowhere.npz: no such model file'),
        ('bundle:=nowhere.task', 'face_mesh takes none'),
    ],
)
def test_what_cannot_be_configured_fails_with_the_reason(ros, parameter, told):
    process = ros.start('headpose_node', '--ros-args', '-p', parameter)
    process.wait_for('configuration failed')
    assert told in process.output
    assert 'ros2 lifecycle set /headpose_node configure' in process.output
    assert ros.state() == 'unconfigured'
    assert not ros.change_state('configure')
    assert ros.state() == 'unconfigured'
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0
    assert 'Traceback' not in process.output


def test_what_was_missing_may_come(ros, bgr, tmp_path):
    from headpose_ros.regression.model_file import find_model

    path = tmp_path / 'late.npz'
    process = ros.start('headpose_node', '--ros-args', '-p', f'model:={path}')
    process.wait_for('configuration failed')
    path.write_bytes(find_model('face_mesh').read_bytes())
    assert ros.change_state('configure') and ros.change_state('activate')
    assert 'executes any code' not in process.output
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.spin_until(lambda: poses, 'a pose', lambda: publisher.publish(ros.image(bgr)))


def test_a_joblib_file_runs_with_warnings(ros, bgr, tmp_path):
    path = tmp_path / 'my.joblib'
    features = FEATURE_SETS['six'].length
    x, rotations = np.random.default_rng(0).normal(size=(20, features)), np.eye(3).reshape(1, 9)
    joblib.dump(ExtraTreesRegressor(3).fit(x, np.repeat(rotations, 20, axis=0)), path)
    process = ros.start('headpose_node', '--ros-args', '-p', f'model:={path}')
    process.wait_for('my.joblib: loading a joblib file executes any code')
    process.wait_for('ms per face; its errors are unknown, so a standard deviation of 10 degrees')
    assert 'UserWarning' not in process.output
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.spin_until(lambda: poses, 'a pose', lambda: publisher.publish(ros.image(bgr)))


def test_deactivated_it_costs_nothing_and_cleaned_up_it_is_small(ros, bgr):
    process = ros.start('headpose_node')
    publisher = ros.image_publisher()
    poses = ros.collect(Vector3Stamped, 'head_pose')

    def publish():
        publisher.publish(ros.image(bgr))

    def used(seconds=2.0):
        """Share of a core, while images go on coming."""
        before, end = process.seconds_used, time.monotonic() + seconds
        ros.spin_until(lambda: time.monotonic() > end, 'the time', publish)
        return (process.seconds_used - before) / seconds

    ros.spin_until(lambda: len(poses) > 20, 'poses', publish)
    busy = used()
    assert ros.change_state('deactivate')
    idle = used()
    print(f'share of a core: active {busy:.3f}, inactive {idle:.3f}')
    assert idle < 0.03 and idle < 0.2 * busy
    # The detector's graphs are some tens of megabytes, of which malloc keeps now more, now less;
    # freed and made anew they must not pile up.
    sizes = []
    for _ in range(8):
        assert ros.change_state('cleanup')
        assert ros.change_state('configure')
        sizes.append(process.memory / 1e6)
    print('MB', np.round(sizes))
    assert sizes[-1] < sizes[0] + 80


def test_lazy_it_listens_only_while_somebody_listens_to_it(ros, bgr):
    process = ros.start('headpose_node', '--ros-args', '-p', 'lazy:=true')
    process.wait_for('images from /image')
    publisher = ros.image_publisher()
    assert publisher.get_subscription_count() == 0
    for kind, topic in ((Vector3Stamped, 'head_pose'), (Image, 'head_pose/annotated_image'),
                        (Int32, 'head_pose/face_count')):
        messages = []
        subscription = ros.node.create_subscription(kind, topic, messages.append, 1)
        ros.spin_until(
            lambda messages=messages: messages, topic, lambda: publisher.publish(ros.image(bgr))
        )
        ros.node.destroy_subscription(subscription)
        ros.spin_until(lambda: publisher.get_subscription_count() == 0, 'the end of listening')
    assert ros.set_parameters(lazy=False).successful
    ros.connect(publisher)
    assert ros.set_parameters(lazy=True).successful
    ros.spin_until(lambda: publisher.get_subscription_count() == 0, 'the end of listening')
