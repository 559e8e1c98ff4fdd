# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Memory, latency and rate of the node in a long run.

Camera and node run as two processes, and everything that the node publishes is subscribed.
Writes ``soak.csv`` and ``soak.png``; ends with exit code 1 when the memory of the node grows, when
a process ends, or when poses stop coming.
"""

import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import rclpy
from geometry_msgs.msg import PoseWithCovarianceStamped, QuaternionStamped, Vector3Stamped
from matplotlib.figure import Figure
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Int32
from typer import Option
from visualization_msgs.msg import MarkerArray

from benchmarks.errors import BenchmarkError
from headpose_ros.errors import ProcessEndedError
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.media.sources import SAMPLE
from headpose_ros.ros.demo import NODE, START_TIMEOUT, Processes, camera_and_node

PERIOD = 1.0  # seconds between two samples
WARM_UP = 60.0  # seconds in which memory may grow: networks and pools are allocated on use
MAX_GROWTH = 5.0  # MB after the warm-up

# Seconds after the warm-up and before the end over which memory is compared: medians, as malloc
# releases and reallocates memory from second to second; short, so that a steady leak counts almost
# fully (98 % in ten minutes).
ENDS = 10.0

SILENCE = 30.0  # seconds without a pose after which the run fails

OTHERS = {
    'head_pose/orientation': QuaternionStamped,
    'head_pose/pose': PoseWithCovarianceStamped,
    'head_pose/face_count': Int32,
    'head_pose/markers': MarkerArray,
    'head_pose/annotated_image': Image,
    'head_pose/annotated_image/compressed': CompressedImage,
}


@dataclass(frozen=True)
class Sample:
    """One second of a soak.

    :ivar seconds: since the first pose.
    :ivar memory: of the node, resident, MB.
    :ivar rate: of the poses, Hz.
    :ivar latency_p50: from the stamp of the image to the pose received, ms.
    :ivar latency_p95: the same, 95th percentile.
    :ivar cpu: of the node, percent of one core.
    """

    seconds: float
    memory: float
    rate: float
    latency_p50: float
    latency_p95: float
    cpu: float


class Listener(Node):
    """Subscribes to everything, and records the latencies of poses."""

    def __init__(self) -> None:
        super().__init__('headpose_soak')
        self.latencies: list[float] = []
        self.create_subscription(Vector3Stamped, 'head_pose', self._on_pose, QoSProfile(depth=10))
        for topic, kind in OTHERS.items():
            self.create_subscription(kind, topic, lambda _: None, QoSProfile(depth=10))

    def _on_pose(self, message: Vector3Stamped) -> None:
        now = self.get_clock().now().nanoseconds * 1e-9
        self.latencies.append(now - stamp_seconds(message.header))


def run(
    minutes: Annotated[float, Option(help='How long.')] = 10.0,
    source: Annotated[
        str, Option(help='Source of camera_node: webcam, video, images, or the built-in head.')
    ] = SAMPLE,
    out: Annotated[Path, Option(help='Output folder.')] = Path('soak'),
) -> None:
    """Run for a long time; raises ``BenchmarkError`` on a problem."""
    out.mkdir(parents=True, exist_ok=True)
    samples: list[Sample] = []
    problem = ''
    listener = None
    print(f'running for {minutes:g} min; the node takes some seconds to start')
    try:
        with camera_and_node(source, max_faces=2) as processes:
            rclpy.init()
            listener = Listener()
            soaking = _samples(listener, processes, 60.0 * minutes)
            for sample in _written(soaking, out / 'soak.csv'):
                samples.append(sample)
                _print_line(sample)
    except (KeyboardInterrupt, ExternalShutdownException):
        print('\nstopped')
    except (BenchmarkError, ProcessEndedError) as error:
        problem = str(error)
    finally:
        if listener is not None:
            listener.destroy_node()
        rclpy.try_shutdown()
    if samples:
        plot(samples, out / 'soak.png')
        _print_summary(samples, out)
    if problem := problem or complaint(samples):
        raise BenchmarkError(problem)


def complaint(samples: list[Sample]) -> str:
    """Problem of a run, in one sentence; empty if none."""
    if not samples:
        return 'stopped before the first measurement'
    if not any(s.rate for s in samples):
        return 'no poses received; does the source show a face?'
    grown = growth(samples)
    if grown is not None and grown >= MAX_GROWTH:
        return f'memory grew by {grown:.1f} MB, limit {MAX_GROWTH:.0f} MB'
    return ''


def growth(samples: list[Sample]) -> float | None:
    """Memory growth after the warm-up, MB; ``None`` if the run was too short.

    The difference of the medians of the last ``ENDS`` seconds and of those after the warm-up.
    """
    settled = [s for s in samples if s.seconds >= WARM_UP]
    if not settled or settled[-1].seconds - WARM_UP < 2 * ENDS:
        return None
    begin, end = WARM_UP + ENDS, settled[-1].seconds - ENDS
    first = np.median([s.memory for s in settled if s.seconds < begin])
    last = np.median([s.memory for s in settled if s.seconds > end])
    return float(last - first)


def plot(samples: list[Sample], path: Path) -> None:
    """Draw memory, latency and rate over time."""
    column = {name: [asdict(s)[name] for s in samples] for name in asdict(samples[0])}
    minutes = np.array(column['seconds']) / 60.0
    figure = Figure(figsize=(9, 8), layout='constrained')
    top, middle, bottom = figure.subplots(3, sharex=True)
    top.plot(minutes, column['memory'], color='tab:blue')
    top.axvspan(0.0, min(WARM_UP / 60.0, minutes[-1]), color='0.92', zorder=0)
    top.set(ylabel='memory of the node, MB', title=_verdict(samples))
    top.set_ylim(0.95 * min(column['memory']), 1.05 * max(column['memory']))
    middle.plot(minutes, column['latency_p95'], color='tab:orange', label='95th percentile')
    middle.plot(minutes, column['latency_p50'], color='tab:blue', label='median')
    middle.set(ylabel='image stamp to pose received, ms')
    middle.set_ylim(bottom=0.0)
    middle.legend(loc='upper right')
    bottom.plot(minutes, column['rate'], color='tab:blue', label='poses per second')
    bottom.plot(minutes, column['cpu'], color='tab:green', label='CPU, % of one core')
    bottom.set(ylabel='rate and load', xlabel='minutes')
    bottom.set_ylim(bottom=0.0)
    bottom.legend(loc='lower right')
    for axes in (top, middle, bottom):
        axes.grid(alpha=0.3)
        axes.spines[['top', 'right']].set_visible(False)
    figure.savefig(path, dpi=100)


def _samples(listener: Listener, processes: Processes, seconds: float) -> Iterator[Sample]:
    process = psutil.Process(processes.running[NODE].pid)
    started = time.monotonic()
    while not listener.latencies:
        rclpy.spin_once(listener, timeout_sec=0.1)
        processes.check()
        if time.monotonic() - started > START_TIMEOUT:
            raise BenchmarkError(
                f'no pose within {START_TIMEOUT:.0f} s; does the source show a face?'
            )
    begin = due = last_pose = time.monotonic()
    process.cpu_percent()
    listener.latencies.clear()
    while due - begin < seconds:
        last, due = due, due + PERIOD
        while (left := due - time.monotonic()) > 0.0:
            rclpy.spin_once(listener, timeout_sec=left)
        processes.check()
        latencies, listener.latencies = listener.latencies, []
        if latencies:
            last_pose = due
        elif due - last_pose >= SILENCE:
            raise BenchmarkError(f'no pose for {SILENCE:.0f} s')
        p50, p95 = np.percentile(latencies, (50, 95)) if latencies else (np.nan, np.nan)
        yield Sample(
            seconds=due - begin,
            memory=process.memory_info().rss / 1e6,
            rate=len(latencies) / (due - last),
            latency_p50=1e3 * p50,
            latency_p95=1e3 * p95,
            cpu=process.cpu_percent(),
        )


def _written(samples: Iterator[Sample], path: Path) -> Iterator[Sample]:
    """Samples as they arrive, each written immediately: a long run may be interrupted."""
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(each.name for each in fields(Sample))
        for sample in samples:
            writer.writerow(round(value, 3) for value in astuple(sample))
            file.flush()
            yield sample


def _print_line(sample: Sample) -> None:
    is_terminal = sys.stdout.isatty()
    if not is_terminal and round(sample.seconds) % 60 not in (0, 1):
        return
    text = (
        f'{sample.seconds:6.0f} s  {sample.memory:6.1f} MB  {sample.rate:5.1f} poses/s  '
        f'latency p50 {sample.latency_p50:5.1f} ms, p95 {sample.latency_p95:5.1f} ms  '
        f'{sample.cpu:3.0f} % CPU'
    )
    print(f'\r{text}  ' if is_terminal else text, end='' if is_terminal else '\n', flush=True)


def _verdict(samples: list[Sample]) -> str:
    grown = growth(samples)
    if grown is None:
        return f'too short to measure memory growth, which needs {WARM_UP:.0f} s of warm-up'
    return f'memory grew by {grown:+.1f} MB after the first {WARM_UP:.0f} s'


def _print_summary(samples: list[Sample], folder: Path) -> None:
    p50 = np.nanmedian([s.latency_p50 for s in samples])
    p95 = np.nanmedian([s.latency_p95 for s in samples])
    first, last = samples[0], samples[-1]
    print(f'\ntime         {last.seconds / 60.0:.1f} min')
    print(f'rate         {np.mean([s.rate for s in samples]):.1f} poses/s')
    print(f'latency      p50 {p50:.1f} ms, p95 {p95:.1f} ms (median of the seconds)')
    print(f'memory       {first.memory:.1f} MB at the start, {last.memory:.1f} MB at the end')
    print(f'             {_verdict(samples)}')
    print(f'written      {(folder / "soak.csv").resolve()}, soak.png')
