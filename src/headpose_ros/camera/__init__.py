# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A calibrated camera, and the line of sight from it to a head."""
