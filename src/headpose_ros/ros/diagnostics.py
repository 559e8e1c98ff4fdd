# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the node says of itself on ``/diagnostics``, once a second; the web page reads it."""

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

RATE_CURE = 'this machine does not hold the rate: lower the rate or the size of the images'
CLOCK_CURE = (
    'use_sim_time must be alike in all nodes (with a bag: ros2 bag play --clock), and the clocks '
    'of several machines must agree (chrony)'
)

# Keys of the values of people.
PRIMARY = 'primary face'
ANGLES = ('roll', 'pitch', 'yaw')
IDS = re.compile(r'face (\w+) roll \(deg\)')
FACING = 'face {} facing camera (%)'


class Finding(NamedTuple):
    """Something that is not as it should be."""

    level: bytes  # ``WARN`` or ``ERROR``
    text: str  # what, and what to do


def start_diagnostics(node: Node, make_status: Callable[[], DiagnosticStatus]) -> None:
    """Publish how a node is once a second.

    :param make_status: gives it, but for its name.
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
    """Name of the status of a node, given the full name of that."""
    return f'{node.lstrip("/")}: head pose'


def load_values(load: Load | None) -> dict[str, str]:
    """Figures of a load with their units; of none, a dash each."""
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
    """What keeps images from being worked on.

    :param now: seconds of the clock of ``watch``.
    :param clock_problem: of simulated time, in words.
    """
    if clock_problem:
        yield Finding(WARN, clock_problem)
    if reason := watch.failure(now):
        yield Finding(ERROR, f'no image on {images.topic} can be worked on: {reason}')
    silence = watch.silence(now)
    if silence is not None:
        why = images.why_silent(bool(clock_problem))
        yield Finding(WARN, f'no image on {images.topic} for {silence:.0f} s: {why}')
    # Two publishers count their images each for itself.
    if load is not None and load.too_high and not images.several_publishers():
        missed = 'some' if load.missed is None else f'{load.missed:.0%}'
        on_the_way = load.lost_on_the_way
        cure = f'they are lost on the way: {images.cure_of_loss()}' if on_the_way else RATE_CURE
        yield Finding(
            WARN,
            f'{missed} of the images on {images.topic} are missed, {load.rate:.1f} a second are '
            f'worked on, which takes {load.busy:.0%} of the time, while the machine is loaded by '
            f'{load.machine:.0%}; {cure}',
        )
    is_told = clock_problem or watch.stands_still
    if load and load.seconds >= WINDOW and not load.clocks_agree and not is_told:
        yield Finding(
            WARN,
            f'the clock of this node and the stamps of the images are {_span(load.latency[0])} '
            f'apart, so their latency is not known: {CLOCK_CURE}',
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
    """What the camera should show or tell and does not."""
    if publishers := images.several_publishers():
        yield Finding(
            WARN,
            f'{images.topic} has {len(publishers)} publishers ({", ".join(publishers)}), all of '
            'which are taken for one camera; give each a topic and a node of its own',
        )
    if calibration.is_bent_twice(images.topic):
        yield Finding(
            WARN,
            f'{images.topic} is rectified by its name, but the distortion of {calibration.topic} '
            'is taken out of it once more; set the parameter rectified to true',
        )
    if exposure_problem:
        yield Finding(WARN, exposure_problem)
    if calibration.problem:
        yield Finding(WARN, f'uncalibrated: {calibration.problem}')
    if watch.stands_still:
        yield Finding(WARN, STANDING_STILL)


def depth_findings(depth: DepthInput | None, people: People | None) -> Iterator[Finding]:
    """Why distances are not measured although they should be."""
    if depth is None:
        return
    heads = [head for head in people.heads if head.sight is not None] if people else []
    if depth.problem:
        yield Finding(WARN, f'distances follow from the widths of heads: {depth.problem}')
    elif heads and not any(map(people.poses.is_measured, heads)):
        yield Finding(
            WARN,
            'distances follow from the widths of heads: there is no depth at any face, or '
            'something is in front; is the depth registered to the colour camera, are people '
            'within its range?'
        )


@dataclass(frozen=True)
class FaceValues:
    """One person as in the diagnostics."""

    track_id: str  # of the person
    rpy: tuple[float, ...]  # roll, pitch and yaw, degrees
    std: tuple[float, ...]  # standard deviations of them, degrees
    facing_camera: float  # probability, percent
    is_primary: bool  # whether ``head_pose`` is about this one


def write_faces(people: People | None, angle: float) -> Iterator[tuple[str, str]]:
    """Keys and values of the people in an image; of no image, that nobody is primary.

    :param angle: radians, of ``headpose_ros.attention.facing_camera``.
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
    """The people whom ``write_faces`` wrote, in its order.

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
