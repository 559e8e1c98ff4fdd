# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Messages as no camera should send them: random mutations of good ones, 20 000 and more.

The node runs in the test's process, and its callbacks get the messages as rclpy gives them. A
crash ends the test run, a hang too, with the place where it hangs, and whatever the node publishes
must be made of finite numbers and unit quaternions.
"""

import copy
import faulthandler
import os
import time
from collections import Counter

import cv2
import numpy as np
import pytest
from geometry_msgs.msg import (
    PoseWithCovarianceStamped,
    Quaternion,
    QuaternionStamped,
    Vector3Stamped,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from image_messages import message as raw_message
from image_messages import samples
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Int32
from threadpoolctl import threadpool_limits
from visualization_msgs.msg import MarkerArray

from headpose_ros.images.raw import SUPPORTED_ENCODINGS
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.ros.headpose_node import HeadPoseNode
from headpose_ros.ros.output.messages import camera_info_message, write_compressed
from headpose_ros.rotation import rotation_from_rpy

pytestmark = pytest.mark.slow

EXAMPLES = 1005  # of each transport
MESSAGES = 10  # of each example
HANG = 60.0  # seconds for one message, after which the test run is ended
SLOW = 10.0  # seconds for one message: a thousand times what a face takes, on a busy machine

OUTPUTS = {
    Vector3Stamped: 'head_pose',
    QuaternionStamped: 'head_pose/orientation',
    PoseWithCovarianceStamped: 'head_pose/pose',
    Int32: 'head_pose/face_count',
    MarkerArray: 'head_pose/markers',
    Image: 'head_pose/annotated_image',
    CompressedImage: 'head_pose/annotated_image/compressed',
}
RECOVERY = 60  # images, two seconds where the stamps stand still
MANY = 60  # messages of each of them, at the least, that must come of the mutations

UINT32 = st.sampled_from([0, 1, 2, 3, 7, 63, 64, 128, 1000, 2**16, 2**31, 2**32 - 1])
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, np.nan, np.inf, -np.inf, 64.0, 100.0])
ENCODINGS = st.one_of(
    st.sampled_from([*SUPPORTED_ENCODINGS, '32FC1', '64FC3', '', 'BGR8', 'bgr8 ', 'bayer_xyzw8']),
    st.text(max_size=12),
)
FORMATS = st.one_of(
    st.sampled_from(['jpeg', 'png', 'bgr8; jpeg compressed bgr8', '32FC1; compressedDepth']),
    st.text(max_size=12),
)
STAMPS = st.tuples(
    st.sampled_from([-(2**31), -1, 0, 1, 100, 2**31 - 1]),
    st.sampled_from([0, 1, 10**9, 2**32 - 1]),
)

# What happens to the bytes of an image. Most of it leaves none, which costs little time; a search
# for a face in what is left costs ten milliseconds.
DAMAGE = st.one_of(
    st.tuples(st.just('cut'), st.floats(0, 0.99)),
    st.tuples(st.just('cut'), st.floats(0.99, 1)),
    st.tuples(st.just('splice'), st.floats(0, 1)),
    st.tuples(st.just('empty'), st.just(0)),
    st.tuples(st.just('cut'), st.floats(0, 0.99)),
    st.tuples(st.just('extend'), st.integers(1, 100_000)),
    st.tuples(st.just('noise'), st.just(0)),
    st.tuples(st.just('flip'), st.integers(1, 200)),
)
HEADER = {'stamp': STAMPS, 'frame_id': st.text(max_size=9)}

# Messages with some fields of other values, and damage to the data.
RAW = st.fixed_dictionaries({}, optional={
    'width': UINT32, 'height': UINT32, 'step': UINT32, 'encoding': ENCODINGS,
    'is_bigendian': st.integers(0, 255), 'data': DAMAGE, **HEADER,
}).filter(bool)
COMPRESSED = st.fixed_dictionaries({'data': DAMAGE}, optional={'format': FORMATS, **HEADER})
INFO = st.fixed_dictionaries({}, optional={
    'width': UINT32, 'height': UINT32, 'binning_x': UINT32,
    'distortion_model': st.sampled_from(['plumb_bob', 'equidistant', 'rational_polynomial', 'x']),
    'd': st.lists(NUMBERS, max_size=9), 'k': st.lists(NUMBERS, min_size=9, max_size=9),
})


class Target:
    """A node that is fed by hand, and all that it publishes, as it leaves the node."""

    def __init__(self, ros, transport, terminal):
        self.ros = ros
        self.terminal = terminal
        parameters = {'image_transport': transport, 'smoothing_min_cutoff': 0.0}
        self.node = HeadPoseNode(
            context=ros.context,
            parameter_overrides=[Parameter(name, value=v) for name, v in parameters.items()],
        )
        self.node.get_logger().set_level(50)  # of thousands of messages that are dropped
        ros.executor.add_node(self.node)
        # It makes only what somebody listens to.
        self.received = [ros.collect(kind, topic) for kind, topic in OUTPUTS.items()]
        ros.spin_until(lambda: self._callback('image') is not None, 'the start')
        outputs = [p for p in self.node.publishers if p.topic_name.startswith('/head_pose')]
        assert len(outputs) == len(self.received)
        ros.spin_until(lambda: all(p.get_subscription_count() for p in outputs), 'subscriptions')
        self.published = []
        for publisher in self.node.publishers:
            self._note_what_leaves(publisher)
        self.sent = 0
        self.slowest = 0.0  # seconds

    def _note_what_leaves(self, publisher):
        publish = publisher.publish

        def note(message):
            self.published.append(message)
            publish(message)

        publisher.publish = note

    def _callback(self, topic):
        names = {s.topic_name: s.callback for s in self.node.subscriptions}
        return next((call for name, call in names.items() if name.startswith(f'/{topic}')), None)

    def feed(self, message, info=None):
        faulthandler.dump_traceback_later(HANG, exit=True, file=self.terminal)
        start = time.monotonic()
        if info is not None:
            self._callback('camera_info')(info)
        self._callback('image')(message, {'publication_sequence_number': self.sent})
        self.slowest = max(self.slowest, time.monotonic() - start)
        faulthandler.cancel_dump_traceback_later()
        self.sent += 1

    def check(self):
        """Whatever was published must be finite and unit; how many messages of each type."""
        self.ros.executor.spin_once(timeout_sec=0)  # diagnostics and parameters go on too
        for messages in self.received:
            messages.clear()
        for message in self.published:
            for part in parts_of(message):
                check_numbers(part)
        counts = Counter(type(message) for message in self.published)
        self.published.clear()
        return counts

    def close(self):
        self.ros.executor.remove_node(self.node)
        self.node.destroy_node()


def parts_of(message):
    """A message and all messages in it."""
    yield message
    for name in message.get_fields_and_field_types():
        value = getattr(message, name)
        for each in value if isinstance(value, list) else [value]:
            if hasattr(each, 'get_fields_and_field_types'):
                yield from parts_of(each)


def check_numbers(part):
    kinds = part.get_fields_and_field_types()
    names = [name for name in kinds if kinds[name].startswith(('double', 'float'))]
    numbers = np.concatenate([np.ravel(getattr(part, name)) for name in names] or [[]])
    assert np.isfinite(numbers).all(), part
    if isinstance(part, Quaternion):
        assert np.linalg.norm(numbers) == pytest.approx(1, abs=1e-6), part


@pytest.fixture
def terminal(request):
    """File descriptor of the terminal, which pytest takes away from tests."""
    with request.config.pluginmanager.getplugin('capturemanager').global_and_fixture_disabled():
        number = os.dup(2)
    yield number
    os.close(number)


@pytest.fixture(scope='module')
def picture():
    """A small picture of a face."""
    head = RenderedHead(96, 96, focal_length=110)
    return head.render(rotation_from_rpy(np.radians([5, 5, 15])), (0, 0, 0.5))


def mutated(message, changes, rng):
    """A copy of a message with some changes."""
    message = copy.deepcopy(message)
    for name, value in changes.items():
        if name == 'stamp':
            message.header.stamp.sec, message.header.stamp.nanosec = value
        elif name == 'frame_id':
            message.header.frame_id = value
        elif name == 'data':
            data = damaged(np.frombuffer(message.data, np.uint8), *value, rng)
            message.data = type(message.data)('B', data.tobytes())
        else:
            setattr(message, name, value)
    return message


def damaged(data, what, amount, rng):
    if what == 'cut':
        return data[: int(amount * len(data))]
    if what == 'extend':
        return np.concatenate([data, rng.integers(0, 256, amount, np.uint8)])
    if what == 'splice':
        at = int(amount * len(data))
        return np.concatenate([data[at:], data[:at]])
    if what == 'noise':
        return rng.integers(0, 256, len(data), np.uint8)
    if what == 'empty':
        return data[:0]
    data = data.copy()
    places = rng.integers(0, max(1, len(data)), amount)
    data[places[places < len(data)]] = rng.integers(0, 256, 1, np.uint8)
    return data


def good_raw(ros, picture):
    """Good messages of the picture, one of each encoding."""
    header = ros.image(picture).header
    messages = [raw_message(samples(picture, name), name) for name in SUPPORTED_ENCODINGS]
    for message in messages:
        message.header = header
    return messages


def good_compressed(ros, picture):
    """The same, compressed."""
    header = ros.image(picture).header
    png = CompressedImage(header=header, format='png')
    png.data.frombytes(cv2.imencode('.png', picture)[1].tobytes())
    return [write_compressed(picture, header, 90), png]


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_mutated_messages_do_no_harm(ros, picture, terminal, transport):
    target = Target(ros, transport, terminal)
    is_raw = transport == 'raw'
    good = (good_raw if is_raw else good_compressed)(ros, picture)
    info = camera_info_message(
        good[0].header, 96, 96, np.array([[110.0, 0, 48], [0, 110, 48], [0, 0, 1]])
    )
    published, mutations = Counter(), 0

    @seed(20240229)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(RAW if is_raw else COMPRESSED, min_size=MESSAGES, max_size=MESSAGES), INFO,
        st.integers(0, 2**32 - 1),
    )
    def feed(changes, info_changes, number):
        nonlocal mutations
        rng = np.random.default_rng(number)
        odd = copy.deepcopy(info)
        for name, value in info_changes.items():
            setattr(odd, name, value)
        for i, each in enumerate(changes):
            message = mutated(good[rng.integers(len(good))], each, rng)
            target.feed(message, odd if i == 0 else None)
            mutations += 1
        published.update(target.check())

    try:
        start = time.monotonic()
        with threadpool_limits(limits=1, user_api='blas'):  # as in a process of the node
            feed()
        seconds = time.monotonic() - start
        print(f'{published}, {seconds:.0f} s, the slowest {target.slowest:.3f} s')
        assert mutations >= 10_000
        assert target.slowest < SLOW
        assert all(published[kind] > MANY for kind in OUTPUTS), published
        # The next good images give a pose, once the place where noise was no face has rested.
        for _ in range(RECOVERY):
            target.feed(good[0], info)
        assert target.check()[Vector3Stamped]
    finally:
        target.close()
