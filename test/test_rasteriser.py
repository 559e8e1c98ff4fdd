# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Triangles to pixels."""

import numpy as np

from headpose_ros.media.sample_head.rasteriser import rasterise


def test_the_nearer_triangle_covers_the_farther_without_gaps():
    # Two squares of two triangles, the second nearer and shifted, and one seen from behind.
    square = np.array([[0, 0], [8, 0], [8, 8], [0, 8]], float)
    pixels = np.concatenate([square + 1, square + 5, square])
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7], [8, 10, 9], [8, 11, 10]])
    for order in (triangles, triangles[::-1]):
        u, v = rasterise(pixels, np.repeat([2.0, 1.0, 0.5], 4), pixels + 100, order, 16, 16)
        expected = np.full((16, 16), -1.0)
        expected[1:9, 1:9] = np.arange(101.0, 109.0)
        expected[5:13, 5:13] = np.arange(105.0, 113.0)
        np.testing.assert_allclose(u, expected, atol=1e-4)
        np.testing.assert_allclose(v, expected.T, atol=1e-4)
