# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Who is in images that have nothing to do with one another."""

from dataclasses import replace

import numpy as np

from headpose_ros.camera import Camera
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.following import FollowSettings, People


class SeparateImages:
    """The people of each image, numbered anew from 1 in each; the largest is the primary one.

    Takes the place of a ``HeadFollower``.

    :param estimator: in image mode; not closed with this one.
    :param settings: of which only ``max_std`` counts.
    """

    def __init__(self, estimator: HeadPoseEstimator, settings: FollowSettings):
        self._estimator = estimator
        self._max_std = settings.max_std

    def update(
        self, bgr: np.ndarray, stamp: float, camera: Camera | None, frame_id: str
    ) -> People:
        """The people of an image; whoever was in another one does not matter."""
        found = self._estimator.estimate(bgr, camera)
        sure = [head for head in found if head.is_sure(self._max_std)]
        heads = [replace(head, track_id=i) for i, head in enumerate(sure, 1)]
        living = frozenset(range(1, len(heads) + 1))
        return People(heads, heads[0] if heads else None, living)
