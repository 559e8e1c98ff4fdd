# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""This project and its peers on the same images and the same faces, measured in one run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from headpose_ros.regression.model import Model
from headpose_ros.regression.model_file import load_model
from training.benchmark_plot import plot_benchmark
from training.benchmark_report import write_report
from training.copies import COPY_NAMES, PLAIN
from training.crossval import Protocol, cross_validate
from training.datasets import obstacle_to_training, read_dataset
from training.errors import TrainingError
from training.fit import DEFAULT_FEATURES, DEFAULT_REGRESSOR
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks
from training.metrics import pan_tilt_figures, pose_figures
from training.peers import solve_pnp, svr_recipe, transformation_matrix, whenet
from training.peers.face_mesh import find_faces
from training.peers.timing import time_methods
from training.samples import Dataset

MESH, LANDMARKER = 'face_mesh', 'face_landmarker'
OWN_NAMES = {MESH: 'headpose_ros, FaceMesh', LANDMARKER: 'headpose_ros, Face Landmarker'}

TIMED_IMAGES = 200


@dataclass(frozen=True)
class Setup:
    """How it is measured.

    :ivar protocol: of the cross-validation.
    :ivar whenet_python: Python that can run WHENet; ``None`` leaves it out.
    :ivar bundle: of the Face Landmarker, see ``headpose_ros.detection.factory.create_detector``.
    :ivar jobs: processes; -1 for one a core.
    """

    protocol: Protocol
    whenet_python: Path | None = None
    bundle: Path | None = None
    jobs: int = -1

    def extract(self, dataset: Dataset, detector: str, copies: list[str]) -> LandmarkFile:
        """Landmarks of a dataset."""
        bundle = self.bundle if detector == LANDMARKER else None
        return extract_landmarks(dataset, detector, copies, self.jobs, bundle)


@dataclass(frozen=True, eq=False)
class Row:
    """What a method says of the images of a dataset.

    :ivar name: of the method.
    :ivar trained_on: in words.
    :ivar rotations: (repeats, n, 3, 3) ``R_opt``; NaN where it does not find the labelled face.
    """

    name: str
    trained_on: str
    rotations: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """(n,) bool, whether the face was found."""
        return np.isfinite(self.rotations).all(axis=(0, 2, 3))


