# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Benchmark of this project and baselines on the same images and faces, in one run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from headpose_ros.camera.camera import Camera
from headpose_ros.regression.model import Model
from headpose_ros.regression.model_file import load_model
from training.augmentation import AUGMENTATION_NAMES, PLAIN
from training.baselines import network_process, solve_pnp, svr_recipe, transformation_matrix
from training.baselines.face_mesh import find_faces
from training.baselines.networks import NETWORKS
from training.baselines.timing import time_methods
from training.benchmark_plot import plot_benchmark
from training.benchmark_report import write_report
from training.benchmark_table import CAMERA, SIGHT, Row, figures_table, found_by_all
from training.crossval import Protocol, cross_validate
from training.datasets import CAMERAS, obstacle_to_training, read_dataset
from training.errors import TrainingError
from training.estimates import estimate_faces
from training.fit import DEFAULT_FEATURES, DEFAULT_REGRESSOR
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks
from training.samples import Dataset

MESH, LANDMARKER = 'face_mesh', 'face_landmarker'
OWN_NAMES = {MESH: 'headpose_ros, FaceMesh', LANDMARKER: 'headpose_ros, Face Landmarker'}

TIMED_IMAGES = 200


@dataclass(frozen=True)
class Setup:
    """Benchmark settings.

    :ivar protocol: of the cross-validation.
    :ivar baselines_python: Python that can run the networks; ``None`` skips them.
    :ivar bundle: of the Face Landmarker, see ``headpose_ros.detection.factory.create_detector``.
    :ivar jobs: processes; -1 for one per core.
    """

    protocol: Protocol
    baselines_python: Path | None = None
    bundle: Path | None = None
    jobs: int = -1

    def extract(
        self, dataset: Dataset, detector: str, augmentations: Sequence[str]
    ) -> LandmarkFile:
        """Landmarks of a dataset."""
        bundle = self.bundle if detector == LANDMARKER else None
        return extract_landmarks(dataset, detector, augmentations, self.jobs, bundle)


