# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Who is who from image to image, who matters, and a steady pose for each."""
