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

"""Settings that let large images through Fast DDS, the default middleware of ROS 2."""

import os

from headpose_ros.resources import find_resource

# Fast DDS reads the first up to Jazzy and the second from Kilted on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
PROFILE = 'config/fastdds_large_images.xml'


def use_large_image_profile() -> None:
    """Point Fast DDS to the profile of this package, unless the user named one.

    To be called before ``rclpy.init``. Without it, the default shared-memory segment of 0.5 MB
    loses most best-effort images of 640x480 and more on the publisher's side.
    """
    if any(variable in os.environ for variable in PROFILE_VARIABLES):
        return
    profile = find_resource(PROFILE)
    if profile is not None:
        os.environ.update(dict.fromkeys(PROFILE_VARIABLES, str(profile)))
