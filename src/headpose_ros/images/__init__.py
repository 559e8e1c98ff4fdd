# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Image messages and files to BGR pixels, without ROS."""
