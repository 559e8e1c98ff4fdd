# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs a face detector on chunks of images, in local processes or on a Dask cluster."""

import hashlib
import os
import platform
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headpose_ros.assets.bundle import find_bundle, read_bundle
from headpose_ros.detection import face_landmarker
from headpose_ros.detection.base import FaceDetector
from headpose_ros.detection.factory import create_detector
from headpose_ros.detection.mediapipe_common import INSTALL
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import LANDMARK_COUNT, overlap
from headpose_ros.quiet import silent_stderr
from training.augmentation import AUGMENTATIONS, PLAIN, chance_of
from training.dask_cluster import dask_cluster
from training.errors import TrainingError
from training.parallel import end_with, one_thread, processes, stream_parallel
from training.rendered_poses import RENDERED, can_be_rendered
from training.samples import Sample
from training.turnable_head import TurnableHead

# Minimum overlap (intersection over union) of the landmark box and the labelled region for a face
# to be the labelled one. On AFLW2000-3D everything below is another person or a false positive,
# everything above is correct.
MIN_OVERLAP = 0.3

MAX_FACES = 5  # from which the labelled one is selected

# Lower than that of the node: the label shows what is a face.
MIN_DETECTION_CONFIDENCE = 0.5

# Small, so that all cores finish at about the same time and little is lost on interruption; a
# chunk without augmentations still takes a hundred times as long as its transfer.
IMAGES_PER_CHUNK = 10

_NOT_FOUND = np.full((LANDMARK_COUNT, 3), np.nan, np.float32)

# Detectors are not thread-safe, and Dask workers may have several threads. Starting one redirects
# the standard error of the whole process.
_of_thread = threading.local()
_starting = threading.Lock()


@dataclass(frozen=True)
class Search:
    """How each image is processed.

    :ivar detector: key of ``headpose_ros.detection.factory.NETWORKS``.
    :ivar mediapipe: version of MediaPipe.
    :ivar bundle: absolute path of the detector's file, if it takes one.
    :ivar bundle_sha256: of its content; empty without one.
    :ivar augmentations: names, of ``training.augmentation.AUGMENTATION_NAMES``.
    """

    detector: str
    mediapipe: str
    bundle: Path | None
    bundle_sha256: str
    augmentations: tuple[str, ...]

    @property
    def detector_version(self) -> str:
        """See ``training.landmark_file.LandmarkFile``."""
        return f'mediapipe {self.mediapipe}'

    def check_here(self) -> None:
        """Check that this machine gives the same results.

        :raises TrainingError: MediaPipe or the bundle differs.
        :raises DetectorUnavailableError: not installed.
        """
        here = _mediapipe_version()
        if here != self.mediapipe:
            raise TrainingError(
                f'{platform.node()} has mediapipe {here}, expected {self.mediapipe} as on the '
                'machine that started this; install the same version on both'
            )
        if self.bundle and self.bundle_sha256 and _sha256(self.bundle) != self.bundle_sha256:
            raise TrainingError(
                f'{self.bundle} on {platform.node()} differs from that on the machine that '
                'started this; copy it there'
            )

    def create_detector(self) -> FaceDetector:
        """Create the detector, without MediaPipe's start-up output.

        :raises TrainingError: the detector takes no bundle, or as ``check_here``.
        :raises DetectorUnavailableError: the detector is not installed.
        """
        try:
            with _starting, silent_stderr():
                self.check_here()
                return create_detector(
                    self.detector, 'image', MAX_FACES, self.bundle,
                    min_detection_confidence=MIN_DETECTION_CONFIDENCE,
                )
        except ValueError as error:
            raise TrainingError(str(error)) from error


class Chunk(NamedTuple):
    """Results of images processed together.

    :ivar index: of the chunk, from 0.
    :ivar labels: (n, 3) radians, of n images and augmentations, see ``LandmarkFile``.
    :ivar landmarks: (n, 468, 3) ``float32`` pixels, see ``LandmarkFile``.
    """

    index: int  # type: ignore[assignment]  # shadows tuple.index, which is not used
    labels: np.ndarray
    landmarks: np.ndarray


def plan_search(
    detector: str, augmentations: Iterable[str], bundle: str | os.PathLike | None
) -> Search:
    """Create a ``Search`` with the versions and files of this machine.

    :raises DetectorUnavailableError: the detector or its bundle is not installed.
    """
    path = None if bundle is None else Path(bundle)
    sha256 = ''
    if detector == face_landmarker.NAME:
        path = find_bundle(bundle).absolute()
        sha256 = _sha256(path)
    return Search(detector, _mediapipe_version(), path, sha256, tuple(augmentations))


def split(samples: list[Sample]) -> list[list[Sample]]:
    """Samples in chunks, deterministically."""
    starts = range(0, len(samples), IMAGES_PER_CHUNK)
    return [samples[start : start + IMAGES_PER_CHUNK] for start in starts]


