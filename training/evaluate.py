# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Evaluates a model on a dataset: figures, detection rate, plots, largest errors."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from headpose_ros.attention import ATTENTION_ANGLE, facing_camera
from headpose_ros.detection.factory import BOTH, networks_of
from headpose_ros.head_pose import HeadPose
from headpose_ros.regression.model import ModelDescription
from headpose_ros.regression.model_file import load_model
from training.augmentation import PLAIN
from training.datasets import CAMERAS, read_dataset
from training.errors import TrainingError
from training.estimates import Estimates, estimate_faces
from training.landmark_file import LandmarkFile
from training.landmarks import extract_landmarks, found_table
from training.metrics import (
    angle_slopes,
    face_errors,
    label_masks,
    pan_tilt_figures,
    pose_figures,
)
from training.plots import plot_error_by_yaw
from training.uncertainty import shares_within
from training.worst_images import draw_worst_images

# Figures of ``pose_figures`` in the table by label range.
_BY_RANGE = ('pitch', 'yaw', 'roll', 'MAE', 'geodesic', 'median')

# Percent, bin edges of a probability.
_PROBABILITIES = (0, 10, 30, 50, 70, 90, 101)

# Minimum average number of faces per group for its mean offset to be that of a person.
MIN_FACES_OF_PERSON = 10


def evaluate(
    source: Path,
    model_file: str | os.PathLike | None,
    detector: str,
    out: Path,
    jobs: int = -1,
    bundle: str | os.PathLike | None = None,
) -> str:
    """Evaluate a model and write the results.

    Writes ``report.md``, ``error_by_yaw.png`` and, for a folder, ``worst_images.png``.

    :param source: dataset folder or landmark file.
    :param model_file: ``None`` for the built-in model.
    :param detector: name of the detector, for a folder; ``BOTH`` averages two models.
    :param out: output folder.
    :param bundle: file of the detector, see ``headpose_ros.detection.factory.create_detector``.
    :return: the report, Markdown.
    :raises training.errors.TrainingError: the data cannot be used.
    :raises headpose_ros.errors.ModelError: the model cannot be used.
    """
    dataset, others = None, list[LandmarkFile]()
    if source.is_file():
        if detector == BOTH:
            raise TrainingError(
                f'{source} has the landmarks of one detector; expected a dataset folder with '
                f'--detector {BOTH}'
            )
        data = LandmarkFile.load(source)
    else:
        network, *more = networks_of(detector)
        load_model(model_file, network)  # rejects an invalid model before the long computation
        dataset = read_dataset(source)
        data = extract_landmarks(dataset, network, [PLAIN], jobs, None if more else bundle)
        others = [extract_landmarks(dataset, each, [PLAIN], jobs, bundle) for each in more]
    data.check_found()
    model = load_model(model_file, data.detector)
    data = data.select(data.plain)
    seen, camera = data.select(data.found), CAMERAS.get(data.dataset)
    estimates = estimate_faces(model, seen.landmarks, camera)
    for other in others:
        same = other.select(data.found)
        second = estimate_faces(
            load_model(None, other.detector), same.landmarks[same.found], camera
        )
        estimates = estimates.averaged(second, np.flatnonzero(same.found))
    report = _report(data, estimates, model.description, [each.detector for each in others])
    (out / 'report.md').write_text(report + '\n', encoding='utf-8')
    errors, measure = face_errors(estimates.rotations, seen.labels)
    plot_error_by_yaw(out / 'error_by_yaw.png', data, errors, measure)
    if dataset:
        draw_worst_images(out / 'worst_images.png', dataset, seen, estimates.rotations)
    return report


def figures_table(figures: Mapping[str, float]) -> str:
    """Figures in degrees as a Markdown table."""
    table = pd.DataFrame(figures.items(), columns=['figure', 'degrees'])
    return table.to_markdown(index=False, floatfmt='.2f')


