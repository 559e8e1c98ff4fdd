# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs nodes on an image stream, in separate processes and in turns."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import rclpy
from geometry_msgs.msg import Vector3Stamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from benchmarks.frames import forth_and_back
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.ros.demo import NODE, START_TIMEOUT, Processes, node_command

NAMESPACE = '/headpose_benchmark'

TURN = 4.0  # seconds
SETTLE = 0.5  # seconds ignored at the start of a turn


@dataclass
class Tally:
    """Statistics of a node on a stream.

    :ivar published: frames sent by the camera.
    :ivar latencies: seconds from the stamp of a frame to its pose received.
    :ivar cpu: CPU seconds of the node process.
    :ivar seconds: measured time.
    """

    published: int = 0
    latencies: list[float] = field(default_factory=list)
    cpu: float = 0.0
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Frames without a pose."""
        return self.published - len(self.latencies)

    @property
    def rate(self) -> float:
        """Pose rate, Hz."""
        return len(self.latencies) / self.seconds

    @property
    def cpu_a_frame(self) -> float:
        """CPU per pose, milliseconds."""
        return 1e3 * self.cpu / max(len(self.latencies), 1)

    def latency(self, percent: float) -> float:
        """Percentile of the latency, milliseconds; NaN without poses."""
        return 1e3 * float(np.percentile(self.latencies, percent)) if self.latencies else np.nan


class Listener(Node):
    """Records sent frames and received poses, by stamp.

    :param names: namespaces of the nodes.
    :param annotated: namespace of the node whose annotated image is subscribed; ``None`` for none.
    """

    def __init__(self, names: list[str], annotated: str | None = None):
        super().__init__('benchmark_listener', namespace=NAMESPACE)
        self.turn = -1
        self.published: list[float] = []
        self.poses: dict[str, dict[float, float]] = {name: {} for name in names}
        qos = QoSProfile(depth=1000)
        self.create_subscription(Vector3Stamped, 'published', self._on_published, qos)
        for name in names:
            self.create_subscription(
                Vector3Stamped, f'{name}/head_pose', self._note_for(name), qos
            )
        if annotated is not None:
            self.create_subscription(
                Image, f'{annotated}/head_pose/annotated_image', lambda _: None,
                QoSProfile(depth=1),
            )

    def _on_published(self, message: Vector3Stamped) -> None:
        self.turn = int(message.header.frame_id)
        self.published.append(stamp_seconds(message.header))

    def _note_for(self, name: str):
        def note(message: Vector3Stamped) -> None:
            self.poses[name][stamp_seconds(message.header)] = time.time()

        return note


def headpose_command(name: str, **parameters) -> list[str]:
    """Command of the node of this package in a namespace of the benchmark."""
    return [*node_command(NODE, parameters), '-r', f'__ns:={NAMESPACE}/{name}']


def reference_command(name: str) -> list[str]:
    """Command of the baseline node."""
    return _own_command('reference_node', f'{NAMESPACE}/{name}')


def bare_command(name: str, file: Path) -> list[str]:
    """Command of the bare loop, which writes its frame rate to a file, one line per turn."""
    return _own_command('bare_loop', f'{NAMESPACE}/{name}', file=file)


def camera_command(file: Path, names: list[str], rate: float, turn: float) -> list[str]:
    """Command of the camera that sends the frames of a file to nodes, in turns."""
    topics = [f'{name}/image' for name in names]
    return _own_command('camera', NAMESPACE, frames=file, topics=topics, rate=rate, turn=turn)


def _own_command(module: str, namespace: str, **parameters) -> list[str]:
    _, _, _, _, *arguments = node_command(NODE, parameters)  # without python -m module node
    start = [sys.executable, '-m', f'benchmarks.{module}']
    return [*start, *arguments, '-r', f'__ns:={namespace}']


def measure(
    nodes: dict[str, list[str]],
    frames: list[np.ndarray],
    rate: float,
    turns: int,
    annotated: str | None = None,
    together: bool = False,
) -> dict[str, Tally]:
    """Run nodes on a stream, in turns.

    :param nodes: command of each by name, which is its namespace.
    :param frames: ``uint8`` (H, W, 3) BGR.
    :param rate: of the camera, Hz.
    :param turns: of each node.
    :param annotated: name of the node whose annotated image is subscribed.
    :param together: all at once instead, each with its own camera.
    :raises headpose_ros.errors.ProcessEndedError: a process ended unexpectedly.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'frames.npy'
        np.save(file, np.array(forth_and_back(frames)))
        with streaming(nodes, file, rate, together, annotated) as (listener, processes):
            spin_until(listener, lambda: all(listener.poses.values()), processes)
            if together:
                return _measure_together(listener, processes, turns * TURN)
            return _measure_in_turns(listener, processes, turns)


