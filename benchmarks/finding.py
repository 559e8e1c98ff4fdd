# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Detection delay by face size; detection rate, false positives and cost of the detectors."""

import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
import pandas as pd
from typer import Option

from benchmarks.errors import BenchmarkError
from benchmarks.frames import RATE, in_light
from benchmarks.options import Aflw2000
from headpose_ros.assets.bundle import YUNET
from headpose_ros.detection.factory import create_detector
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.media.sample_head.rendered_head import RenderedHead
from headpose_ros.people.follower import FollowSettings
from headpose_ros.six_dof import HEAD_WIDTH
from training.datasets import read_dataset
from training.detecting import pick_labelled_face
from training.parallel import run_parallel
from training.samples import Sample

Size = tuple[int, int]  # width and height, pixels

FACE_SIZES = (20, 25, 30, 40, 60)  # pixels, longer side of the labelled landmarks' box
FRAMES: dict[Size, int] = {(640, 480): 15, (1280, 720): 15, (1920, 1080): 30}  # to find it in
MAX_YAW = np.radians(45.0)
GREY, SEED = (128, 128, 128), 1  # of the frame around a photograph; of all random choices
NEAR_FACTOR = 3  # factor on the frames allowed next to a tracked face
SETTLED = 0.5  # seconds for which that face is tracked before
FIELD_OF_VIEW = 60.0  # degrees, horizontal, of the camera for which the range is given
TIMED, WARM_UP = 60, 10  # timed frames, and warm-up frames
NETWORKS = ('full_range', 'short_range', 'yunet')

_SIZES = (
    'Faces of AFLW2000-3D (yaw below 45 degrees) in grey frames, 30 Hz, by the longer side of the '
    'box around their 68 labelled points. `range, m`: distance at which the face of an adult has '
    f'this size, with a {FIELD_OF_VIEW:.0f} degree lens. `found`: share detected within 15 frames '
    '(1920x1080: 30); `beside`: the same next to a tracked face close by, within three times as '
    'many; in both the light varies with every frame, so that the whole image is searched in '
    'turns, as when the camera moves. `still`: as `beside`, but nothing changes except that the '
    'face appears. '
    '`image`: in image mode. `frames`: median until detection, of detected faces.'
)
_NETWORKS = (
    'Detectors for distant faces, each with the short-range network for close ones. `20 px` to '
    '`60 px`: detected within 15 frames at 1280x720, as above; `profiles`: detected in the first '
    'frame, AFLW2000-3D with yaw from 60 degrees; `false`: false positives in 500 photographs of '
    'AFLW2000-3D with the heads painted over, image mode; `look`: time of one search of a '
    '1280x720 frame, in units of tracking one face.'
)


class Cell(NamedTuple):
    """A condition, tested on the same photographs."""

    network: str
    frame: Size
    face: int
    beside: bool = False
    mode: str = 'video'
    still: bool = False


def run(
    aflw2000: Aflw2000 = None,
    images: Annotated[int, Option(help='Photographs of each size.')] = 60,
    networks: Annotated[bool, Option(help='Compare the face detectors too.')] = True,
) -> None:
    """Measure and print."""
    for text, rows in measure(aflw2000, images, networks):
        print(f'{text}\n\n{rows.to_string(index=False)}\n')


def measure(
    aflw2000: Path | None, images: int = 60, networks: bool = True
) -> list[tuple[str, pd.DataFrame]]:
    """Tables, and what they show.

    :raises BenchmarkError: there is no folder of AFLW2000-3D.
    :raises training.errors.TrainingError: it is none.
    """
    if aflw2000 is None:
        raise BenchmarkError('this benchmark requires a folder of AFLW2000-3D')
    samples = read_dataset(aflw2000).samples
    frontal = [each for each in samples if abs(each.label[1]) < MAX_YAW]
    chosen = np.random.default_rng(SEED).permutation(len(frontal))[:images]
    shown = [frontal[i] for i in chosen]
    tables = [(_SIZES, _by_size(shown))]
    if networks:
        tables.append((_NETWORKS, _by_network(shown, samples)))
    return tables


