# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Folder with the completed parts of a landmark file, for resuming."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from headpose_ros.landmarks import LANDMARK_COUNT
from training.detecting import IMAGES_PER_CHUNK, Chunk, Search, split
from training.errors import TrainingError
from training.landmark_file import FORMAT
from training.samples import Dataset

_JOB = 'job.json'
_ENDING = '.part.npz'


class Parts:
    """Completed chunks, one file each, and a description of the job.

    A context manager that locks the folder for one process. The folder is created on entering and,
    if not empty, kept on leaving unless ``remove`` was called.

    :param out: the landmark file, which names the folder.
    :param dataset: of the samples.
    :param search: how they are processed.
    :raises TrainingError: on entering: the folder is in use, or has other contents.
    """

    def __init__(self, out: Path, dataset: Dataset, search: Search):
        self.folder = out.with_name(f'{out.name}.parts')
        self._out = out
        self._job = _describe(dataset, search)
        self._rows = [len(chunk) * len(search.augmentations) for chunk in split(dataset.samples)]
        self.done: set[int] = set()

    def __enter__(self) -> 'Parts':
        self.folder.mkdir(exist_ok=True)
        # The system releases the lock however the process ends.
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            self._enter()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.folder.is_dir() and not self.done:
            self.remove()
        os.close(self._lock)

    @property
    def share_done(self) -> float:
        """Share of the images, 0 to 1."""
        return sum(self._rows[index] for index in self.done) / sum(self._rows)

    def add(self, chunk: Chunk) -> None:
        """Store a chunk atomically."""
        path = self._path(chunk.index)
        unfinished = path.with_suffix('.tmp.npz')
        # By name: with an open file, zipfile complains when interrupted by Ctrl-C.
        np.savez(unfinished, labels=chunk.labels, landmarks=chunk.landmarks)
        unfinished.replace(path)
        self.done.add(chunk.index)

    def pieces(self, name: str) -> Iterator[np.ndarray]:
        """``'labels'`` (n, 3) or ``'landmarks'`` (n, 468, 3) of each chunk, in order.

        See ``training.detecting.Chunk``.
        """
        for index in range(len(self._rows)):
            with np.load(self._path(index), allow_pickle=False) as part:
                yield part[name]

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder)

    def _enter(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(
                f'{self._out} is being written by another process; wait for it, or use another '
                '--out'
            ) from error
        description = self.folder / _JOB
        if description.is_file():
            self._check_job(description)
            indices = tqdm(range(len(self._rows)), 'parts', unit='part', dynamic_ncols=True)
            self.done = {index for index in indices if self._is_whole(index)}
        elif any(self.folder.iterdir()):
            raise TrainingError(
                f'{self.folder} has other contents than parts of a landmark file; move it, or use '
                'another --out'
            )
        else:
            unfinished = self.folder / f'{_JOB}.tmp'
            unfinished.write_text(json.dumps(self._job, indent=1), encoding='utf-8')
            unfinished.replace(description)

    def _check_job(self, description: Path) -> None:
        try:
            other = dict(json.loads(description.read_text(encoding='utf-8')))
        except (ValueError, TypeError) as error:
            raise TrainingError(f'{description}: not readable; delete {self.folder}') from error
        different = [
            f'{key} {other.get(key)!r} instead of {value!r}'
            for key, value in self._job.items()
            if other.get(key) != value
        ]
        if different:
            raise TrainingError(
                f'{self.folder} has parts of another landmark file ({"; ".join(different)}); '
                'complete that with its own options, delete the folder, or use another --out'
            )

    def _is_whole(self, index: int) -> bool:
        path = self._path(index)
        if not path.is_file():
            return False
        rows = self._rows[index]
        try:
            with np.load(path, allow_pickle=False) as part:  # compares checksums
                shapes = (part['labels'].shape, part['landmarks'].shape)
        except Exception:  # numpy and zipfile may raise anything for a damaged file
            return False
        return shapes == ((rows, 3), (rows, LANDMARK_COUNT, 3))

    def _path(self, index: int) -> Path:
        return self.folder / f'{index:06}{_ENDING}'


def _describe(dataset: Dataset, search: Search) -> dict[str, object]:
    """All inputs of the parts, except image pixels."""
    samples = hashlib.sha256()
    for sample in dataset.samples:
        samples.update(f'{sample.name}\n{sample.group}\n'.encode())
        samples.update(sample.label.tobytes())
        samples.update(np.ascontiguousarray(sample.region).tobytes())
    return {
        'format': FORMAT,
        'images in a part': IMAGES_PER_CHUNK,
        'dataset': dataset.name,
        'images': len(dataset.samples),
        'sha256 of names and labels': samples.hexdigest(),
        'detector': search.detector,
        'version': search.detector_version,
        'sha256 of the bundle': search.bundle_sha256,
        'augmentations': list(search.augmentations),
    }