@contextmanager
def streaming(
    nodes: dict[str, list[str]],
    frames: Path,
    rate: float = 30.0,
    together: bool = True,
    annotated: str | None = None,
) -> Iterator[tuple[Listener, Processes]]:
    """Running nodes, cameras and subscribers, for the duration of a ``with`` block.

    The parameters are those of ``measure``, but for the frames, which are a file (``.npy``).
    """
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    names = list(nodes)
    turn, groups = (0.0, [[name] for name in names]) if together else (TURN, [names])
    cameras = {
        f'camera {i}': camera_command(frames, group, rate, turn) for i, group in enumerate(groups)
    }
    with Processes(nodes | cameras) as processes:
        rclpy.init()
        listener = Listener(names, annotated)
        try:
            yield listener, processes
        finally:
            listener.destroy_node()
            rclpy.try_shutdown()


def _measure_in_turns(
    listener: Listener, processes: Processes, turns: int
) -> dict[str, Tally]:
    names = list(listener.poses)
    tallies = {name: Tally() for name in names}
    _spin_to_next_turn(listener, processes)
    for _ in range(turns * len(names)):
        turn = listener.turn
        name = names[turn % len(names)]
        spin_for(listener, SETTLE)
        _clear(listener)
        process = psutil.Process(processes.running[name].pid)
        cpu = _cpu(process)
        _spin_to_next_turn(listener, processes)
        # The first frame of the next turn belongs to another node.
        tally, poses = tallies[name], listener.poses[name]
        published = listener.published[:-1]
        tally.published += len(published)
        tally.latencies += [poses[stamp] - stamp for stamp in published if stamp in poses]
        tally.cpu += _cpu(process) - cpu
        tally.seconds += published[-1] - published[0]
    return tallies


def _measure_together(
    listener: Listener, processes: Processes, seconds: float
) -> dict[str, Tally]:
    spin_for(listener, SETTLE)
    _clear(listener)
    psutils = {name: psutil.Process(processes.running[name].pid) for name in listener.poses}
    cpus, start = {name: _cpu(process) for name, process in psutils.items()}, time.monotonic()
    spin_for(listener, seconds)
    processes.check()
    return {
        name: Tally(
            published=len(listener.published) // len(psutils),
            latencies=[came - stamp for stamp, came in listener.poses[name].items()],
            cpu=_cpu(process) - cpus[name],
            seconds=time.monotonic() - start,
        )
        for name, process in psutils.items()
    }


def spin_until(
    listener: Listener, is_done: Callable[[], bool], processes: Processes | None = None
) -> None:
    """Spin until a condition is met.

    :raises headpose_ros.errors.ProcessEndedError: a process ended unexpectedly.
    :raises TimeoutError: it is not met in time.
    """
    end = time.monotonic() + START_TIMEOUT
    while not is_done():
        rclpy.spin_once(listener, timeout_sec=0.1)
        if processes is not None:
            processes.check()
        if time.monotonic() > end:
            raise TimeoutError(f'timeout after {START_TIMEOUT:.0f} s')


def _spin_to_next_turn(listener: Listener, processes: Processes) -> None:
    turn = listener.turn
    spin_until(listener, lambda: listener.turn > turn, processes)


def spin_for(listener: Listener, seconds: float) -> None:
    """Spin for a while."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0.0:
        rclpy.spin_once(listener, timeout_sec=left)


def _clear(listener: Listener) -> None:
    listener.published.clear()
    for poses in listener.poses.values():
        poses.clear()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
