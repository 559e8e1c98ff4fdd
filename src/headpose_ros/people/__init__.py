# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Tracking, smoothing and selection of people."""
