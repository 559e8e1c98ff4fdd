# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Baselines, each from an image or landmarks to ``R_opt``."""
