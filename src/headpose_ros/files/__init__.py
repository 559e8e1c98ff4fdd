# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Head poses from images, videos and bags, without ROS."""
