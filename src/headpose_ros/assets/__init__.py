# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Files that come with the package or are downloaded for it: where they are, whose they are."""
