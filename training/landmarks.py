# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Images and labels to a landmark file: detects faces in every image and its augmentations."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from headpose_ros.landmarks import LANDMARK_COUNT
from training.augmentation import PLAIN
from training.detecting import Chunk, Search, detect_chunks, plan_search, split
from training.landmark_file import LandmarkFile, Rows, write_landmark_file
from training.landmark_parts import Parts
from training.metrics import yaw_masks
from training.samples import Dataset


def extract_landmarks(
    dataset: Dataset,
    detector: str,
    augmentations: Sequence[str],
    jobs: int = -1,
    bundle: str | os.PathLike | None = None,
) -> LandmarkFile:
    """Landmarks of the labelled faces of a dataset, in memory.

    :param detector: name of a detector, see ``headpose_ros.detection.factory.NETWORKS``.
    :param augmentations: names, of ``training.augmentation.AUGMENTATION_NAMES``.
    :param jobs: processes; -1 for one per core.
    :param bundle: file of the detector, see ``headpose_ros.detection.factory.create_detector``.
    :raises TrainingError: an image cannot be read, or the detector takes no bundle.
    :raises headpose_ros.errors.DetectorUnavailableError: the detector is not installed.
    """
    search = plan_search(detector, augmentations, bundle)
    chunks = list(enumerate(split(dataset.samples)))
    found = sorted(_with_progress(detect_chunks(search, chunks, jobs), dataset, search))
    return LandmarkFile(
        **_description(dataset, search),
        names=np.repeat([sample.name for sample in dataset.samples], len(augmentations)),
        groups=np.repeat([sample.group for sample in dataset.samples], len(augmentations)),
        augmentations=np.tile(augmentations, len(dataset.samples)),
        labels=np.concatenate([chunk.labels for chunk in found]),
        landmarks=np.concatenate([chunk.landmarks for chunk in found]),
    )


def store_landmarks(
    dataset: Dataset,
    search: Search,
    parts: Parts,
    out: Path,
    jobs: int = -1,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Process what is missing of a dataset and write its landmark file.

    Holds a few chunks in memory. The file does not depend on the workers or on interruptions; the
    parts are deleted once it is written.

    :param parts: entered.
    :param out: path of the landmark file.
    :param jobs: processes; -1 for one per core.
    :param scheduler: of a Dask cluster to use instead, see ``detect_chunks``.
    :return: as of ``found_table``.
    :raises TrainingError: as ``training.detecting.detect_chunks``.
    :raises headpose_ros.errors.DetectorUnavailableError: the detector is not installed.
    """
    chunks = split(dataset.samples)
    missing = [(index, chunk) for index, chunk in enumerate(chunks) if index not in parts.done]
    there = sum(len(chunks[index]) for index in parts.done)
    if missing:
        found = detect_chunks(search, missing, jobs, scheduler)
        for chunk in _with_progress(found, dataset, search, there):
            parts.add(chunk)
    unfinished = parts.folder / out.name
    write_landmark_file(unfinished, _content(dataset, search, parts))
    table = _table_of_parts(search, parts)
    unfinished.replace(out)
    parts.remove()
    return table


def found_table(data: LandmarkFile) -> pd.DataFrame:
    """Images, detected faces and detection rate by yaw range, without augmentations."""
    return _found_table(data.labels[data.plain], data.found[data.plain])


def _found_table(labels: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    rows = [
        {
            'abs(yaw), deg': name,
            'images': int(mask.sum()),
            'found': int(found[mask].sum()),
            'share': f'{found[mask].mean():.1%}' if mask.any() else '',
        }
        for name, mask in yaw_masks(labels[:, 1]).items()
    ]
    return pd.DataFrame(rows)


def _table_of_parts(search: Search, parts: Parts) -> pd.DataFrame:
    plain = search.augmentations.index(PLAIN)
    step = len(search.augmentations)
    labels = [piece[plain::step] for piece in parts.pieces('labels')]
    found = [
        np.isfinite(piece[plain::step]).all(axis=(1, 2)) for piece in parts.pieces('landmarks')
    ]
    return _found_table(np.concatenate(labels), np.concatenate(found))


def _content(dataset: Dataset, search: Search, parts: Parts) -> dict[str, object | Rows]:
    """Content for ``write_landmark_file``."""
    samples, augmentations = dataset.samples, np.array(search.augmentations)
    count = len(samples) * len(augmentations)
    names = np.array([sample.name for sample in samples])
    groups = np.array([sample.group for sample in samples])
    landmarks = tqdm(
        parts.pieces('landmarks'), 'writing', len(split(samples)), unit='part', dynamic_ncols=True
    )
    return {
        **_description(dataset, search),
        'names': _repeated(names, len(augmentations)),
        'groups': _repeated(groups, len(augmentations)),
        'augmentations': Rows(augmentations.dtype, (count,), (augmentations for _ in samples)),
        'labels': Rows(np.dtype(float), (count, 3), parts.pieces('labels')),
        'landmarks': Rows(np.dtype(np.float32), (count, LANDMARK_COUNT, 3), landmarks),
    }


def _repeated(texts: np.ndarray, times: int) -> Rows:
    """Each of (n,) str repeated; shorter ones take as many bytes."""
    pieces = (np.full(times, text, texts.dtype) for text in texts)
    return Rows(texts.dtype, (len(texts) * times,), pieces)


def _description(dataset: Dataset, search: Search) -> dict[str, Any]:
    """The scalar fields of a landmark file."""
    return {
        'detector': search.detector,
        'detector_version': search.detector_version,
        'dataset': dataset.name,
        'terms': dataset.terms,
        'left_out': dataset.left_out,
    }


def _with_progress(
    chunks: Iterable[Chunk], dataset: Dataset, search: Search, done: int = 0
) -> Iterator[Chunk]:
    """Chunks as they complete, with a progress bar in images."""
    bar = tqdm(
        total=len(dataset.samples),
        initial=done,
        desc=f'{search.detector} landmarks',
        unit='image',
        dynamic_ncols=True,
    )
    with bar:
        for chunk in chunks:
            bar.update(len(chunk.labels) // len(search.augmentations))
            yield chunk
