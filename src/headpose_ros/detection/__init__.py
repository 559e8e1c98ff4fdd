# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Face detection, landmarks and tracking in the image."""
