# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The folder beside a landmark file in which what is done of it waits for the rest."""

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
    """Chunks that are done, a file each, and what they are chunks of.

    A context manager: one process at a time has the folder. It is made at the start, and is left
    behind with what is in it, if anything is, unless ``remove`` was called.

    :param out: the landmark file; the folder is named after it.
    :param dataset: of which samples.
    :param search: what is done with them.
    :raises TrainingError: at the start: the folder is in use, or holds something else.
    """

    def __init__(self, out: Path, dataset: Dataset, search: Search):
        self.folder = out.with_name(f'{out.name}.parts')
        self._out = out
        self._job = _describe(dataset, search)
        self._rows = [len(chunk) * len(search.copies) for chunk in split(dataset.samples)]
        self.done: set[int] = set()

    def __enter__(self) -> 'Parts':
        self.folder.mkdir(exist_ok=True)
        # The system lets go of a lock when the process ends, however it does.
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
        """Of the images, 0 to 1."""
        return sum(self._rows[index] for index in self.done) / sum(self._rows)

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk; it is there whole or not at all, whenever the process ends."""
        path = self._path(chunk.index)
        unfinished = path.with_suffix('.tmp.npz')
        # By its name: with an open file, zipfile would complain of a Ctrl-C in the middle.
        np.savez(unfinished, labels=chunk.labels, landmarks=chunk.landmarks)
        unfinished.replace(path)
        self.done.add(chunk.index)

    def pieces(self, name: str) -> Iterator[np.ndarray]:
        """``'labels'`` (n, 3) or ``'landmarks'`` (n, 468, 3) of all chunks, one after the other.

        As ``training.detecting.Chunk`` has them.
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
                f'{self._out} is being made by another process; wait for it, or give another --out'
            ) from error
        description = self.folder / _JOB
        if description.is_file():
            self._check_job(description)
            indices = tqdm(range(len(self._rows)), 'parts', unit='part', dynamic_ncols=True)
            self.done = {index for index in indices if self._is_whole(index)}
        elif any(self.folder.iterdir()):
            raise TrainingError(
                f'{self.folder} is no folder of parts of a landmark file; move it, or give '
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
                f'{self.folder} holds parts of another landmark file ({"; ".join(different)}); '
                'finish that with its own options, delete the folder, or give another --out'
            )

    def _is_whole(self, index: int) -> bool:
        path = self._path(index)
        if not path.is_file():
            return False
        rows = self._rows[index]
        try:
            with np.load(path, allow_pickle=False) as part:  # compares checksums
                shapes = (part['labels'].shape, part['landmarks'].shape)
        except Exception:  # numpy and zipfile raise whatever a broken file leads to
            return False
        return shapes == ((rows, 3), (rows, LANDMARK_COUNT, 3))

    def _path(self, index: int) -> Path:
        return self.folder / f'{index:06}{_ENDING}'


def _describe(dataset: Dataset, search: Search) -> dict[str, object]:
    """What the content of the parts depends on, besides the pixels of the images."""
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
        'copies': list(search.copies),
    }
