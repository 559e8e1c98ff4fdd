# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start one headpose_node per camera, each in its own namespace and process."""

from headpose_ros.ros.launching import argument, cameras_of, describe_launch


def generate_launch_description():
    """Declare the arguments and nodes."""
    return describe_launch(
        argument(
            'cameras', 'Comma-separated camera names, such as front,rear. Each is the namespace '
            'of its node and topics (/front/image, /front/head_pose), and the prefix of its track '
            'IDs (front_f1, TF frame face_front_f1).', default=None,
        ),
        cameras=cameras_of,
    )
