"""Camera and node, each in a process of its own, for programs that listen to them."""

import subprocess
import sys
from typing import Any

from headpose_ros.ros.transport import use_large_image_profile

START_TIMEOUT = 60.0  # seconds until the first result; loading takes long on a slow disk
STOP_TIMEOUT = 10.0  # seconds for a process to end after it was asked to

CAMERA, NODE = 'camera_node', 'headpose_node'


class ProcessEnded(RuntimeError):
    """A process ended by itself; the message says which one."""


class CameraAndNode:
    """Runs ``camera_node`` and ``headpose_node`` while its ``with`` block does.

    Large images get through, in this process too if ``rclpy.init`` comes after the beginning of
    the block.

    :param source: parameter of the camera.
    :param parameters: of the node.
    """

    def __init__(self, source: str, **parameters: Any):
        # In quotes, so that a path which looks like a number stays a text.
        self._parameters = {CAMERA: {'source': f'"{source}"'}, NODE: parameters}
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> 'CameraAndNode':
        use_large_image_profile()
        for name, parameters in self._parameters.items():
            assignments = [f'{key}:={value}' for key, value in parameters.items()]
            options = [word for text in assignments for word in ('-p', text)]
            command = [sys.executable, '-m', f'headpose_ros.ros.{name}', '--ros-args', *options]
            self._processes[name] = subprocess.Popen(command)
        return self

    def __exit__(self, *_: Any) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def node_pid(self) -> int:
        """Process id of ``headpose_node``."""
        return self._processes[NODE].pid

    def check(self) -> None:
        """See whether both still run.

        :raises ProcessEnded: one does not.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise ProcessEnded(f'{name} ended with exit code {process.returncode}; see above')
