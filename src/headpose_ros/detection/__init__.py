# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Where faces are in an image, and their 468 landmarks."""
