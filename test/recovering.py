# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A node in a process of its own that odd things happen to, and how it is afterwards."""

import signal
import time
from collections import Counter
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import psutil
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Vector3Stamped
from std_msgs.msg import Int32

NAME = 'headpose_node'

# Seconds in which the answer to an image comes, on a busy machine too.
PATIENCE = 10.0

# Bytes that a process may grow by. Its memory swings by 15 MB as the size of the images changes;
# some tens of images of 640x480, 0.9 MB each, that are kept are more than that.
GROWTH = 20e6

# Threads and files that may come late, not one for each repetition.
LATECOMERS = 2


class Footprint(NamedTuple):
    """What a process holds: bytes, and numbers of threads and of open files."""

    memory: int
    threads: int
    files: int


def footprint(process):
    """What a ``ros_side.Process`` holds."""
    inside = psutil.Process(process.pid)
    with inside.oneshot():
        return Footprint(inside.memory_info().rss, inside.num_threads(), inside.num_fds())


class RecoveringNode:
    """A node that runs, its camera, and its poses.

    :param ros: the test's end of the topics.
    :param bgr: an image with a face in it.
    :param arguments: of the process.
    """

    def __init__(self, ros, bgr, *arguments):
        self.ros = ros
        self.bgr = bgr
        self.process = ros.start(NAME, *arguments)
        self.camera = ros.image_publisher()
        self.poses = ros.collect(Vector3Stamped, 'head_pose')
        self.face_counts = ros.collect(Int32, 'head_pose/face_count')
        self._diagnostics = ros.collect(DiagnosticArray, '/diagnostics')
        self._figures = Counter()
        ros.connect(self.camera)
        self.first_pose()

    def first_pose(self):
        """A pose of images that are sent until the two ends have found each other."""
        known = len(self.poses)
        self.ros.spin_until(
            lambda: len(self.poses) > known,
            'a first pose',
            lambda: self.camera.publish(self.ros.image(self.bgr)),
        )
        self.pause(0.2)

    def next_pose(self, message=None):
        """The pose of one image, which is sent once; as a rule a good one of now."""
        message = message or self.ros.image(self.bgr)
        self.poses.clear()
        self.face_counts.clear()
        self.camera.publish(message)
        end = time.monotonic() + PATIENCE
        # The count comes on a topic of its own, as a rule before the pose.
        while not self.face_counts or not any(p.header == message.header for p in self.poses):
            assert time.monotonic() < end, f'no pose of a good image:\n{self.process.output}'
            self.ros.executor.spin_once(timeout_sec=0.01)
        pose = next(pose for pose in self.poses if pose.header == message.header)
        assert np.isfinite([pose.vector.x, pose.vector.y, pose.vector.z]).all()
        return pose

    def work_on(self, message):
        """Send an image until the node has worked on one; its faces are counted then."""
        self.face_counts.clear()
        self.ros.spin_until(
            lambda: self.face_counts,
            'a count of faces',
            lambda: self.camera.publish(message),
            period=PATIENCE / 3,
        )
        return self.face_counts[-1].data

    def pause(self, seconds):
        """Let time pass."""
        end = time.monotonic() + seconds
        self.ros.spin_until(lambda: time.monotonic() >= end, 'the time')

    def growth_of(self, figure):
        """By how much a figure of the diagnostics has grown since the last call."""
        self._diagnostics.clear()
        self.ros.spin_until(lambda: self._diagnostics, 'diagnostics')
        values = {value.key: value.value for value in self._diagnostics[-1].status[0].values}
        before, self._figures[figure] = self._figures[figure], int(values[figure])
        return self._figures[figure] - before

    def endpoints(self):
        """How many publishers and subscriptions the node has on each topic."""
        node = self.ros.node
        topics = [name for name, _ in node.get_topic_names_and_types()]
        looks = (node.get_publishers_info_by_topic, node.get_subscriptions_info_by_topic)
        return Counter(
            (look.__name__, topic)
            for look in looks
            for topic in topics
            for end in look(topic)
            if (end.node_namespace, end.node_name) == ('/', NAME)
        )

    @contextmanager
    def recovery(self):
        """What happens inside leaves nothing behind, and the next good image gives a pose."""
        self.next_pose()
        endpoints, before = self.endpoints(), footprint(self.process)
        yield
        self.next_pose()
        after = footprint(self.process)
        assert after.memory < before.memory + GROWTH, (before, after)
        assert after.threads <= before.threads + LATECOMERS, (before, after)
        assert after.files <= before.files + LATECOMERS, (before, after)
        assert self.endpoints() == endpoints

    def recovers_from(self, happening, times):
        """Let something happen again and again; after each time a good image gives a pose."""
        for _ in range(2):  # until all buffers and threads are there that it needs
            happening()
            self.next_pose()
        with self.recovery():
            for _ in range(times):
                happening()
                self.next_pose()

    def end(self):
        """Ctrl-C ends it cleanly."""
        self.process.signal(signal.SIGINT)
        assert self.process.exit_code() == 0, self.process.output
        assert 'Traceback' not in self.process.output