def _by_size(shown: list[Sample]) -> pd.DataFrame:
    rows = []
    for size in FRAMES:
        cells = [
            cell
            for face in FACE_SIZES
            for cell in (
                Cell('auto', size, face),
                Cell('auto', size, face, beside=True),
                Cell('auto', size, face, beside=True, still=True),
                Cell('auto', size, face, mode='image'),
            )
        ]
        frames = _found_in(cells, shown)
        for i, face in enumerate(FACE_SIZES):
            alone, beside, still, image = frames[4 * i : 4 * i + 4]
            rows.append({
                'frame': '{}x{}'.format(*size),
                'face, px': face,
                'range, m': _range(size[0], face),
                'found': _share(alone, FRAMES[size]),
                'frames': np.nanmedian(alone),
                'beside': _share(beside, NEAR_FACTOR * FRAMES[size]),
                'frames beside': np.nanmedian(beside),
                'still': _share(still, NEAR_FACTOR * FRAMES[size]),
                'frames still': np.nanmedian(still),
                'image': _share(image, 1),
            })
    return pd.DataFrame(rows)


def _by_network(shown: list[Sample], samples: list[Sample]) -> pd.DataFrame:
    size = (1280, 720)
    known = [name for name in NETWORKS if name != 'yunet' or YUNET.path.is_file()]
    profiles = [each for each in samples if abs(each.label[1]) >= np.radians(60.0)]
    rows = []
    for name in known:
        cells = [Cell(name, size, face) for face in FACE_SIZES]
        found = _found_in(cells, shown)
        row: dict[str, object] = {'network': name}
        for face, frames in zip(FACE_SIZES, found, strict=True):
            row[f'{face} px'] = _share(frames, FRAMES[size])
        first = _parallel(_is_found_at_once, [(name, each) for each in profiles])
        row['profiles'] = f'{np.mean(first):.1%}'
        row['false'] = sum(_parallel(_false_faces, [(name, each) for each in samples[:500]]))
        row['look'] = round(_look_time(name, size), 2)
        rows.append(row)
    return pd.DataFrame(rows)


def _range(width: int, face: int) -> float:
    """Distance, metres, of a face of this size in images of this width."""
    focal_length = width / 2.0 / np.tan(np.radians(FIELD_OF_VIEW) / 2.0)
    return round(focal_length * HEAD_WIDTH / face, 1)


def _share(frames: np.ndarray, limit: int) -> str:
    return f'{np.mean(frames <= limit):.0%}'


def _found_in(cells: list[Cell], samples: list[Sample]) -> list[np.ndarray]:
    """Frames until detection, NaN for never, for each cell and sample."""
    tasks = [
        (cell, sample, place)
        for cell in cells
        for sample, place in zip(
            samples, np.random.default_rng(SEED).uniform(size=(len(samples), 2)), strict=True
        )
    ]
    return np.split(np.array(_parallel(_frames_until, tasks)), len(cells))


def _parallel(function: Callable, tasks: list[tuple]) -> list:
    return run_parallel(function, tasks, -1, function.__name__.strip('_'), 'face')


@cache  # per process: a detector takes longer to start than to detect a face
def _kept_estimator(network: str, mode: str) -> HeadPoseEstimator:
    return HeadPoseEstimator(mode=mode, face_detector=network)


def _fresh_estimator(network: str, mode: str) -> HeadPoseEstimator:
    """A detector without tracks: a frame of another size resets it."""
    estimator = _kept_estimator(network, mode)
    estimator.estimate(np.zeros((64, 64, 3), np.uint8), stamp=0.0)
    return estimator


