"""Images and labels to a landmark file: every image and its copies through a face detector."""

import os
from contextlib import closing
from importlib.metadata import version

import numpy as np
import pandas as pd

from headpose_ros.detector import create_detector
from headpose_ros.face_geometry import overlap
from headpose_ros.features import LANDMARK_COUNT
from headpose_ros.quiet import silent_stderr
from training.copies import COPIES, PLAIN
from training.errors import TrainingError
from training.landmark_file import FIRST_LOOK, LandmarkFile
from training.metrics import yaw_masks
from training.parallel import run_parallel
from training.samples import Dataset, Sample

# Overlap (intersection over union) of the landmarks' box with the labelled region's from which a
# face counts as the labelled one. On AFLW2000-3D everything below is another person or a wrong
# place, and everything above is right.
MIN_OVERLAP = 0.3

_IMAGES_PER_TASK = 25
_NOT_FOUND = np.full((LANDMARK_COUNT, 3), np.nan, np.float32)


def extract_landmarks(
    dataset: Dataset,
    detector: str,
    copies: list[str],
    jobs: int = -1,
    bundle: str | os.PathLike | None = None,
    retry: bool = True,
) -> LandmarkFile:
    """Landmarks of the labelled faces of a dataset.

    :param detector: name of a detector, see ``headpose_ros.detector.DETECTORS``.
    :param copies: keys of ``training.copies.COPIES``.
    :param jobs: processes; -1 for one a core.
    :param bundle: file of the detector, see ``headpose_ros.detector.create_detector``.
    :param retry: look again where nobody is found, as there.
    :raises TrainingError: an image cannot be read, or the detector takes no bundle.
    :raises headpose_ros.face_detector.DetectorUnavailable: the detector is not installed.
    """
    try:  # refuses here what would fail in a worker
        create_detector(detector, 'image', 1, bundle).close()
    except ValueError as error:
        raise TrainingError(str(error)) from error
    samples = dataset.samples
    chunks = [samples[i : i + _IMAGES_PER_TASK] for i in range(0, len(samples), _IMAGES_PER_TASK)]
    results = run_parallel(
        _detect_chunk,
        [(chunk, detector, bundle, retry, copies) for chunk in chunks],
        jobs,
        f'{detector} landmarks',
        'image',
        _IMAGES_PER_TASK,
    )
    return LandmarkFile(
        detector=detector,
        detector_version=f'mediapipe {version("mediapipe")}' + ('' if retry else FIRST_LOOK),
        dataset=dataset.name,
        terms=dataset.terms,
        left_out=dataset.left_out,
        names=np.repeat([sample.name for sample in samples], len(copies)),
        groups=np.repeat([sample.group for sample in samples], len(copies)),
        copies=np.tile(copies, len(samples)),
        labels=np.concatenate([labels for labels, _ in results]),
        landmarks=np.concatenate([landmarks for _, landmarks in results]),
    )


def pick_labelled_face(faces: list[np.ndarray], region: np.ndarray) -> np.ndarray | None:
    """The face that covers the labelled region best, if any does.

    :param faces: (468, 3) pixels each.
    :param region: (n, 2) pixels that span the labelled face.
    """
    overlaps = [overlap(face[:, :2], region) for face in faces]
    if not overlaps or max(overlaps) < MIN_OVERLAP:
        return None
    return faces[int(np.argmax(overlaps))]


def found_table(data: LandmarkFile) -> pd.DataFrame:
    """Images, faces found and their share by range of yaw, of the dataset's own images."""
    labels, found = data.labels[data.plain], data.found[data.plain]
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


def _detect_chunk(
    samples: list[Sample],
    detector_name: str,
    bundle: str | os.PathLike | None,
    retry: bool,
    copies: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    labels, landmarks = [], []
    # MediaPipe's notes would tear the progress bar.
    with (
        silent_stderr(),
        closing(create_detector(detector_name, 'image', 1, bundle, retry)) as detector,
    ):
        for sample in samples:
            bgr = sample.read_image()
            for name in copies:
                copy = COPIES[name]
                image = bgr if name == PLAIN else copy.image(bgr, sample.region)
                faces = detector.detect(image)
                face = pick_labelled_face(faces, copy.points(sample.region, bgr.shape))
                landmarks.append(_NOT_FOUND if face is None else face.astype(np.float32))
                labels.append(sample.label if name == PLAIN else copy.label(sample.label))
    return np.array(labels), np.array(landmarks)
