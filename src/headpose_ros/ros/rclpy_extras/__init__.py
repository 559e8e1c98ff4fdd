# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What rclpy leaves to its users, and all that is private of it."""