def _report(
    data: LandmarkFile, estimates: Estimates, description: ModelDescription, others: list[str]
) -> str:
    seen = data.select(data.found)
    left_out = f' ({data.left_out} excluded by angle)' if data.left_out else ''
    lines = [
        f'Model: {description.regressor} on {description.features}, trained on '
        f'{description.training_data}.',
        f'Tested on the {len(seen.names)} faces that {data.detector} ({data.detector_version}) '
        f'found in {len(data.names)} images of {data.dataset}{left_out}. Degrees; MAE is the mean '
        'absolute error.',
        *(f'Averaged with the built-in model of {each}, on its own landmarks.' for each in others),
    ]
    if description.training_data.startswith(data.dataset):
        lines.append(
            f'Caution: the model was trained on {data.dataset}, so these figures are optimistic; '
            f'cross-validated, MAE is {description.figures.get("MAE", float("nan")):.2f} and '
            f'geodesic {description.figures.get("geodesic", float("nan")):.2f}.'
        )
    if data.dataset in CAMERAS:
        lines.append('Rotations are in the axes of the calibrated camera.')
    found = found_table(data).to_markdown(index=False)
    if not seen.has_roll:
        lines += [
            f'{data.dataset} labels the facing direction, pan (azimuth) and tilt (elevation), '
            'without roll. The labels are the markers that people were asked to face, not '
            'measurements; tilt in particular is nominal.',
            figures_table(pan_tilt_figures(estimates.rotations, seen.labels)),
            found,
        ]
        return '\n\n'.join(lines)
    first, *others = _pose_tables(data, estimates)
    lines += [first, found, *others, *_facing_table(seen, estimates)]
    if len(seen.names) >= MIN_FACES_OF_PERSON * len(set(seen.groups)):
        lines += [
            '## Without the offset of each person',
            'The same after removing the mean rotation between label and estimate of each person '
            '(group of images). It is fitted to these labels, so this is slightly optimistic.',
            *_pose_tables(data, estimates.without_offsets(seen.rotations, seen.groups)),
        ]
    return '\n\n'.join(lines)


def _facing_table(seen: LandmarkFile, estimates: Estimates) -> list[str]:
    """Calibration of the probability of facing the camera, Markdown."""
    heads = map(
        HeadPose, estimates.to_sight(estimates.rotations), seen.landmarks, estimates.std
    )
    probability = 100.0 * np.array([facing_camera(head) for head in heads])
    # Cosine of the angle between (0, 0, -1) and its image under the label's rotation.
    labelled = estimates.to_sight(seen.rotations)[:, 2, 2]
    faces = labelled > np.cos(ATTENTION_ANGLE)
    rows = []
    for low, high in itertools.pairwise(_PROBABILITIES):
        within = (low <= probability) & (probability < high)
        if within.any():
            shares = probability[within].mean(), 100.0 * faces[within].mean()
            rows.append((f'{low} to {min(high, 100)}', int(within.sum()), *shares))
    columns = ['probability, %', 'faces', 'mean probability, %', 'facing the camera, %']
    return [
        f'Facing the camera, within {np.degrees(ATTENTION_ANGLE):.0f} degrees of its line of '
        'sight, by estimated probability:',
        pd.DataFrame(rows, columns=columns).to_markdown(index=False, floatfmt='.1f'),
    ]


def _pose_tables(data: LandmarkFile, estimates: Estimates) -> list[str]:
    """Figures, slopes, errors by label range and coverage, Markdown."""
    seen = data.select(data.found)
    ratios = estimates.deviation_ratios(seen.rotations)
    pitch, yaw, _ = angle_slopes(estimates.rotations, seen.labels)
    errors: list[dict[str, object]] = []
    coverage: list[dict[str, object]] = []
    for name, images in label_masks(data.labels).items():
        if not images.any():
            continue
        faces, share = images[data.found], 100.0 * data.found[images].mean()
        row = {'label, deg': name, 'images': int(images.sum()), 'found, %': share}
        if faces.any():
            figures = pose_figures(estimates.rotations[faces], seen.labels[faces])
            row |= {key: figures[key] for key in _BY_RANGE}
            shares = shares_within(ratios[faces], estimates.std[faces])
            coverage.append({'label, deg': name, **shares})
        errors.append(row)
    return [
        figures_table(pose_figures(estimates.rotations, seen.labels)),
        f'Slope of estimate against label (least squares): pitch {pitch:.2f}, yaw {yaw:.2f}.',
        'By label range; pitch is positive looking up:',
        pd.DataFrame(errors).to_markdown(index=False, floatfmt=('', '', '.1f', *['.2f'] * 6)),
        'Errors of roll, pitch and yaw within one and two standard deviations (std):',
        pd.DataFrame(coverage).to_markdown(index=False, floatfmt='.1f'),
    ]
