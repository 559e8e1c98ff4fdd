# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The landmark file: detected landmarks and labels of a dataset."""

import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from headpose_ros.landmarks import LANDMARK_COUNT, quarter_turns, turned_landmarks
from headpose_ros.rotation import quarter_rotations
from training.augmentation import FAR, PLAIN
from training.datasets import obstacle_to_training
from training.errors import TrainingError
from training.rotation import rotation_from_label

FORMAT = 'headpose_ros landmarks 2'


@dataclass(frozen=True, eq=False)
class Rows:
    """An array written to a file in pieces.

    :ivar dtype: of the array.
    :ivar shape: of the array.
    :ivar pieces: arrays of that type, concatenated along the first axis.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    pieces: Iterable[np.ndarray]


@dataclass(frozen=True, eq=False)
class LandmarkFile:
    """Landmarks and labels of n images, including augmentations.

    :ivar detector: name of the detector.
    :ivar detector_version: of the library it comes with.
    :ivar dataset: name of the dataset.
    :ivar terms: terms of the dataset.
    :ivar left_out: images of the dataset excluded because of their angles.
    :ivar names: (n,) str, names of the samples.
    :ivar groups: (n,) str, never split between training and test.
    :ivar augmentations: (n,) str, augmentation, of ``training.augmentation.AUGMENTATION_NAMES``.
    :ivar labels: (n, 3) radians: pitch, yaw, roll in the augmented image, or tilt, pan, NaN (see
        ``training.samples.Sample``).
    :ivar landmarks: (n, 468, 3) ``float32`` pixels; NaN if the labelled face was not found.
    """

    detector: str
    detector_version: str
    dataset: str
    terms: str
    left_out: int
    names: np.ndarray
    groups: np.ndarray
    augmentations: np.ndarray
    labels: np.ndarray
    landmarks: np.ndarray

    @cached_property
    def found(self) -> np.ndarray:
        """(n,) bool, whether the labelled face was found."""
        return np.isfinite(self.landmarks).all(axis=(1, 2))

    @cached_property
    def plain(self) -> np.ndarray:
        """(n,) bool, whether the image is original, not an augmentation."""
        return self.augmentations == PLAIN

    @cached_property
    def rotations(self) -> np.ndarray:
        """(n, 3, 3) ``R_opt`` of the labels.

        :raises TrainingError: the dataset has no roll labels.
        """
        if not self.has_roll:
            raise TrainingError(f'{self.dataset} has no roll labels; use a dataset that has')
        return rotation_from_label(self.labels)

    @cached_property
    def far(self) -> np.ndarray:
        """(n,) bool, whether it is an augmentation with a distant face, as seen by a camera."""
        return np.isin(self.augmentations, FAR)

    @cached_property
    def quarters(self) -> np.ndarray:
        """(n,) of ``headpose_ros.landmarks.quarter_turns``; 0 without a face."""
        quarters = np.zeros(len(self.names), int)
        quarters[self.found] = quarter_turns(self.landmarks[self.found])
        return quarters

    @cached_property
    def right_way_up(self) -> np.ndarray:
        """(n,) bool, whether the in-plane orientation was detected, to 60 degrees.

        The others are useless for training.
        """
        across, down = self.upright_rotations[:, 0, 1], self.upright_rotations[:, 1, 1]
        return down > 0.5 * np.hypot(across, down)

    @cached_property
    def upright_landmarks(self) -> np.ndarray:
        """(n, 468, 3) ``landmarks`` of the upright face, as input of a model."""
        return turned_landmarks(self.landmarks, -self.quarters)

    @cached_property
    def upright_rotations(self) -> np.ndarray:
        """(n, 3, 3) ``rotations`` of the upright face, as predicted by a model."""
        return quarter_rotations(-self.quarters) @ self.rotations

    def found_in(self, other: 'LandmarkFile') -> np.ndarray:
        """(n,) bool, whether another file of the dataset has the face in the original image too.

        :raises TrainingError: other dataset, or no common faces.
        """
        shared = np.isin(self.names, other.names[other.found & other.plain])
        if other.dataset != self.dataset or not (shared & self.found & self.plain).any():
            raise TrainingError(
                f'the other landmark file ({other.dataset}) has no faces in common with this one '
                f'({self.dataset}); use one of the same images'
            )
        return shared

    def check_found(self) -> None:
        """Raise ``TrainingError`` if there is no face at all."""
        if not (self.found & self.plain).any():
            raise TrainingError(
                f'{self.detector} found no labelled face in the {int(self.plain.sum())} images of '
                f'{self.dataset}; use other images'
            )

    def check_trainable(self) -> None:
        """Raise ``TrainingError`` if the labels are incomplete, or for testing only."""
        if obstacle := obstacle_to_training(self.dataset, self.terms, self.has_roll):
            raise TrainingError(f'{obstacle}; use landmarks of AFLW2000-3D or 300W-LP')

    @property
    def has_roll(self) -> bool:
        """Whether the labels are complete."""
        return bool(np.isfinite(self.labels).all())

    def select(self, rows: np.ndarray) -> 'LandmarkFile':
        """The rows of an (n,) mask."""
        per_row = ('names', 'groups', 'augmentations', 'labels', 'landmarks')
        return replace(self, **{name: getattr(self, name)[rows] for name in per_row})

    def save(self, path: str | os.PathLike) -> None:
        """Write a compressed ``.npz``."""
        write_landmark_file(
            path, {field.name: getattr(self, field.name) for field in fields(self)}
        )

    @classmethod
    def load(cls, path: str | os.PathLike) -> 'LandmarkFile':
        """Read a file written by ``save``.

        :raises TrainingError: no such file, or invalid content.
        """
        make = 'create one with python -m training landmarks'
        if not os.path.isfile(path):
            raise TrainingError(f'{path}: no such landmark file; {make}')
        try:
            with np.load(path, allow_pickle=False) as archive:
                content = {name: archive[name] for name in archive.files}
        except Exception as error:  # numpy and zipfile may raise anything for a damaged file
            raise TrainingError(
                f'{path}: not a readable landmark file ({error}); {make}'
            ) from error
        found_format = str(content.pop('format', 'no format'))
        if found_format != FORMAT or set(content) != {field.name for field in fields(cls)}:
            raise TrainingError(
                f'{path}: not a landmark file of this version ({found_format!r}, expected '
                f'{FORMAT!r}); {make}'
            )
        data = cls(**{k: v.item() if v.ndim == 0 else v for k, v in content.items()})
        n = len(data.names)
        rows = (data.groups, data.augmentations, data.labels, data.landmarks)
        shapes = [np.shape(each) for each in rows]
        if shapes != [(n,), (n,), (n, 3), (n, LANDMARK_COUNT, 3)]:
            raise TrainingError(f'{path}: {n} names, but arrays have shapes {shapes}; {make}')
        return data


def write_landmark_file(path: str | os.PathLike, content: dict[str, object | Rows]) -> None:
    """Write a compressed ``.npz`` for ``LandmarkFile.load``, byte-identical for the same content.

    :param content: the fields of ``LandmarkFile``; ``Rows`` are written piece by piece.
    """
    with zipfile.ZipFile(path, 'w') as archive:
        for name, value in {'format': FORMAT, **content}.items():
            if not isinstance(value, Rows):
                array = np.asarray(value)
                value = Rows(array.dtype, array.shape, [array])
            # Without a timestamp, for reproducibility.
            entry = zipfile.ZipInfo(f'{name}.npy')
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, 'w', force_zip64=True) as file:
                header = {
                    'descr': np.lib.format.dtype_to_descr(value.dtype),
                    'fortran_order': False,
                    'shape': value.shape,
                }
                np.lib.format.write_array_header_1_0(file, header)
                for piece in value.pieces:
                    # Shorter strings are of a narrower dtype.
                    file.write(np.asarray(piece, value.dtype).tobytes())
