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

"""What a model file says of itself."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from headpose_ros.features import LANDMARK_COUNT

ANGLE_CONVENTION = (
    'row-major R_opt = Rx(-pitch) Ry(yaw) Rz(roll) of AFLW2000-3D labels, in the camera optical '
    'frame (REP-103), identity facing the camera'
)


def library_versions() -> dict[str, str]:
    """Versions of what a model depends on; a package that is not installed is left out."""
    versions = {'python': platform.python_version()}
    for package in ('scikit-learn', 'numpy', 'scipy', 'joblib', 'mediapipe'):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


@dataclass(frozen=True)
class ModelDescription:
    """What a model file says of itself.

    :ivar detector: name of the detector whose landmarks the regressor was trained on.
    :ivar features: name of the feature set, a key of ``headpose_ros.features.FEATURE_SETS``.
    :ivar feature_count: length of a feature vector.
    :ivar landmark_count: landmarks of a face.
    :ivar regressor: the pipeline in words.
    :ivar training_data: names, counts and terms of the data.
    :ivar protocol: how the figures were measured.
    :ivar figures: name to value, degrees unless the name says otherwise.
    :ivar coverage: range of the label's yaw to percent of errors within one and two standard
        deviations.
    :ivar command: what makes the file again.
    :ivar angle_convention: what the regressor's outputs mean.
    :ivar versions: package to version, of what trained it.
    """

    detector: str
    features: str
    regressor: str
    training_data: str
    protocol: str
    figures: Mapping[str, float]
    coverage: Mapping[str, tuple[float, float]]
    command: str
    feature_count: int
    landmark_count: int = LANDMARK_COUNT
    angle_convention: str = ANGLE_CONVENTION
    versions: Mapping[str, str] = field(default_factory=library_versions)
