# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Outputs of the node: messages, markers, TF and annotated images."""
