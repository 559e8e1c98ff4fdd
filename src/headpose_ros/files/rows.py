# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Heads as CSV or JSON Lines rows, one per face."""

import csv
import json
import math
from collections.abc import Callable
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from headpose_ros.attention import facing_camera
from headpose_ros.files.readers import Frame
from headpose_ros.head_pose import HeadPose
from headpose_ros.people.follower import People

AXES = ('roll', 'pitch', 'yaw')
COLUMNS = (
    'source', 'frame', 'stamp', 'id', 'primary',
    *(f'{axis}_deg' for axis in AXES),
    *(f'{axis}_std_deg' for axis in AXES),
    'x', 'y', 'width', 'height',
    'score', 'facing_camera',
    'x_m', 'y_m', 'z_m', 'distance_std_m', 'from_depth',
)

# Decimals; a float64 of seconds since 1970 resolves no more.
STAMP_DIGITS = 6
ANGLE_DIGITS = 4  # degrees
PIXEL_DIGITS = 2
METRE_DIGITS = 4
PROBABILITY_DIGITS = 3

Row = dict[str, Any]
WriteRow = Callable[[Row], object]
MakeWriter = Callable[[TextIO, bool], WriteRow]  # bool: output is UTF-8


def _csv_writer(file: TextIO, _: bool) -> WriteRow:
    writer = csv.DictWriter(file, COLUMNS, lineterminator='\n')
    writer.writeheader()
    return writer.writerow


def _json_lines_writer(file: TextIO, is_utf8: bool) -> WriteRow:
    return lambda row: file.write(json.dumps(row, ensure_ascii=not is_utf8) + '\n')


# CSV with a header, for spreadsheets and pandas; one JSON object per line, for jq and pandas.
WRITERS: dict[str, MakeWriter] = {'csv': _csv_writer, 'jsonl': _json_lines_writer}


def rows_of(frame: Frame, people: People) -> list[Row]:
    """Rows of the people in a frame, largest face first."""
    return [_row(frame, people, head) for head in people.heads]


def _row(frame: Frame, people: People, head: HeadPose) -> Row:
    stamp = None if math.isnan(frame.stamp) else round(frame.stamp, STAMP_DIGITS)
    values = [
        frame.source, frame.number, stamp, head.track_id, int(head is people.primary),
        *_rounded(np.degrees(head.rpy), ANGLE_DIGITS),
        *_rounded(np.degrees(head.std), ANGLE_DIGITS),
        *_rounded(head.bbox, PIXEL_DIGITS),
        *_rounded([head.score, facing_camera(head)], PROBABILITY_DIGITS),
        *_place(people, head),
    ]
    return dict(zip(COLUMNS, values, strict=True))


def _place(people: People, head: HeadPose) -> list[Any]:
    # Needs a calibrated camera.
    if head.sight is None:
        return [None] * 5
    pose = people.poses.of(head)
    ray = pose.position / np.linalg.norm(pose.position)
    distance_std = np.sqrt(ray @ pose.covariance[:3, :3] @ ray)
    metres = _rounded(np.append(pose.position, distance_std), METRE_DIGITS)
    return [*metres, int(people.poses.is_measured(head))]


def _rounded(numbers: npt.ArrayLike, digits: int) -> list[float]:
    # Via float64: a float32 would not round to few decimals.
    return np.round(np.asarray(numbers, float), digits).tolist()
