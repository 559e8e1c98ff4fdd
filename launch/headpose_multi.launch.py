# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start headpose_node for several cameras, each in a namespace and a process of its own."""

from headpose_ros.ros.launching import argument, cameras_of, describe_launch


def generate_launch_description():
    """Describe the arguments, and the nodes that follow from them."""
    return describe_launch(
        argument(
            'cameras', 'Names of the cameras with commas between, such as front,rear. Each is '
            'the namespace of its topics and of its node (/front/image, /front/head_pose), and '
            'the prefix of its track IDs (front_f1, TF frame face_front_f1).', default=None,
        ),
        cameras=cameras_of,
    )