def benchmark(
    dataset_folder: Path,
    out: Path,
    setup: Setup,
    test_folders: Sequence[Path] = (),
    landmark_files: Sequence[Path] = (),
) -> str:
    """Measure all methods and write ``benchmark.md``, ``benchmark.csv`` and ``benchmark.png``.

    Methods trained here are cross-validated on the first dataset, and trained on all of it to be
    tested on the others.

    :param dataset_folder: folder of AFLW2000-3D, or of another dataset with roll labels.
    :param out: output folder.
    :param test_folders: folders of datasets to test on, such as Pointing'04 and BIWI.
    :param landmark_files: of these datasets, that of the first with augmentations; missing ones
        are extracted.
    :return: the report, Markdown.
    :raises TrainingError: the data cannot be used, or the networks cannot be run.
    :raises headpose_ros.errors.ModelError: the package has no model for a detector.
    :raises headpose_ros.errors.DetectorUnavailableError: a detector is not installed.
    """
    dataset = read_dataset(dataset_folder)
    targets = [read_dataset(folder) for folder in test_folders]
    if obstacle := obstacle_to_training(dataset.name, dataset.terms, dataset.has_roll):
        raise TrainingError(f'{obstacle}; use AFLW2000-3D')
    # Fail now rather than in an hour.
    models = {detector: load_model(None, detector) for detector in OWN_NAMES}
    transformation_matrix.TransformationMatrix(setup.bundle).close()
    if setup.baselines_python:
        network_process.check(setup.baselines_python)
    files = _load(landmark_files, [dataset, *targets])
    data = {
        name: files.get((dataset.name, name)) or setup.extract(dataset, name, AUGMENTATION_NAMES)
        for name in OWN_NAMES
    }
    for each in data.values():
        each.check_found()
        setup.protocol.check(each)
    faces = find_faces(dataset, setup.jobs)
    seen = replace(data[MESH].select(data[MESH].plain), landmarks=faces)
    rows = _cross_validated(data, seen, setup)
    recipes = {name: svr_recipe.fit(key, seen) for key, name in svr_recipe.NAMES.items()}
    rows += _untrained(dataset, seen.landmarks, setup)
    common = np.flatnonzero(found_by_all(rows))
    timed = common[:: max(1, len(common) // TIMED_IMAGES)]
    images = [dataset.samples[i].read_image() for i in timed]
    costs = time_methods(images, models, recipes, setup.bundle)
    costs = {OWN_NAMES.get(name, name): cost for name, cost in costs.items()}
    whole, pose = costs[solve_pnp.NAME]
    networks, seconds = _networks(dataset, data[MESH].landmarks[data[MESH].plain], setup, timed)
    costs |= {name: (whole - pose + 1e3 * each, 1e3 * each) for name, each in seconds.items()}
    tables = [figures_table(dataset, rows + networks, SIGHT, costs)]
    for target in targets:
        plain = {
            name: files.get((target.name, name)) or setup.extract(target, name, [PLAIN])
            for name in OWN_NAMES
        }
        landmarks = {name: each.landmarks[each.plain] for name, each in plain.items()}
        rows = _trained_before(target, landmarks, dataset.name, models, recipes, setup)
        tables.append(_tested(target, rows, landmarks, models))
    pd.concat(tables, ignore_index=True).to_csv(out / 'benchmark.csv', index=False)
    plot_benchmark(out / 'benchmark.png', tables[0], list(OWN_NAMES.values()))
    has_networks = setup.baselines_python is not None
    return write_report(out / 'benchmark.md', tables, setup.protocol, len(timed), has_networks)


def _load(
    paths: Iterable[Path], datasets: list[Dataset]
) -> dict[tuple[str, str], LandmarkFile]:
    """Landmark files by dataset and detector name; those of the first with augmentations."""
    names = {each.name: [sample.name for sample in each.samples] for each in datasets}
    files = {}
    for path in paths:
        data = LandmarkFile.load(path)
        if data.dataset not in names:
            raise TrainingError(
                f'{path}: landmarks of {data.dataset}; expected those of {" or ".join(names)}'
            )
        if data.names[data.plain].tolist() != names[data.dataset]:
            raise TrainingError(
                f'{path}: its images differ from those of the dataset; create it again with '
                'python -m training landmarks'
            )
        if data.dataset == datasets[0].name and data.plain.all():
            raise TrainingError(f'{path}: created with --no-augment; create it again without that')
        files[data.dataset, data.detector] = data
    return files


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
        rows.append(Row(name, 'the other folds, augmented', rotations))
    for key, name in svr_recipe.NAMES.items():
        rotations = svr_recipe.cross_validate(key, seen, protocol, setup.jobs)
        rows.append(Row(name, 'the other folds', rotations))
    return rows


def _untrained(dataset: Dataset, mesh: np.ndarray, setup: Setup) -> list[Row]:
    matrix, pnp = transformation_matrix, solve_pnp
    rotations = matrix.estimate(dataset, setup.bundle, setup.jobs)
    return [
        Row(matrix.NAME, matrix.NOTE, rotations[None], projects=True),
        Row(pnp.NAME, pnp.NOTE, pnp.estimate(dataset, mesh)[None], projects=True),
    ]


def _networks(
    dataset: Dataset, landmarks: np.ndarray, setup: Setup, timed: np.ndarray
) -> tuple[list[Row], dict[str, float]]:
    """Rows of the networks on given faces, and seconds per face of each."""
    rows: list[Row] = []
    seconds: dict[str, float] = {}
    if setup.baselines_python is None:
        return rows, seconds
    for name, network in NETWORKS.items():
        rotations, seconds[name] = network_process.estimate(
            setup.baselines_python, name, dataset, landmarks, timed
        )
        note = f'{network.TRAINED_ON}; boxes of headpose_ros with FaceMesh'
        rows.append(Row(name, note, rotations[None]))
    return rows, seconds


def _trained_before(
    target: Dataset,
    landmarks: dict[str, np.ndarray],
    trained_on: str,
    models: dict[str, Model],
    recipes: dict[str, svr_recipe.SvrRecipe],
    setup: Setup,
) -> list[Row]:
    """Rows for a dataset not used for training, without camera calibration.

    :param landmarks: of the target, by detector.
    :param trained_on: name of the dataset that the recipes were fitted to.
    """
    rows = [
        Row(name, _dataset_of(models[detector]), _predict(models[detector], landmarks[detector]))
        for detector, name in OWN_NAMES.items()
    ]
    mesh = find_faces(target, setup.jobs)
    rows += [Row(name, trained_on, _predict(recipe, mesh)) for name, recipe in recipes.items()]
    rows += _untrained(target, mesh, setup)
    networks, _ = _networks(target, landmarks[MESH], setup, np.empty(0, int))
    return rows + networks


def _tested(
    target: Dataset, rows: list[Row], landmarks: dict[str, np.ndarray], models: dict[str, Model]
) -> pd.DataFrame:
    """Table of a dataset; also in camera axes if its labels are in these."""
    table, camera = figures_table(target, rows), CAMERAS.get(target.name)
    if camera is None:
        return table
    turned = _in_camera_axes(rows, landmarks, models, camera)
    return pd.concat([figures_table(target, turned, CAMERA), table])


def _in_camera_axes(
    rows: list[Row], landmarks: dict[str, np.ndarray], models: dict[str, Model], camera: Camera
) -> list[Row]:
    """The same rows with rotations in camera axes.

    For this project, estimated with the camera. Rotations of other methods that are along the line
    of sight are transformed with the line of sight of this project, and count as not found where
    it finds no face.
    """
    detectors = {name: detector for detector, name in OWN_NAMES.items()}
    own, rays = {}, np.full((len(landmarks[MESH]), 3, 3), np.nan)
    for detector in reversed(OWN_NAMES):  # FaceMesh's line of sight takes precedence
        found = np.isfinite(landmarks[detector]).all(axis=(1, 2))
        estimates = estimate_faces(models[detector], landmarks[detector][found], camera)
        rays[found] = estimates.rays
        own[detector] = np.full((1, len(found), 3, 3), np.nan)
        own[detector][0, found] = estimates.rotations
    turned = []
    for row in rows:
        if row.name in detectors:
            row = replace(row, rotations=own[detectors[row.name]])
        elif not row.projects:
            row = replace(row, rotations=rays @ row.rotations)
        turned.append(row)
    return turned


def _predict(model: Model | svr_recipe.SvrRecipe, landmarks: np.ndarray) -> np.ndarray:
    rotations = np.full((1, len(landmarks), 3, 3), np.nan)
    found = np.isfinite(landmarks).all(axis=(1, 2))
    rotations[0, found] = model.predict(landmarks[found])
    return rotations


def _dataset_of(model: Model) -> str:
    """Name of the dataset that a model was trained on."""
    return model.description.training_data.partition(':')[0]
