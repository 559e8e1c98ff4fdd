# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start headpose_node, and a camera beside it if wanted."""

from headpose_ros.ros.launching import argument, describe_launch, namespace_of, switch


def generate_launch_description():
    """Describe the arguments, and the nodes that follow from them."""
    return describe_launch(
        argument(
            'namespace', 'Namespace of all nodes and of all topics that do not begin with /.'
        ),
        switch('camera', 'Start the camera driver usb_cam too, which has to be installed.'),
        cameras=namespace_of,
    )
