# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Nodes, each in a process of its own, for programs that listen to them."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from headpose_ros.errors import ProcessEndedError

START_TIMEOUT = 60.0  # seconds until the first result; loading takes long on a slow disk
STOP_TIMEOUT = 10.0  # seconds for a process to end after it was asked to

CAMERA, NODE, VIEW = 'camera_node', 'headpose_node', 'view_node'


def node_command(
    name: str, parameters: Mapping[str, Any], rules: Iterable[str] = (), module: str = ''
) -> list[str]:
    """Command of a node.

    :param name: of a node of this package.
    :param parameters: of the node.
    :param rules: remappings, such as ``image:=camera/image`` or ``__ns:=/front``.
    :param module: that runs another node.
    """
    options = [word for key, value in parameters.items() for word in ('-p', f'{key}:={value}')]
    options += [word for rule in rules for word in ('-r', rule)]
    start = [module] if module else ['headpose_ros.ros', name]
    return [sys.executable, '-m', *start, '--ros-args', *options]


class Processes:
    """Runs commands while its ``with`` block does.

    :param commands: by a name of the process.
    """

    def __init__(self, commands: Mapping[str, list[str]]):
        self._commands = commands
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> 'Processes':
        for name, command in self._commands.items():
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

    def pid(self, name: str) -> int:
        """Process id of a name."""
        return self._processes[name].pid

    def check(self) -> None:
        """See whether all still run.

        :raises ProcessEndedError: one does not.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                code = process.returncode
                raise ProcessEndedError(f'{name} ended with exit code {code}; see above')


class CameraAndNode(Processes):
    """``camera_node`` and ``headpose_node``.

    :param source: parameter of the camera.
    :param view: start ``view_node`` too.
    :param parameters: of the node.
    """

    def __init__(self, source: str, view: bool = False, **parameters: Any):
        # In quotes, so that a path which looks like a number stays a text.
        commands = {
            CAMERA: node_command(CAMERA, {'source': f'"{source}"'}),
            NODE: node_command(NODE, parameters),
        }
        if view:
            commands[VIEW] = node_command(VIEW, {})
        super().__init__(commands)
