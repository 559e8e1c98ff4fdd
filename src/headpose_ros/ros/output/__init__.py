# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The publications of the node: messages, markers, TF and annotated images."""
