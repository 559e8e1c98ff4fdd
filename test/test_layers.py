# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The core and the training run where there is no ROS."""

import subprocess
import sys

ROS_PACKAGES = (
    'rclpy', 'cv_bridge', 'sensor_msgs', 'geometry_msgs', 'std_msgs', 'rcl_interfaces',
    'std_srvs', 'diagnostic_msgs', 'lifecycle_msgs', 'visualization_msgs', 'tf2_msgs',
    'builtin_interfaces', 'launch', 'launch_ros', 'ament_index_python', 'tf2_ros',
)

# Runs in an environment of its own, with TensorFlow.
FOREIGN = 'training.peers.whenet_worker'

IMPORT_ALL = '''
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({absent!r}))          # importing any of them now fails
for package in map(importlib.import_module, {packages!r}):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):
        is_ours = module.name != {foreign!r} and not module.name.endswith('__main__')
        if is_ours and not module.name.startswith('headpose_ros.ros'):
            importlib.import_module(module.name)
            print(module.name)
for name, module in sys.modules.items():  # walk_packages imports packages, but no module in them
    assert not name.startswith('headpose_ros.ros') or hasattr(module, '__path__'), name
'''


def imported(packages, absent):
    """Modules of packages, all imported where others cannot be."""
    code = IMPORT_ALL.format(packages=packages, absent=absent, foreign=FOREIGN)
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_core_and_training_import_no_ros():
    names = imported(('headpose_ros', 'training'), ROS_PACKAGES)
    assert {'headpose_ros.estimator', 'headpose_ros.files.bag', 'training.fit'} <= set(names)


def test_runtime_needs_nothing_of_training():
    extras = ('pandas', 'tabulate', 'rosbags', 'mcap', 'training')
    names = imported(('headpose_ros',), (*ROS_PACKAGES, *extras))
    assert 'headpose_ros.media.sample_head.rendered_head' in names
