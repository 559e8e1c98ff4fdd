# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a detector's input_width costs in faces and accuracy, and what it gains in time."""

import ctypes
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
import pandas as pd
from typer import Option

from benchmarks.options import SMALL_FACES, Aflw2000
from headpose_ros.detection.mediapipe_common import rgb_for_mediapipe
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.media.sample_head.rendered_head import RenderedHead, sample_rotation
from headpose_ros.media.sources import DEFAULT_RATE, VideoSource
from headpose_ros.quiet import silent_stderr
from training.datasets import read_dataset
from training.detecting import pick_labelled_face
from training.errors import TrainingError
from training.metrics import pose_figures
from training.parallel import one_thread
from training.samples import Sample

Size = tuple[int, int]  # width and height, pixels

INPUT_WIDTHS = (0, 320, 480, 640, 960)  # pixels
FACE_SIZES = (400, 200, 120, 80, 50)  # pixels, longer side of the labelled landmarks' box
HD, FULL_HD = (1280, 720), (1920, 1080)
TIMED_SIZES = ((640, 480), HD, FULL_HD, (3840, 2160))

LOOKS, SETTLE = 30, 4  # frames in which a face may be found, and frames after that
GREY, SEED = (128, 128, 128), 1  # of the frame around a photograph; of all random choices
TIMED, WARM_UP = 60, 10  # frames, and frames before the clock counts
MAX_FACES, VIDEO_FRAMES = 5, 300  # of the video, at the most

_INTRODUCTION = (
    'Where the detector sees nobody, an estimator looks again at parts of the whole frame. '
    'Settings that give the detector the same picture share a row. The tables are printed by '
    '`python -m benchmarks input_width`.'
)
_PHOTOGRAPHS = (
    'AFLW2000-3D in grey frames, each photograph with one size of the face in pixels. A frame is '
    f'shown until a face is found, {LOOKS} times at the most, then {SETTLE} times more; the last '
    'one counts. `looks`: median of the frames until a face is found; `found`: share of those '
    'whose labelled face is. Errors are degrees, on the `common` faces that all settings find. '
    'The model is trained on these photographs: only differences count.'
)
_TIMES = (
    f'The rendered head, turning; medians of {TIMED} frames, the settings taking turns, each row '
    'a fresh process. `0, ms`: a frame that is not shrunk; the others are ratios to it. `memory` '
    'kept: malloc gives no large frame back to the system, which can cost more than the frame.'
)
_VIDEO = f'Mean of the faces in a frame, {MAX_FACES} at the most; enlarging adds no detail.'


class Table(NamedTuple):
    """A table, and what it shows."""

    title: str
    text: str
    rows: pd.DataFrame


def run(
    aflw2000: Aflw2000 = None,
    video: Annotated[Path | None, Option(help='With small faces.')] = SMALL_FACES,
    images: Annotated[int, Option(help='Photographs.')] = 80,
) -> None:
    """Measure and print."""
    for table in measure(aflw2000, video, images):
        rows = table.rows.to_string(index=False, float_format='{:.2f}'.format, na_rep='-')
        print(f'{table.title}\n{table.text}\n\n{rows}\n')


def markdown(tables: list[Table]) -> str:
    """The section of a report."""
    parts = ['## What input_width costs and gains', _INTRODUCTION]
    for title, text, rows in tables:
        parts += [f'### {title}', text, rows.to_markdown(index=False, floatfmt='.2f')]
    return '\n\n'.join(parts)


def measure(aflw2000: Path | None, video: Path | None, images: int = 80) -> list[Table]:
    """Measure what there is data for.

    :param aflw2000: folder of AFLW2000-3D; ``None`` to leave it out.
    :param video: with small faces; ``None`` to leave it out.
    :param images: photographs to choose at random, always the same ones.
    :raises training.errors.TrainingError: the folder is not AFLW2000-3D, or too few photographs.
    :raises headpose_ros.errors.SourceError: it is no video.
    """
    samples = [] if aflw2000 is None else _choose(aflw2000, images)
    source = None if video is None else VideoSource(video)
    tables = []
    with one_thread(), silent_stderr():
        if samples:
            tables.append(Table('Photographs', _PHOTOGRAPHS, _photograph_rows(samples)))
        times = [_time(size, keeps) for size in TIMED_SIZES for keeps in (False, True)]
        tables.append(Table('Time', _TIMES, pd.DataFrame(times)))
        if source is not None:
            tables.append(Table(f'Faces in {video.name}', _VIDEO, _video_rows(source)))
    return tables


def _choose(folder: Path, count: int) -> list[Sample]:
    dataset = read_dataset(folder)
    if dataset.name != 'AFLW2000-3D':
        raise TrainingError(f'{folder}: {dataset.name}; give the folder of AFLW2000-3D')
    if min(count, len(dataset.samples)) < len(FACE_SIZES):
        raise TrainingError(f'too few photographs; want {len(FACE_SIZES)}, one a size, or more')
    chosen = np.random.default_rng(SEED).permutation(len(dataset.samples))[:count]
    return [dataset.samples[i] for i in chosen]


def _pictures(size: Size) -> dict[str, int]:
    """Settings by the picture that the detector gets: their names, and one of them."""
    blank = np.zeros((size[1], size[0], 3), np.uint8)
    same: dict[tuple[int, ...], list[int]] = {}
    for width in INPUT_WIDTHS:
        same.setdefault(rgb_for_mediapipe(blank, width).shape, []).append(width)
    return {', '.join(map(str, widths)): widths[0] for widths in same.values()}


