# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m headpose_ros.ros.demo``: a camera, the node, and the pose as a live line."""
