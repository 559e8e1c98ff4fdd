# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m headpose_ros.ros.demo``: camera and node as two processes, with live output."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import rclpy
from geometry_msgs.msg import Vector3Stamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from typer import BadParameter, Option

from headpose_ros.cli.command_line import CommandLine
from headpose_ros.errors import ProcessEndedError, StartError
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.media.sources import SAMPLE
from headpose_ros.media.video_writer import VideoWriter
from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.parameters import ViewParameters

LINE_PERIOD = 0.1  # seconds between updates of the live line on a terminal
LOG_LINE_PERIOD = 1.5  # the same where the output is a file; at every 2 s the sample faces forward
SECONDS = 20.0  # default duration
START_TIMEOUT = 60.0  # seconds until the first result; loading takes long on a slow disk
STOP_TIMEOUT = 10.0  # seconds for a process to exit after SIGTERM

CAMERA, NODE, VIEW = 'camera_node', 'headpose_node', 'view_node'


def node_command(name: str, parameters: Mapping[str, Any]) -> list[str]:
    """Command of a node of this package."""
    options = [word for key, value in parameters.items() for word in ('-p', f'{key}:={value}')]
    return [sys.executable, '-m', 'headpose_ros.ros', name, '--ros-args', *options]


class Processes:
    """Runs commands for the duration of its ``with`` block.

    :param commands: by process name.

    :ivar running: processes by name.
    """

    def __init__(self, commands: Mapping[str, list[str]]):
        self._commands = commands
        self.running: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> 'Processes':
        for name, command in self._commands.items():
            self.running[name] = subprocess.Popen(command)
        return self

    def __exit__(self, *_: Any) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def check(self) -> None:
        """Check that all are still running.

        :raises ProcessEndedError: one has exited.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                code = process.returncode
                raise ProcessEndedError(f'{name} exited with code {code}; see above')


def camera_and_node(source: str, view: bool = False, **parameters: Any) -> Processes:
    """Processes of ``camera_node``, ``headpose_node`` and optionally ``view_node``."""
    # Quoted, so that a path that looks like a number stays a string.
    commands = {
        CAMERA: node_command(CAMERA, {'source': f'"{source}"'}),
        NODE: node_command(NODE, parameters),
    }
    if view:
        commands[VIEW] = node_command(VIEW, {})
    return Processes(commands)


class Listener(Node):
    """Collects poses, their latency, and the annotated video.

    :param video: file to write; ``None`` for none.
    """

    def __init__(self, video: Path | None):
        super().__init__('headpose_demo')
        self.recorder = VideoWriter(video) if video else None
        self.images = 0
        self.annotated = 0
        self.latencies: list[float] = []
        self.pose: Vector3Stamped | None = None
        self._converter = create_converter()
        # camera_info: one small message per image.
        self.create_subscription(CameraInfo, 'camera_info', self._on_info, qos_profile_sensor_data)
        self.create_subscription(Vector3Stamped, 'head_pose', self._on_pose, QoSProfile(depth=10))
        self.create_subscription(
            Image, 'head_pose/annotated_image', self._on_annotated, QoSProfile(depth=10)
        )

    def _on_info(self, _: CameraInfo) -> None:
        self.images += 1

    def _on_pose(self, message: Vector3Stamped) -> None:
        self.pose = message
        now = self.get_clock().now().nanoseconds * 1e-9
        self.latencies.append(now - stamp_seconds(message.header))

    def _on_annotated(self, message: Image) -> None:
        self.annotated += 1
        if self.recorder is not None:
            bgr = self._converter.imgmsg_to_cv2(message, 'bgr8')
            self.recorder.add(bgr, stamp_seconds(message.header))


def check_folder(out: Path) -> Path:
    """Refuse a file in a folder that is not writable."""
    if not os.access(out.resolve().parent, os.W_OK):
        raise BadParameter(f'cannot write to the folder of {out}; choose another')
    return out


def demo(
    source: Annotated[
        str,
        Option(
            help='Webcam such as /dev/video0, video or image file, folder of images, or '
            f'"{SAMPLE}", the built-in moving head.',
        ),
    ] = SAMPLE,
    seconds: Annotated[
        float | None,
        Option(
            help='Duration.  '
            f'[default: {SECONDS:.0f}; with --view until Ctrl-C, without a video]'
        ),
    ] = None,
    view: Annotated[
        bool, Option('--view', help='Also serve a web page (view_node).')
    ] = False,
    out: Annotated[
        Path, Option(help='Annotated video to write.', callback=check_folder)
    ] = Path('headpose_demo.mp4'),
) -> None:
    """Run camera and node as two processes; show the pose live, and a summary at the end."""
    if seconds is None:
        seconds = math.inf if view else SECONDS
    print(f'starting camera_node ({source}) and headpose_node', flush=True)
    if view:
        port = ViewParameters().port
        print(f'web page: http://localhost:{port} (Ctrl-C to stop)', flush=True)
    listener = None
    try:
        with camera_and_node(source, view) as processes:
            rclpy.init()
            # An endless video would fill the disk.
            listener = Listener(out if math.isfinite(seconds) else None)
            seconds = _listen(listener, processes, seconds)
    except (KeyboardInterrupt, ExternalShutdownException):
        print('\nstopped')
        return
    except (StartError, ProcessEndedError):
        print()  # ends the live line
        raise
    finally:
        if listener is not None:
            if listener.recorder is not None:
                listener.recorder.close()
            listener.destroy_node()
        rclpy.try_shutdown()
    _print_summary(listener, seconds)


def _listen(listener: Listener, processes: Processes, seconds: float) -> float:
    started = time.monotonic()
    first = None
    next_line = 0.0
    line_period = LINE_PERIOD if sys.stdout.isatty() else LOG_LINE_PERIOD
    while first is None or time.monotonic() - first < seconds:
        rclpy.spin_once(listener, timeout_sec=0.1)
        now = time.monotonic()
        processes.check()
        if first is None and listener.annotated:
            first = now
            listener.images = 0
            listener.latencies.clear()
        if first is None and now - started > START_TIMEOUT:
            raise StartError(f'no image was processed within {START_TIMEOUT:.0f} s')
        if first is not None and now >= next_line:
            next_line = now + line_period
            _print_line(listener, now - first)
    return time.monotonic() - first


def _print_line(listener: Listener, seconds: float) -> None:
    if listener.pose is None:
        text = 'no face yet'
    else:
        v = listener.pose.vector
        roll, pitch, yaw = np.degrees([v.x, v.y, v.z])
        rate = len(listener.latencies) / max(seconds, 1e-3)
        text = (
            f'roll {roll:+6.1f}°  pitch {pitch:+6.1f}°  yaw {yaw:+6.1f}°   {rate:4.1f} poses/s'
        )
    end = '' if sys.stdout.isatty() else '\n'
    start = '\r' if sys.stdout.isatty() else ''
    print(f'{start}{seconds:5.1f} s  {text}  ', end=end, flush=True)


def _print_summary(listener: Listener, seconds: float) -> None:
    poses = len(listener.latencies)
    print(f'\nframes in    {listener.images}')
    print(f'poses out    {poses}')
    print(f'rate         {poses / seconds:.1f} poses/s')
    if poses:
        p50, p95 = np.percentile(listener.latencies, [50, 95]) * 1e3
        print(f'latency      p50 {p50:.1f} ms, p95 {p95:.1f} ms (image stamp to pose received)')
    else:
        print('no face detected in any frame')
    print(f'video        {listener.recorder.path.resolve()}')


if __name__ == '__main__':
    app = CommandLine()
    app.command()(demo)
    sys.exit(app.run('python -m headpose_ros.ros.demo'))