def _photograph_rows(samples: list[Sample]) -> pd.DataFrame:
    places = np.random.default_rng(SEED).uniform(size=(len(samples), 2))
    rows = []
    for size in (HD, FULL_HD):
        for i, face_size in enumerate(FACE_SIZES):
            turn = slice(i, None, len(FACE_SIZES))
            shown = [
                (sample.label, *_place(sample, face_size, size, place))
                for sample, place in zip(samples[turn], places[turn], strict=True)
            ]
            start = {'frame': '{}x{}'.format(*size), 'face': face_size}
            rows += [start | row for row in _compare(shown, size)]
    return pd.DataFrame(rows)


def _place(
    sample: Sample, face_size: int, size: Size, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A frame with a photograph in it, and the labelled region there.

    :param place: (2,) of the face in the frame, 0 to 1.
    """
    scale = face_size / np.ptp(sample.region, axis=0).max()
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    bgr = cv2.resize(sample.read_image(), None, fx=scale, fy=scale, interpolation=way)
    region = scale * sample.region
    margin = np.minimum(face_size, np.array(size) / 2.0)
    centre = margin + place * (size - 2.0 * margin)
    shift = np.round(centre - (region.min(axis=0) + region.max(axis=0)) / 2.0)
    moved = cv2.warpAffine(bgr, np.column_stack([np.eye(2), shift]), size, borderValue=GREY)
    return moved, region + shift


def _compare(shown: list[tuple[np.ndarray, ...]], size: Size) -> list[dict]:
    looks, rotations = {}, {}
    for name, width in _pictures(size).items():
        looked = [_look(frame, region, width) for _, frame, region in shown]
        looks[name], rotations[name] = map(np.array, zip(*looked, strict=True))
    found = {name: np.isfinite(each).all(axis=(1, 2)) for name, each in rotations.items()}
    common = np.all(list(found.values()), axis=0)
    labels = np.array([label for label, _, _ in shown])
    rows = []
    for name, each in rotations.items():
        row = {'input_width': name, 'photographs': len(shown), 'found': found[name].mean()}
        row |= {'looks': pd.Series(looks[name]).median(), 'common': int(common.sum())}
        if common.any():
            figures = pose_figures(each[common], labels[common])
            row |= {key: figures[key] for key in ('MAE', 'geodesic')}
        rows.append(row)
    return rows


def _look(frame: np.ndarray, region: np.ndarray, width: int) -> tuple[float, np.ndarray]:
    """Frames until a face is found, and ``R_opt`` of the labelled one in the end; else NaN."""
    # A new one each time: it would look where the face before was.
    with HeadPoseEstimator(mode='video', input_width=width) as estimator:
        looks = next((i for i in range(1, LOOKS + 1) if estimator.estimate(frame)), np.nan)
        heads = [estimator.estimate(frame) for _ in range(SETTLE)][-1]
    if pick_labelled_face([head.landmarks for head in heads], region) is None:
        return looks, np.full((3, 3), np.nan)
    return looks, heads[0].rotation


def _time(size: Size, keeps: bool) -> dict[str, object]:
    # In a process of its own: what malloc does depends on what ran before.
    start = _keep_memory if keeps else None
    with ProcessPoolExecutor(1, get_context('spawn'), start) as fresh:
        times = fresh.submit(_times, size).result()
    return {'frame': '{}x{}'.format(*size), 'memory': 'kept' if keeps else 'as it is'} | times


def _keep_memory() -> None:
    libc = ctypes.CDLL(None)
    libc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD of glibc's malloc.h: its largest value, bytes
    libc.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD, bytes


def _times(size: Size) -> dict[str, float]:
    head = RenderedHead(*HD)
    seconds: dict[int, list[float]] = {width: [] for width in INPUT_WIDTHS}
    with one_thread(), ExitStack() as stack:
        estimators = {w: HeadPoseEstimator(mode='video', input_width=w) for w in INPUT_WIDTHS}
        list(map(stack.enter_context, estimators.values()))
        for i in range(WARM_UP + TIMED):
            frame = cv2.resize(head.render(sample_rotation(i / DEFAULT_RATE)), size)
            turn = i % len(INPUT_WIDTHS)  # whoever comes first finds less in the caches
            for width in INPUT_WIDTHS[turn:] + INPUT_WIDTHS[:turn]:
                start = time.perf_counter()
                estimators[width].estimate(frame)
                seconds[width].append(time.perf_counter() - start)
    medians = {width: float(np.median(each[WARM_UP:])) for width, each in seconds.items()}
    ratios = {str(width): medians[width] / medians[0] for width in INPUT_WIDTHS[1:]}
    return {'0, ms': 1e3 * medians[0]} | ratios


def _video_rows(source: VideoSource) -> pd.DataFrame:
    rows = []
    for size in dict.fromkeys([next(source.frames()).shape[1::-1], FULL_HD]):
        for name, width in _pictures(size).items():
            frames = islice(source.frames(), VIDEO_FRAMES)
            with HeadPoseEstimator('face_mesh', 'video', MAX_FACES, input_width=width) as finder:
                found = [len(finder.estimate(cv2.resize(frame, size))) for frame in frames]
            rows.append(['{}x{}'.format(*size), name, np.mean(found)])
    return pd.DataFrame(rows, columns=['frame', 'input_width', 'faces'])
