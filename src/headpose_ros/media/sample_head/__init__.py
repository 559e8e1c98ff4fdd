# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The built-in moving head with known rotation."""
