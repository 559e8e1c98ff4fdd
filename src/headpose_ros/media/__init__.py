# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Webcams, videos, folders and the built-in sample head as streams of images; videos as output."""
