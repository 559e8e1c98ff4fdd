"""The core and the training run where there is no ROS."""

import subprocess
import sys

ROS_PACKAGES = (
    'rclpy', 'cv_bridge', 'sensor_msgs', 'geometry_msgs', 'std_msgs', 'rcl_interfaces',
    'std_srvs', 'diagnostic_msgs', 'lifecycle_msgs', 'visualization_msgs', 'tf2_msgs',
    'builtin_interfaces', 'launch', 'launch_ros', 'ament_index_python', 'tf2_ros',
)

CORE = ('headpose_ros', 'headpose_ros.files', 'headpose_ros.sample')

IMPORT_ALL = '''
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({ros!r}))          # importing any of them now fails
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(package.__path__, name + '.'):
        if module.name not in ('headpose_ros.ros', 'training.__main__'):
            importlib.import_module(module.name)
            print(module.name)
assert not any(name.startswith('headpose_ros.ros') for name in sys.modules)
'''


def test_core_and_training_import_no_ros():
    code = IMPORT_ALL.format(ros=ROS_PACKAGES, packages=(*CORE, 'training'))
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    imported = result.stdout.split()
    assert 'headpose_ros.estimator' in imported
    assert 'training.fit' in imported


def test_runtime_needs_nothing_of_training():
    code = IMPORT_ALL.format(
        ros=(*ROS_PACKAGES, 'pandas', 'typer', 'tqdm', 'tabulate', 'rosbags', 'mcap'),
        packages=CORE,
    )
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
