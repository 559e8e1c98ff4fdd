# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What rclpy lacks, and all use of its private parts.

Private are ``LifecycleNode._service_change_state`` (``lifecycle``) and the handle of a
subscription (``shortcuts``). Tested with rclpy 7.1 (Jazzy) and 9.1 (Kilted);
``test/test_rclpy_extras.py`` fails when one of them is gone, or no longer needed.
``python -m benchmarks shortcuts`` prints what the ones for speed gain.
"""
