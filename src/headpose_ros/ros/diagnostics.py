# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Status of the node on ``/diagnostics``, at 1 Hz; the web page reads it too."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile

from headpose_ros.attention import facing_camera
from headpose_ros.images.stamps import STANDING_STILL
from headpose_ros.people.follower import People
from headpose_ros.ros.input.camera_info_input import CameraInfoInput
from headpose_ros.ros.input.depth_input import DepthInput
from headpose_ros.ros.input.image_input import ImageInput
from headpose_ros.ros.input.stream_watch import WINDOW, Load, StreamWatch
from headpose_ros.ros.rclpy_extras.shortcuts import steady_timer

PERIOD = 1.0  # seconds

WARN, ERROR = DiagnosticStatus.WARN, DiagnosticStatus.ERROR

RATE_CURE = 'this machine cannot keep up: lower the frame rate or the image size'
CLOCK_CURE = (
    'set use_sim_time alike in all nodes (with a bag: ros2 bag play --clock), and synchronise the '
    'clocks of all machines (chrony)'
)

# Keys of the values of each face.
PRIMARY = 'primary face'
ANGLES = ('roll', 'pitch', 'yaw')
IDS = re.compile(r'face (\w+) roll \(deg\)')
FACING = 'face {} facing camera (%)'


class Finding(NamedTuple):
    """A problem to report."""

    level: bytes  # ``WARN`` or ``ERROR``
    text: str  # problem and remedy


def start_diagnostics(node: Node, make_status: Callable[[], DiagnosticStatus]) -> None:
    """Publish the status of a node once a second.

    :param make_status: returns it, without its name.
    """
    publisher = node.create_publisher(DiagnosticArray, '/diagnostics', QoSProfile(depth=10))

    def publish() -> None:
        status = make_status()
        status.name = status_name(node.get_fully_qualified_name())
        message = DiagnosticArray(status=[status])
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    steady_timer(node, PERIOD, publish)


def status_name(node: str) -> str:
    """Name of the status of a node, from the node's fully qualified name."""
    return f'{node.lstrip("/")}: head pose'


def load_values(load: Load | None) -> dict[str, str]:
    """Key-value pairs of a load, units in the keys; dashes without one."""
    agreed = load if load and load.clocks_agree else None
    numbers = {
        'camera rate (Hz)': load and f'{load.camera_rate:.1f}',
        'processed rate (Hz)': load and f'{load.rate:.1f}',
        'busy (%)': load and f'{100 * load.busy:.0f}',
        'work p50 (ms)': load and f'{1e3 * load.work[0]:.1f}',
        'work p95 (ms)': load and f'{1e3 * load.work[1]:.1f}',
        'latency from stamp p50 (ms)': agreed and f'{1e3 * agreed.latency[0]:.1f}',
        'latency from stamp p95 (ms)': agreed and f'{1e3 * agreed.latency[1]:.1f}',
    }
    return {name: text or '-' for name, text in numbers.items()}


def stream_findings(
    watch: StreamWatch, images: ImageInput, load: Load | None, now: float, clock_problem: str
) -> Iterator[Finding]:
    """Problems that keep images from being processed.

    :param now: seconds, by the clock of ``watch``.
    :param clock_problem: with simulated time, in words.
    """
    if clock_problem:
        yield Finding(WARN, clock_problem)
    if reason := watch.failure(now):
        yield Finding(ERROR, f'no usable image on {images.topic}: {reason}')
    silence = watch.silence(now)
    if silence is not None:
        why = images.why_silent(bool(clock_problem))
        yield Finding(WARN, f'no image on {images.topic} for {silence:.0f} s: {why}')
    # Each publisher numbers its images by itself.
    if load is not None and load.too_high and not images.several_publishers():
        missed = 'some' if load.missed is None else f'{load.missed:.0%}'
        in_transport = load.lost_on_the_way
        cure = f'lost in transport: {images.cure_of_loss()}' if in_transport else RATE_CURE
        yield Finding(
            WARN,
            f'dropping {missed} of the images on {images.topic}: processing {load.rate:.1f} Hz at '
            f'{load.busy:.0%} load, machine load {load.machine:.0%}; {cure}',
        )
    is_reported = clock_problem or watch.stands_still
    if load and load.seconds >= WINDOW and not load.clocks_agree and not is_reported:
        yield Finding(
            WARN,
            f'image stamps and node clock differ by {_span(load.latency[0])}, so latency is '
            f'unknown: {CLOCK_CURE}',
        )


