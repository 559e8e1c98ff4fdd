# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Head orientation from camera images.

Public API of the core, without ROS; the nodes are in ``.ros``. Names are imported on first use, so
``import headpose_ros`` loads neither MediaPipe nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headpose_ros.camera.camera import Camera
    from headpose_ros.errors import HeadPoseError
    from headpose_ros.estimator import HeadPoseEstimator
    from headpose_ros.head_pose import HeadPose
    from headpose_ros.overlay import OverlayStyle, draw_heads
    from headpose_ros.people.follower import FollowSettings, HeadFollower, People
    from headpose_ros.six_dof import CameraPose, camera_pose

# Spelled out for static analysis.
__all__ = [
    'Camera', 'CameraPose', 'FollowSettings', 'HeadFollower', 'HeadPose', 'HeadPoseError',
    'HeadPoseEstimator', 'OverlayStyle', 'People', 'camera_pose', 'draw_heads',
]

_HOMES = {
    'Camera': 'camera.camera',
    'CameraPose': 'six_dof',
    'FollowSettings': 'people.follower',
    'HeadFollower': 'people.follower',
    'HeadPose': 'head_pose',
    'HeadPoseError': 'errors',
    'HeadPoseEstimator': 'estimator',
    'OverlayStyle': 'overlay',
    'People': 'people.follower',
    'camera_pose': 'six_dof',
    'draw_heads': 'overlay',
}


def __getattr__(name: str) -> Any:
    if name == '__version__':
        from importlib.metadata import version  # slower than everything above

        return version('headpose_ros')
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, '__version__'])
