# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What rclpy leaves to its users, and the one door to what is private of it.

Private are ``LifecycleNode._service_change_state`` (``lifecycle``) and the handle of a
subscription (``shortcuts``). Tried on rclpy 7.1 (Jazzy) and 9.1 (Kilted);
``test/test_rclpy_extras.py`` fails when one of them is no longer there, or no longer needed.
``python -m benchmarks shortcuts`` prints what those that are for speed gain.
"""
