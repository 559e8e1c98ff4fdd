# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Programs that measure the node, for anybody to run; not needed on a robot."""