def _span(seconds: float) -> str:
    seconds = abs(seconds)
    for unit, size in (('days', 86400.0), ('h', 3600.0)):
        if seconds >= 2.0 * size:
            return f'{seconds / size:.0f} {unit}'
    return f'{seconds:.1f} s'


def camera_findings(
    watch: StreamWatch, images: ImageInput, calibration: CameraInfoInput, exposure_problem: str
) -> Iterator[Finding]:
    """Problems with the camera: its publishers, calibration, exposure and stamps."""
    if publishers := images.several_publishers():
        yield Finding(
            WARN,
            f'{images.topic} has {len(publishers)} publishers ({", ".join(publishers)}), treated '
            'as one camera; use one topic and one node per camera',
        )
    if calibration.is_bent_twice(images.topic):
        yield Finding(
            WARN,
            f'{images.topic} is rectified, judging by its name, but the distortion of '
            f'{calibration.topic} is corrected again; set the parameter rectified to true',
        )
    if exposure_problem:
        yield Finding(WARN, exposure_problem)
    if calibration.problem:
        yield Finding(WARN, f'uncalibrated: {calibration.problem}')
    if watch.stands_still:
        yield Finding(WARN, STANDING_STILL)


def depth_findings(depth: DepthInput | None, people: People | None) -> Iterator[Finding]:
    """Why distances are not measured although depth is enabled."""
    if depth is None:
        return
    heads = [head for head in people.heads if head.sight is not None] if people else []
    if depth.problem:
        yield Finding(WARN, f'distances estimated from head width: {depth.problem}')
    elif heads and not any(map(people.poses.is_measured, heads)):
        yield Finding(
            WARN,
            'distances estimated from head width: no depth on any face, or something in front of '
            'it; is depth registered to the colour camera, and are people within range?'
        )


@dataclass(frozen=True)
class FaceValues:
    """One person in the diagnostics."""

    track_id: str
    rpy: tuple[float, ...]  # roll, pitch and yaw, degrees
    std: tuple[float, ...]  # their standard deviations, degrees
    facing_camera: float  # probability, percent
    is_primary: bool  # whether ``head_pose`` reports this one


def write_faces(people: People | None, angle: float) -> Iterator[tuple[str, str]]:
    """Key-value pairs of the people in an image; without an image, no primary face.

    :param angle: radians, as in ``headpose_ros.attention.facing_camera``.
    """
    primary_id = people.primary_id if people else None
    yield PRIMARY, primary_id or '-'
    for head in people.heads if people else ():
        for name, degrees in zip(ANGLES, np.degrees(head.rpy), strict=True):
            yield _key(head.track_id, name), f'{degrees:+.1f}'
        for name, degrees in zip(ANGLES, np.degrees(head.std), strict=True):
            yield _key(head.track_id, f'{name} std'), f'{degrees:.1f}'
        yield FACING.format(head.track_id), f'{100.0 * facing_camera(head, angle):.0f}'


def read_faces(values: Mapping[str, str]) -> list[FaceValues]:
    """The people written by ``write_faces``, in its order.

    :raises ValueError: a value is not a number.
    :raises KeyError: a value is missing.
    """
    ids = [match[1] for match in map(IDS.fullmatch, values) if match]
    return [
        FaceValues(
            track_id=i,
            rpy=tuple(float(values[_key(i, name)]) for name in ANGLES),
            std=tuple(float(values[_key(i, f'{name} std')]) for name in ANGLES),
            facing_camera=float(values[FACING.format(i)]),
            is_primary=values.get(PRIMARY) == i,
        )
        for i in ids
    ]


def _key(track_id: str, name: str) -> str:
    return f'face {track_id} {name} (deg)'