def _frames_until(cell: Cell, sample: Sample, place: np.ndarray) -> float:
    limit = FRAMES[cell.frame] * (NEAR_FACTOR if cell.beside else 1)
    frame, region = paste(sample, cell.face, cell.frame, place, 0.5 if cell.beside else 0.0)
    count = 1 if cell.mode == 'image' else limit
    estimator = _fresh_estimator(cell.network, cell.mode)
    before = 0
    if cell.beside:
        near = _with_near_face(np.full_like(frame, GREY[0]))
        before = round(SETTLED * RATE)
        for i in range(before):
            estimator.estimate(near if cell.still else in_light(near, i), stamp=i / RATE)
        frame = _with_near_face(frame)
    for i in range(before, before + count):
        shown = frame if cell.still else in_light(frame, i)
        if _is_found(estimator.estimate(shown, stamp=i / RATE), region):
            return i - before + 1.0
    return np.nan


def _is_found(heads: list[HeadPose], region: np.ndarray) -> bool:
    found = [head.landmarks for head in heads if head.is_sure(FollowSettings.max_std)]
    return pick_labelled_face(found, region) is not None


def paste(
    sample: Sample, face_size: int, size: Size, place: np.ndarray, left: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """A grey frame with a face from a photograph, and its labelled region.

    :param place: (2,) of the face in the frame, 0 to 1.
    :param left: share of the frame kept free on the left.
    """
    scale = face_size / np.ptp(sample.region, axis=0).max()
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    bgr = cv2.resize(sample.read_image(), None, fx=scale, fy=scale, interpolation=way)
    region = scale * sample.region
    low = np.array([left * size[0], 0.0])
    margin = np.minimum(2.0 * face_size, (size - low) / 2.0)
    centre = low + margin + place * (size - low - 2.0 * margin)
    shift = np.round(centre - (region.min(axis=0) + region.max(axis=0)) / 2.0)
    matrix = np.column_stack([np.eye(2), shift])
    return cv2.warpAffine(bgr, matrix, size, borderValue=GREY), region + shift


@cache
def _near_face(side: int) -> np.ndarray:
    return RenderedHead(side, side).render(np.eye(3))


def _with_near_face(frame: np.ndarray) -> np.ndarray:
    """The frame with the rendered head in its left half."""
    both = frame.copy()
    side = min(frame.shape[0], frame.shape[1] // 2)
    both[:side, :side] = _near_face(side)
    return both


def _is_found_at_once(network: str, sample: Sample) -> bool:
    heads = _fresh_estimator(network, 'video').estimate(sample.read_image(), stamp=1.0)
    return _is_found(heads, sample.region)


def _false_faces(network: str, sample: Sample) -> int:
    bgr = sample.read_image()
    centre, extent = sample.region.mean(axis=0), np.ptp(sample.region, axis=0)
    centre[1] -= 0.15 * extent[1]
    colour = bgr.reshape(-1, 3).mean(axis=0).tolist()
    axes = (0.85 * extent[0], extent[1])
    cv2.ellipse(
        bgr, tuple(map(int, centre)), tuple(map(int, axes)), 0.0, 0.0, 360.0, colour, cv2.FILLED
    )
    heads = _fresh_estimator(network, 'image').estimate(bgr)
    return sum(head.is_sure(FollowSettings.max_std) for head in heads)


def _look_time(network: str, size: Size) -> float:
    """Time of one search of a tile, relative to tracking one face."""
    frame = cv2.resize(_near_face(size[1]), size)
    seconds = []
    for rate in (0.0, 1e6):  # never search, and search in every frame
        with closing(create_detector('face_mesh', 'video', 5, None, network, rate)) as detector:
            each = []
            for i in range(WARM_UP + TIMED):
                shown = in_light(frame, i)
                start = time.perf_counter()
                detector.detect(shown, i / RATE)
                each.append(time.perf_counter() - start)
        seconds.append(np.median(each[WARM_UP:]))
    return seconds[1] / seconds[0] - 1.0
