# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Inputs of the node: images, calibration and depth."""