def benchmark(
    dataset_folder: Path,
    out: Path,
    setup: Setup,
    pointing04: Path | None = None,
    landmark_files: dict[str, Path | None] | None = None,
) -> str:
    """Measure all methods and write ``benchmark.md``, ``benchmark.csv`` and ``benchmark.png``.

    What is trained here is cross-validated on the first dataset and, for Pointing'04, trained on
    all of the first.

    :param dataset_folder: folder of AFLW2000-3D, or of another dataset that labels roll.
    :param out: folder that is written.
    :param pointing04: folder of Pointing'04; ``None`` leaves it out.
    :param landmark_files: name of a detector to its landmark file of the first dataset, with
        copies; landmarks are extracted where there is none.
    :return: the report, Markdown.
    :raises TrainingError: the data cannot be used.
    :raises headpose_ros.errors.ModelError: the package has no model for a detector.
    :raises headpose_ros.errors.DetectorUnavailableError: a detector is not installed.
    """
    dataset = read_dataset(dataset_folder)
    target = read_dataset(pointing04) if pointing04 else None
    if obstacle := obstacle_to_training(dataset.name, dataset.terms, dataset.has_roll):
        raise TrainingError(f'{obstacle}; give the folder of AFLW2000-3D')
    # Refused here is what would fail in an hour.
    models = {detector: load_model(None, detector) for detector in OWN_NAMES}
    transformation_matrix.TransformationMatrix(setup.bundle).close()
    if setup.whenet_python:
        whenet.check(setup.whenet_python)
    data = _landmarks(dataset, landmark_files or {}, setup)
    faces = find_faces(dataset, setup.jobs)
    seen = replace(data[MESH].select(data[MESH].plain), landmarks=faces)
    rows = _cross_validated(data, seen, setup)
    recipes = {name: svr_recipe.fit(key, seen) for key, name in svr_recipe.NAMES.items()}
    rows += _untrained(dataset, seen.landmarks, setup)
    common = np.flatnonzero(_common(rows))
    timed = common[:: max(1, len(common) // TIMED_IMAGES)]
    images = [dataset.samples[i].read_image() for i in timed]
    costs = time_methods(images, models, recipes, setup.bundle)
    costs = {OWN_NAMES.get(name, name): cost for name, cost in costs.items()}
    if setup.whenet_python:
        boxes = data[MESH].landmarks[data[MESH].plain]
        rotations, seconds = whenet.estimate(setup.whenet_python, dataset, boxes, timed)
        rows.append(Row(whenet.NAME, whenet.NOTE, rotations[None]))
        whole, pose = costs[solve_pnp.NAME]
        costs[whenet.NAME] = (whole - pose + 1e3 * seconds, 1e3 * seconds)
    tables = [_table(dataset, rows, pose_figures, costs)]
    if target:
        rows = _trained_before(target, data[MESH].dataset, models, recipes, setup)
        tables.append(_table(target, rows, pan_tilt_figures, {}))
    pd.concat(tables, ignore_index=True).to_csv(out / 'benchmark.csv', index=False)
    plot_benchmark(out / 'benchmark.png', tables[0], list(OWN_NAMES.values()))
    has_whenet = setup.whenet_python is not None
    return write_report(out / 'benchmark.md', tables, setup.protocol, len(timed), has_whenet)


def _landmarks(
    dataset: Dataset, files: dict[str, Path | None], setup: Setup
) -> dict[str, LandmarkFile]:
    """Landmarks and copies of the dataset by each detector."""
    data = {name: _load(file, name, dataset) for name, file in files.items() if file}
    for detector in OWN_NAMES:
        if detector not in data:
            data[detector] = setup.extract(dataset, detector, list(COPY_NAMES))
        data[detector].check_found()
        setup.protocol.check(data[detector])
    return data


def _load(file: Path, detector: str, dataset: Dataset) -> LandmarkFile:
    data = LandmarkFile.load(file)
    if data.detector != detector:
        raise TrainingError(f'{file}: landmarks of {data.detector}; want those of {detector}')
    if data.names[data.plain].tolist() != [sample.name for sample in dataset.samples]:
        raise TrainingError(
            f'{file}: landmarks of other images than those of the dataset; make it again with '
            'python -m training landmarks'
        )
    if data.plain.all():
        raise TrainingError(
            f'{file}: made with --no-copies; make it again without it'
        )
    return data


def _cross_validated(
    data: dict[str, LandmarkFile], seen: LandmarkFile, setup: Setup
) -> list[Row]:
    rows = []
    protocol, candidates = setup.protocol, [(DEFAULT_FEATURES, DEFAULT_REGRESSOR)]
    for detector, name in OWN_NAMES.items():
        found = data[detector].found[data[detector].plain]
        (result,) = cross_validate(data[detector], candidates, protocol, setup.jobs)
        rotations = np.full((protocol.repeats, len(found), 3, 3), np.nan)
        rotations[:, found] = result.predicted
        rows.append(Row(name, 'the other folds and copies of them', rotations))
    for key, name in svr_recipe.NAMES.items():
        rotations = svr_recipe.cross_validate(key, seen, protocol, setup.jobs)
        rows.append(Row(name, 'the other folds', rotations))
    return rows


def _untrained(dataset: Dataset, mesh: np.ndarray, setup: Setup) -> list[Row]:
    matrix, pnp = transformation_matrix, solve_pnp
    return [
        Row(matrix.NAME, matrix.NOTE, matrix.estimate(dataset, setup.bundle, setup.jobs)[None]),
        Row(pnp.NAME, pnp.NOTE, pnp.estimate(dataset, mesh)[None]),
    ]


def _trained_before(
    target: Dataset,
    trained_on: str,
    models: dict[str, Model],
    recipes: dict[str, svr_recipe.SvrRecipe],
    setup: Setup,
) -> list[Row]:
    """Rows of a dataset that nothing was trained on."""
    found = {name: setup.extract(target, name, [PLAIN]).landmarks for name in OWN_NAMES}
    rows = [
        Row(name, _dataset_of(models[detector]), _predict(models[detector], found[detector]))
        for detector, name in OWN_NAMES.items()
    ]
    mesh = find_faces(target, setup.jobs)
    rows += [Row(name, trained_on, _predict(recipe, mesh)) for name, recipe in recipes.items()]
    rows += _untrained(target, mesh, setup)
    if setup.whenet_python:
        nothing = np.empty(0, int)
        rotations, _ = whenet.estimate(setup.whenet_python, target, found[MESH], nothing)
        rows.append(Row(whenet.NAME, whenet.NOTE, rotations[None]))
    return rows


def _predict(model: Model | svr_recipe.SvrRecipe, landmarks: np.ndarray) -> np.ndarray:
    rotations = np.full((1, len(landmarks), 3, 3), np.nan)
    found = np.isfinite(landmarks).all(axis=(1, 2))
    rotations[0, found] = model.predict(landmarks[found])
    return rotations


def _table(
    dataset: Dataset,
    rows: list[Row],
    figures: Callable[[np.ndarray, np.ndarray], dict[str, float]],
    costs: dict[str, tuple[float, float]],
) -> pd.DataFrame:
    """Figures of each method, on the faces that all find and on those it finds itself."""
    labels = np.array([sample.label for sample in dataset.samples])
    common = _common(rows)
    records = []
    for row in rows:
        whole, pose = costs.get(row.name, (np.nan, np.nan))
        for faces, mask in (('same', common), ('own', row.found)):
            repeats = [figures(each[mask], labels[mask]) for each in row.rotations]
            records.append(
                {'dataset': dataset.name, 'faces': faces, 'method': row.name}
                | {'images': len(labels), 'scored': int(mask.sum()), 'found': row.found.sum()}
                | pd.DataFrame(repeats).mean().to_dict()
                | {'ms a face': whole, 'ms pose': pose, 'trained on': row.trained_on}
            )
    return pd.DataFrame(records)


def _common(rows: list[Row]) -> np.ndarray:
    common = np.logical_and.reduce([row.found for row in rows])
    if not common.any():
        raise TrainingError('there is no face that all methods find; give more images')
    return common


def _dataset_of(model: Model) -> str:
    """Name of the dataset that a model was trained on."""
    return model.description.training_data.partition(':')[0]
