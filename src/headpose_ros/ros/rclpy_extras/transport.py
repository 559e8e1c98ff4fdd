# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Settings that let large images through Fast DDS, the default middleware of ROS 2."""

import os

from headpose_ros.assets.paths import find_resource

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
