# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What may import what: no arrow up, no circle, no ROS outside of ``ros``."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / 'src'

# The rooms of the package, from the ground floor up: a module imports from its own room and from
# the floors below. A module that lies in no folder is a room of its own.
FLOORS = [
    'errors landmarks rotation quiet',
    'assets images camera landmarks70',
    'detection regression head_pose face_images',
    'estimator six_dof media',
    'attention',
    'overlay',
    'people',
    'files',
    'cli',
    '__main__',
    'ros.rclpy_extras',
    'ros.input ros.parameter_values',
    'ros.parameters ros.diagnostics ros.neutral_services',
    'ros.output ros.web',
    'ros.pipeline',
    'ros.headpose_node ros.camera_node ros.view_node ros.faces_node ros.launching ros.demo',
    'ros.__main__',
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}

ROS_PACKAGES = (
    'rclpy', 'cv_bridge', 'sensor_msgs', 'geometry_msgs', 'std_msgs', 'rcl_interfaces',
    'std_srvs', 'diagnostic_msgs', 'lifecycle_msgs', 'visualization_msgs', 'tf2_msgs',
    'builtin_interfaces', 'launch', 'launch_ros', 'ament_index_python', 'tf2_ros', 'hri_msgs',
    'vision_msgs',
)

IMPORT_ALL = '''
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({absent!r}))          # importing any of them now fails
for package in map(importlib.import_module, {packages!r}):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):
        if not module.name.endswith('__main__') and not module.name.startswith('headpose_ros.ros'):
            importlib.import_module(module.name)
            print(module.name)
for name, module in sys.modules.items():  # walk_packages imports packages, but no module in them
    assert not name.startswith('headpose_ros.ros') or hasattr(module, '__path__'), name
'''


@cache
def arrows():
    """Modules of the package that each of them imports, wherever in its code; no ``__init__``."""
    paths = {
        '.'.join(path.relative_to(SOURCE).with_suffix('').parts): path
        for path in (SOURCE / 'headpose_ros').rglob('*.py') if path.stem != '__init__'
    }
    return {name: set(imports_of(path)) & set(paths) for name, path in paths.items()}


def imports_of(path):
    """Names that a file imports, those of modules and those of what is in them."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f'{path}: a relative import'
            yield node.module
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def room_of(module):
    _, *parts = module.split('.')
    return '.'.join(parts[: 2 if parts[0] == 'ros' else 1])


def test_each_room_has_its_floor():
    rooms = {room_of(module) for module in arrows()}
    assert rooms == set(FLOOR_OF), 'rooms come and go in FLOORS above'


@pytest.mark.parametrize('room', FLOOR_OF)
def test_no_arrow_leads_up(room):
    wrong = [
        f'{module} imports {other}'
        for module, others in arrows().items() if room_of(module) == room
        for other in others
        if room_of(other) != room and FLOOR_OF[room_of(other)] >= FLOOR_OF[room]
    ]
    assert not wrong


def test_no_import_is_circular():
    TopologicalSorter(arrows()).prepare()  # raises CycleError, which names the circle


def imported(packages, absent):
    """Modules of packages, all imported where others cannot be."""
    code = IMPORT_ALL.format(packages=packages, absent=absent)
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.mark.slow
def test_core_and_training_import_no_ros():
    names = imported(('headpose_ros', 'training'), ROS_PACKAGES)
    assert {'headpose_ros.estimator', 'headpose_ros.files.bag', 'training.fit'} <= set(names)


@pytest.mark.slow
def test_runtime_needs_nothing_of_training():
    extras = ('pandas', 'tabulate', 'rosbags', 'mcap', 'training')
    names = imported(('headpose_ros',), (*ROS_PACKAGES, *extras))
    assert 'headpose_ros.media.sample_head.rendered_head' in names
