# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Large images over Fast DDS: what the profile needs, where it is used, what the log advises."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rclpy.qos import ReliabilityPolicy
from ros_side import LIMIT
from sensor_msgs.msg import Image
from std_msgs.msg import Empty

from headpose_ros.ros.rclpy_extras.transport import (
    NO_PROFILE,
    PACKETS,
    PROFILE_VARIABLES,
    RANGE_VARIABLE,
    SEPARATE,
    SWITCH,
    TRANSPORTS_VARIABLE,
    cure_of_loss,
    large_image_environment,
)

ROOT = Path(__file__).resolve().parents[1]
PROFILE = ROOT / 'config' / 'fastdds_large_images.xml'
SEGMENT = re.compile(r'(?<=<segment_size>)\d+')
SHIPPED = int(SEGMENT.search(PROFILE.read_text())[0])  # bytes

# Sends a bgr8 image of a size, best effort, each time it is asked to, once somebody listens.
CAMERA = '''
import sys, array, rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Empty
width, height = map(int, sys.argv[1:])
rclpy.init()
node = rclpy.create_node('camera')
quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
publisher = node.create_publisher(Image, 'image', quality)
message = Image(width=width, height=height, step=3 * width, encoding='bgr8')
message.data = array.array('B', bytes(message.step * height))
try:
    while not publisher.get_subscription_count():
        rclpy.spin_once(node, timeout_sec=0.05)
    node.create_subscription(Empty, 'next', lambda _: publisher.publish(message), 1)
    rclpy.spin(node)
except ExternalShutdownException:
    pass
'''

# Ends when it has images of so many frames.
RECEIVER = '''
import sys, rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
rclpy.init()
node, frames = rclpy.create_node('receiver'), set()
node.create_subscription(
    Image, 'image', lambda message: frames.add(message.header.frame_id), qos_profile_sensor_data
)
while len(frames) < int(sys.argv[1]):
    rclpy.spin_once(node)
print('received images of', len(frames), flush=True)
'''


def start_camera(ros, size, environment, prefix=()):
    return ros.run(
        *prefix, sys.executable, '-c', CAMERA, *map(str, size), environment=environment
    )


@pytest.fixture
def profile(tmp_path):
    """Makes the environment of a process with a segment of some bytes."""

    def make(segment):
        path = tmp_path / f'{segment}.xml'
        path.write_text(SEGMENT.sub(str(int(segment)), PROFILE.read_text()))
        return dict.fromkeys(PROFILE_VARIABLES, str(path))

    return make


@pytest.mark.parametrize('size', [(640, 480), (1280, 720), (1920, 1080)], ids=str)
def test_a_segment_that_holds_an_image_loses_none(ros, profile, size):
    image = 3 * size[0] * size[1]  # bytes
    images = ros.collect(Image, 'image', ReliabilityPolicy.BEST_EFFORT)
    ask = ros.image_publisher('next', kind=Empty)

    def arrived(segment, count, wait):
        camera = start_camera(ros, size, profile(segment))
        ros.connect(ask)
        ros.spin_until(lambda: ros.node.count_publishers('image'), 'the camera')
        before = len(images)
        for _ in range(count):
            number, end = len(images), time.monotonic() + wait
            ask.publish(Empty())
            ros.spin_until(lambda n=number, e=end: len(images) > n or time.monotonic() > e, '')
        camera.stop()
        ros.spin_until(lambda: not ros.node.count_publishers('image'), 'its end')
        return len(images) - before

    for segment in 1.05 * image, SHIPPED:
        assert arrived(segment, 10, LIMIT) == 10
    lossy = {segment: arrived(segment, 10, 1.0) for segment in (2**19, 0.95 * image)}
    for segment, number in lossy.items():
        print(f'{size}: of 10 images {number} arrive through {segment / image:.2f} of one')
    assert lossy[2**19] < 10


@pytest.mark.parametrize('variable', [*PROFILE_VARIABLES, TRANSPORTS_VARIABLE, SWITCH])
def test_what_the_user_has_set_is_left_alone(variable):
    assert set(large_image_environment({})) == set(PROFILE_VARIABLES)
    assert large_image_environment({variable: '0'}) == {}


def test_a_profile_in_the_folder_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'DEFAULT_FASTRTPS_PROFILES.xml').write_text(PROFILE.read_text())
    assert large_image_environment({}) == {}


def private_memory(size):
    """Words before a command that give it a ``/dev/shm`` of its own, as in a container."""
    script = f'mount -t tmpfs -o size={size} tmpfs /dev/shm && exec "$@"'
    prefix = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh']
    try:
        subprocess.run([*prefix, 'true'], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip('needs a mount namespace (unshare --user --mount), which is not allowed here')
    return prefix


def test_a_small_shared_memory_is_shared_out_and_images_arrive(ros):
    # 130 MB: the first camera leaves less free than the others want to see.
    cameras = ''.join(
        f'"$1" -m headpose_ros.ros camera_node --ros-args -r __node:=c{n} -p frame_id:=c{n} & '
        for n in range(3)
    )
    # All of them end with the shell, which has a process group of its own.
    script = f'trap "trap - TERM; kill 0" TERM; {cameras} "$@" & wait'
    process = ros.run(
        'setsid', *private_memory('130m'),
        'sh', '-c', script, 'sh', sys.executable, '-c', RECEIVER, '3',
    )
    process.wait_for('received images of 3')
    assert 'rror' not in process.output


def test_images_arrive_by_udp_where_the_user_wants_that(ros):
    # With LOCALHOST they would go through shared memory all the same.
    words = [
        *private_memory('64m'), 'env', f'{TRANSPORTS_VARIABLE}=UDPv4', f'{RANGE_VARIABLE}=SUBNET',
        'ROS_STATIC_PEERS=127.0.0.1', sys.executable,
    ]
    size = ['-p', 'width:=160', '-p', 'height:=120']
    ros.run(*words, '-m', 'headpose_ros.ros', 'camera_node', '--ros-args', *size)
    ros.run(*words, '-c', RECEIVER, '1').wait_for('received images of 1')


@pytest.mark.parametrize('variables, cure', [
    ({}, 'if images exceed 30 MB'), ({SWITCH: '0'}, NO_PROFILE),
])
def test_the_cure_fits_what_the_camera_has(ros, variables, cure):
    ros.collect(Image, 'image', ReliabilityPolicy.BEST_EFFORT)
    ros.run(
        sys.executable, '-m', 'headpose_ros.ros', 'camera_node', environment=variables
    )
    ros.spin_until(lambda: cure in cure_of_loss(ros.node, 'image', False), cure)


def test_without_a_camera_there_is_a_cure_too(ros):
    ros.collect(Image, 'image', ReliabilityPolicy.BEST_EFFORT)
    assert cure_of_loss(ros.node, 'image', False) == NO_PROFILE


@pytest.mark.parametrize('is_silent, cure', [(True, SEPARATE), (False, PACKETS)])
def test_the_cure_knows_a_camera_with_shared_memory_of_its_own(ros, is_silent, cure):
    ros.collect(Image, 'image', ReliabilityPolicy.BEST_EFFORT)
    start_camera(ros, (64, 48), {}, private_memory('64m'))
    ros.spin_until(lambda: cure == cure_of_loss(ros.node, 'image', is_silent), cure)


def test_the_node_tells_of_it(ros):
    node = ros.start('headpose_node')
    start_camera(ros, (64, 48), {}, private_memory('64m'))
    node.wait_for(f'1 publisher, but no messages received; if the camera is sending, {SEPARATE}')
