# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Calibrated cameras, and the line of sight from a camera to a head."""
