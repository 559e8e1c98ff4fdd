# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Start headpose_node, and optionally a camera driver."""

from headpose_ros.ros.launching import argument, describe_launch, namespace_of, switch


def generate_launch_description():
    """Declare the arguments and nodes."""
    return describe_launch(
        argument(
            'namespace', 'Namespace of all nodes and relative topics.'
        ),
        switch('camera', 'Also start the camera driver usb_cam, which must be installed.'),
        cameras=namespace_of,
    )
