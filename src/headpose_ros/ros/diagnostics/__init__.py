# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How the node is, on ``/diagnostics``."""
