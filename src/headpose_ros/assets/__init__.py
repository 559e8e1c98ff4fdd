# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Files shipped with the package or downloaded: where they are, whose they are."""
