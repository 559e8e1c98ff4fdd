# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Head orientation from camera images.

The names below are the public API of the core, which needs no ROS; the nodes are in ``.ros``. Each
is imported when it is first used: to import the package alone costs neither MediaPipe nor numpy.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headpose_ros.camera.camera import Camera  # noqa: F401
    from headpose_ros.errors import HeadPoseError  # noqa: F401
    from headpose_ros.estimator import HeadPoseEstimator  # noqa: F401
    from headpose_ros.head_pose import HeadPose  # noqa: F401
    from headpose_ros.overlay import OverlayStyle, draw_heads  # noqa: F401
    from headpose_ros.people.follower import FollowSettings, HeadFollower, People  # noqa: F401
    from headpose_ros.six_dof import CameraPose, camera_pose  # noqa: F401

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

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name == '__version__':
        return version('headpose_ros')
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, '__version__'])
