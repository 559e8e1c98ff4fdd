# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A model file against a dataset: figures, share of faces found, plots, worst images."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.model_file import load_model
from training.copies import PLAIN
from training.datasets import read_dataset
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks, found_table
from training.metrics import face_errors, pan_tilt_figures, pose_figures
from training.plots import plot_error_by_yaw
from training.worst_images import draw_worst_images


def evaluate(
    source: Path,
    model_file: str | os.PathLike | None,
    detector: str,
    out: Path,
    jobs: int = -1,
    bundle: str | os.PathLike | None = None,
) -> str:
    """Measure a model and write what came out.

    Writes ``report.md``, ``error_by_yaw.png`` and, for a folder, ``worst_images.png``.

    :param source: folder of a dataset, or a landmark file.
    :param model_file: ``None`` for the model that comes with the package.
    :param detector: name of the detector, for a folder.
    :param out: folder that is written.
    :param bundle: file of the detector, see ``headpose_ros.detection.factory.create_detector``.
    :return: the report, Markdown.
    :raises training.errors.TrainingError: the data cannot be used.
    :raises headpose_ros.errors.ModelError: the model cannot be used.
    """
    dataset = None
    if source.is_file():
        data = LandmarkFile.load(source)
    else:
        load_model(model_file, detector)  # refuses a bad model before the long part
        dataset = read_dataset(source)
        data = extract_landmarks(dataset, detector, [PLAIN], jobs, bundle)
    data.check_found()
    model = load_model(model_file, data.detector)
    data = data.select(data.plain)
    seen = data.select(data.found)
    predicted = model.predict(seen.landmarks)
    report = _report(data, predicted, model.description)
    (out / 'report.md').write_text(report + '\n', encoding='utf-8')
    errors, measure = face_errors(predicted, seen.labels)
    plot_error_by_yaw(out / 'error_by_yaw.png', data, errors, measure)
    if dataset:
        draw_worst_images(out / 'worst_images.png', dataset, seen, predicted)
    return report


def figures_table(figures: Mapping[str, float]) -> str:
    """Figures in degrees as a Markdown table."""
    table = pd.DataFrame(figures.items(), columns=['figure', 'degrees'])
    return table.to_markdown(index=False, floatfmt='.2f')


def _report(data: LandmarkFile, predicted: np.ndarray, description: ModelDescription) -> str:
    seen = data.select(data.found)
    left_out = f' ({data.left_out} more left out by their angle)' if data.left_out else ''
    lines = [
        f'Model: {description.regressor} on {description.features}, trained on '
        f'{description.training_data}.',
        f'Tested on the {len(seen.names)} faces that {data.detector} ({data.detector_version}) '
        f'found on {len(data.names)} images of {data.dataset}{left_out}. Degrees; MAE is the mean '
        'absolute error.',
    ]
    if description.training_data.startswith(data.dataset):
        lines.append(
            f'Beware: the model was trained on {data.dataset}, so these figures flatter it; '
            f'cross-validated, MAE is {description.figures.get("MAE", float("nan")):.2f} and '
            f'geodesic {description.figures.get("geodesic", float("nan")):.2f}.'
        )
    if seen.has_roll:
        figures = pose_figures(predicted, seen.labels)
    else:
        figures = pan_tilt_figures(predicted, seen.labels)
        lines.append(
            f'{data.dataset} labels where the face points, pan (azimuth) and tilt (elevation), '
            'and no roll. The labels are the marks that people were told to face, not measured; '
            'tilt above all is nominal.'
        )
    lines += [figures_table(figures), found_table(data).to_markdown(index=False)]
    return '\n\n'.join(lines)
