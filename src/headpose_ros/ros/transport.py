"""Settings that let large images through Fast DDS, the default middleware of ROS 2."""

import os
from pathlib import Path

# Fast DDS reads the first up to Jazzy and the second from Kilted on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
PROFILE = Path('config', 'fastdds_large_images.xml')


def use_large_image_profile() -> None:
    """Point Fast DDS to the profile of this package, unless the user named one.

    To be called before ``rclpy.init``. Without it, the default shared-memory segment of 0.5 MB
    loses most best-effort images of 640x480 and more on the publisher's side.
    """
    if any(variable in os.environ for variable in PROFILE_VARIABLES):
        return
    here = Path(__file__).resolve()
    for parent in here.parents:
        for profile in (parent / PROFILE, parent / 'share' / 'headpose_ros' / PROFILE):
            if profile.is_file():
                os.environ.update(dict.fromkeys(PROFILE_VARIABLES, str(profile)))
                return