def detect_chunks(
    search: Search,
    chunks: Iterable[tuple[int, list[Sample]]],
    jobs: int = -1,
    scheduler: str | None = None,
) -> Iterator[Chunk]:
    """Results for chunks of samples, as they complete.

    :param chunks: indices and samples.
    :param jobs: processes; -1 for one per core.
    :param scheduler: address of a Dask scheduler to use instead.
    :raises TrainingError: an image cannot be read, or the detector takes no bundle, or the
        cluster cannot be used.
    :raises DetectorUnavailableError: the detector is not installed.
    """
    if scheduler is None:
        with processes(jobs):
            here = os.getpid()
            yield from stream_parallel(
                _detect_quietly, ((here, search, index, samples) for index, samples in chunks)
            )
        return
    with dask_cluster(scheduler, search.check_here) as stall:
        absolute = (
            (search, index, [replace(each, image=each.image.absolute()) for each in samples])
            for index, samples in chunks
        )
        yield from stream_parallel(_detect_with_one_thread, absolute, stall)


def pick_labelled_face(faces: list[np.ndarray], region: np.ndarray) -> np.ndarray | None:
    """The face with the largest overlap with the labelled region, if sufficient.

    :param faces: (468, 3) pixels each.
    :param region: (n, 2) pixels spanning the labelled face.
    """
    overlaps = [overlap(face[:, :2], region) for face in faces]
    if not overlaps or max(overlaps) < MIN_OVERLAP:
        return None
    return faces[int(np.argmax(overlaps))]


def _detect_quietly(parent: int, search: Search, index: int, samples: list[Sample]) -> Chunk:
    if os.getpid() != parent:  # a single process is the parent itself
        end_with(parent)
    # Output of MediaPipe and the image decoders would garble the progress bar.
    with silent_stderr():
        return _detect(search, index, samples)


def _detect_with_one_thread(search: Search, index: int, samples: list[Sample]) -> Chunk:
    # joblib's Dask backend does not limit threads.
    with one_thread():
        return _detect(search, index, samples)


def _detect(search: Search, index: int, samples: list[Sample]) -> Chunk:
    detector = _kept_detector(search)
    labels, landmarks = [], []
    for sample in samples:
        for label, face in _labelled_faces(detector, sample, search.augmentations):
            labels.append(label)
            landmarks.append(_NOT_FOUND if face is None else face.astype(np.float32))
    return Chunk(index, np.array(labels), np.array(landmarks))


def _labelled_faces(
    detector: FaceDetector, sample: Sample, augmentations: tuple[str, ...]
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Label (3,) and landmarks (468, 3) of each augmentation; ``None`` if no face is found."""

    def find(image: np.ndarray, region: np.ndarray) -> np.ndarray | None:
        return pick_labelled_face([each.landmarks for each in detector.detect(image)], region)

    bgr = _read(sample)
    plain = find(bgr, sample.region)
    head = None
    if not RENDERED.keys().isdisjoint(augmentations) and plain is not None:
        head = TurnableHead(bgr, plain) if can_be_rendered(plain, sample.label) else None
    for name in augmentations:
        if name == PLAIN:
            yield sample.label, plain
        elif name in AUGMENTATIONS:
            augmentation = AUGMENTATIONS[name].of(sample.region)
            image = augmentation.image(bgr, sample.region)
            region = augmentation.points(sample.region, bgr.shape)
            yield augmentation.label(sample.label), find(image, region)
        elif head is None:
            yield sample.label, None
        else:
            chance = chance_of(sample.region, name)
            rendered = RENDERED[name].of(head, sample.label, chance)
            face = find(rendered.image, rendered.landmarks)
            yield rendered.label, face if face is not None and rendered.is_seen(face) else None


def _read(sample: Sample) -> np.ndarray:
    if not sample.image.is_file():
        raise TrainingError(
            f'{sample.image}: no such image on {platform.node()}; the dataset must have the same '
            'path on every machine'
        )
    return sample.read_image()


def _kept_detector(search: Search) -> FaceDetector:
    """The cached detector of this thread; starting one takes longer than a chunk."""
    if getattr(_of_thread, 'search', None) != search:
        if hasattr(_of_thread, 'detector'):
            _of_thread.detector.close()
            del _of_thread.detector, _of_thread.search
        _of_thread.detector = search.create_detector()
        _of_thread.search = search
    return _of_thread.detector


def _mediapipe_version() -> str:
    try:
        return version('mediapipe')
    except PackageNotFoundError as error:
        raise DetectorUnavailableError(
            f'MediaPipe is not installed on {platform.node()}; install it with {INSTALL}'
        ) from error


def _sha256(bundle: Path) -> str:
    return hashlib.sha256(read_bundle(bundle)).hexdigest()
