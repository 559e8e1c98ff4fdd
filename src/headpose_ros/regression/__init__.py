# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Landmarks to rotations: features, the trained model, and its uncertainty."""
