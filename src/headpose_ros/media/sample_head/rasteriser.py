# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Triangle rasteriser."""

import numpy as np


def rasterise(
    pixels: np.ndarray, depths: np.ndarray, texture: np.ndarray, triangles: np.ndarray,
    width: int, height: int,
) -> list[np.ndarray]:
    """Perspective-correct texture coordinates of every pixel of an image, with a depth buffer.

    :param pixels: (N, 2) of the points in the image.
    :param depths: (N,) of the points.
    :param texture: (N, 2) of the points in the texture, pixels.
    :param triangles: (M, 3) indices; back faces are culled.
    :param width: of the image, pixels.
    :param height: of the image, pixels.
    :return: two ``float32`` (height, width) for ``cv2.remap``; -1 for background.
    """
    edges = pixels[triangles[:, 1:]] - pixels[triangles[:, :1]]  # (M, 2, 2)
    areas = np.linalg.det(edges)
    shown = areas > 1e-6
    triangles, edges, areas = triangles[shown], edges[shown], areas[shown]
    corners = pixels[triangles]
    # Texture over depth, and one over depth, are linear in the image; their gradients follow from
    # the inverses of the edges.
    values = (np.column_stack([texture, np.ones(len(texture))]) / depths[:, None])[triangles]
    inverses = edges[:, ::-1, ::-1].swapaxes(1, 2) * [[1.0, -1.0], [-1.0, 1.0]]
    gradients = inverses @ (values[:, 1:] - values[:, :1]) / areas[:, None, None]  # (M, 2, 3)

    # A span of columns for every row of pixel centres in a triangle.
    first = np.clip(np.ceil(corners[:, :, 1].min(axis=1) - 0.5), 0, height).astype(int)
    last = np.clip(np.ceil(corners[:, :, 1].max(axis=1) - 0.5), 0, height).astype(int)
    triangle, row = _expand(first, last - first)
    x, y = corners.T[:, :, triangle]  # (3, S)
    y = y - row - 0.5
    x_next, y_next = x[[1, 2, 0]], y[[1, 2, 0]]
    crossed = (y <= 0.0) != (y_next <= 0.0)
    at = x - y * (x_next - x) / np.where(crossed, y_next - y, 1.0)
    left = np.where(crossed, at, np.inf).min(axis=0)
    right = np.where(crossed, at, -np.inf).max(axis=0)
    start = np.clip(np.ceil(left - 0.5), 0, width).astype(int)
    stop = np.clip(np.ceil(right - 0.5), start, width).astype(int)
    offset = np.stack([start + 0.5 - x[0], -y[0]], axis=1)
    values = values[triangle, 0] + np.einsum('si,sij->sj', offset, gradients[triangle])
    steps = gradients[triangle, 0]

    # Every pixel of every span; the nearest is kept.
    span, column = _expand(start, stop - start)
    target, along = row[span] * width + column, column - start[span]
    nearness = values[span, 2] + steps[span, 2] * along
    nearest = np.zeros(width * height)
    np.maximum.at(nearest, target, nearness)
    kept = nearness >= nearest[target]
    span, target, along, nearness = span[kept], target[kept], along[kept], nearness[kept]
    maps = np.full((2, width * height), -1.0, np.float32)
    for i in range(2):
        maps[i, target] = (values[span, i] + steps[span, i] * along) / nearness - 0.5
    return list(maps.reshape(2, height, width))


def _expand(first: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # All numbers of the ranges first .. first + counts, and the range index of each.
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) + (first - np.cumsum(counts) + counts)[owner]
