# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Cost of a depth camera: per face, and for decoding a depth image."""

import timeit
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from headpose_ros.camera.camera import Camera, opencv_matrix
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.depth import read_compressed_depth, read_depth
from headpose_ros.media.sample_head.depth_camera import StructuredLight
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.people.head_widths import HeadWidths

WIDTH, HEIGHT = 640, 480
TIMED = 300  # repetitions


def run() -> None:
    """Print a table of milliseconds."""
    head = RenderedHead(WIDTH, HEIGHT)
    matrix = opencv_matrix(head.camera_matrix)
    camera = Camera(matrix, np.zeros(0), 'plumb_bob', WIDTH, HEIGHT)
    sensor = StructuredLight(WIDTH, HEIGHT, matrix[0, 0])
    depth = sensor.see(head.render_depth(np.eye(3)))
    with HeadPoseEstimator() as estimator:
        (found,) = estimator.estimate(head.render(np.eye(3)), camera)
    raw = SimpleNamespace(
        encoding='16UC1', width=WIDTH, height=HEIGHT, step=2 * WIDTH, is_bigendian=0,
        data=depth.tobytes(),
    )
    png = SimpleNamespace(
        format='16UC1; compressedDepth png',
        data=bytes(12) + cv2.imencode('.png', depth)[1].tobytes(),
    )
    # As in the node, see ros.rclpy_extras.run.
    with threadpool_limits(limits=1, user_api='blas'):
        rows = [
            *((f'{count} faces with depth', _widths(found, count, depth)) for count in (1, 3)),
            ('1 face, depth missing', _widths(found, 1, None)),
            ('raw depth to pixels', lambda: read_depth(raw)),
            ('compressedDepth (PNG) to pixels', lambda: read_compressed_depth(png)),
        ]
        table = [(what, _median(work)) for what, work in rows]
    print(pd.DataFrame(table, columns=['640x480', 'ms']).to_markdown(index=False, floatfmt='.2f'))


def _widths(found: HeadPose, count: int, depth: np.ndarray | None) -> Callable[[], object]:
    heads = [replace(found, track_id=f'f{i}') for i in range(count)]
    ids = {head.track_id for head in heads}
    widths, stamps = HeadWidths(), iter(np.arange(10 * TIMED) / 30.0)
    return lambda: widths.update(
        heads, ids, next(stamps), (WIDTH, HEIGHT), 0.138, lambda stamp: depth
    )


def _median(work: Callable[[], object]) -> float:
    return 1e3 * float(np.median(timeit.repeat(work, number=1, repeat=TIMED)))
