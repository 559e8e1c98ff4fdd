# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The model card: what a reader should know before trusting a model file."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from headpose_ros.regression.model import ModelDescription
from training.uncertainty import FRONT_YAW

_CARD = '''\
# Model of `{detector}`

Head rotation from face landmarks, for the detector `{detector}`. Written by
`python -m training fit`; do not edit by hand.

{files}

## What it does

- In: {landmark_count} landmarks of `{detector}` in pixels, as the feature set `{features}`
  ({feature_count} numbers; see `headpose_ros.regression.features`).
- Out: {angle_convention}; projected onto the nearest rotation.
- How: {regressor}.

## Training data

{training_data}.

{contents}

## How good it is

Protocol: {protocol}.

Degrees. MAE is the mean of the absolute errors of pitch, yaw and roll (standard deviation over
the shufflings {spread:.3f}), median is the median of these errors, geodesic the mean angle between
estimate and label.

{figures}

Labelled faces that the detector finds, by the absolute value of the label's yaw. The figures above
say nothing about the others:

{found}

## How sure it is

Each rotation comes with standard deviations of roll, pitch and yaw. Percent of the errors within
one and two of them (68 and 95 of a normal distribution), cross-validated: the deviations are held
against errors that they were not fitted to, of regressors that had not seen the photograph:

{coverage}

Faces far away: copies of the images on which the face is so small, by the longer side of the box
around its landmarks, with their geodesic error and the same shares:

{small_faces}

Faces that are surer than a limit, by their largest standard deviation: percent of the faces
found, and their geodesic error in degrees, by the absolute value of the label's yaw. The node
drops what is beyond `max_std`, 60 degrees by default:

{sure_faces}

The labels of AFLW2000-3D themselves are off by about 3 degrees MAE and 5 degrees geodesic,
measured against re-annotated landmarks.

## Intended use and limits

- Head orientation for robots and research, within the terms of the training data above.
- Landmarks of `{detector}` only: those of another detector have other biases.
- Errors grow with the angle, and faces seen from the side are often not found at all.
- The rotation is the one along the line of sight to the head.
- Zero is the labels' zero, which is not "looking at the camera": the median pitch of the frontal
  faces of AFLW2000-3D is about -7 degrees.
- Not for decisions about people, and not for telling who somebody is.

## How to make it again

{commands}

`{dataset_argument}` stands for the folder of that dataset. Trained with {versions}.
'''


_JOBLIB_RUNS = '**A joblib file runs code when it is loaded: load only those you trust.**'
_PLAIN_FILE = f'''\
`{{detector}}.npz` is what the node loads: plain arrays and a description, which cannot run code.
`{{detector}}.joblib`, which `fit` writes beside it, is the same regressor for use in scikit-learn;
it does not come with the package.
{_JOBLIB_RUNS}'''
_PIPELINE_FILE = f'''\
The file is `{{detector}}.joblib`, which the node runs with scikit-learn when its parameter `model`
names it.
{_JOBLIB_RUNS}'''

_WITHOUT_FACES = 'The model file holds no image, no landmarks and no label of a person.'
_WITH_FACES = (
    '**The model file holds features of every face it was trained on**: the terms about '
    'redistribution hold for it as for the data.'
)
_MAYBE_FACES = (
    'Whether the model file holds features of the faces it was trained on depends on its '
    'regressor, which is not one of `training/regressors.py`.'
)


def write_card(
    path: Path,
    description: ModelDescription,
    spread: float,
    found: pd.DataFrame,
    has_plain_form: bool,
    holds_faces: bool | None,
) -> None:
    """Write the card of a model as Markdown.

    :param spread: standard deviation of MAE over the repeats, degrees.
    :param found: share of faces found, see ``training.landmarks.found_table``.
    :param has_plain_form: whether there is an ``.npz``.
    :param holds_faces: whether features of single faces are in the model file; ``None`` where
        that is not known.
    """
    figures = pd.DataFrame(description.figures.items(), columns=['figure', 'degrees'])
    files = _PLAIN_FILE if has_plain_form else _PIPELINE_FILE
    contents = {True: _WITH_FACES, False: _WITHOUT_FACES, None: _MAYBE_FACES}[holds_faces]
    commands = description.command.split(' && ')
    values = asdict(description) | {
        'files': files.format(detector=description.detector),
        'contents': contents,
        'spread': spread,
        'figures': figures.to_markdown(index=False, floatfmt='.2f'),
        'coverage': coverage_table(description),
        'small_faces': small_faces_table(description),
        'sure_faces': sure_faces_table(description),
        'found': found.to_markdown(index=False),
        'commands': '\n'.join(f'    {command}' for command in commands),
        'dataset_argument': description.training_data.partition(':')[0],
        'versions': ', '.join(f'{k} {v}' for k, v in description.versions.items()),
    }
    path.write_text(_CARD.format(**values), encoding='utf-8')


def coverage_table(description: ModelDescription) -> str:
    """Shares of errors within one and two standard deviations as a Markdown table."""
    rows = [(name, *shares) for name, shares in description.coverage.items()]
    table = pd.DataFrame(rows, columns=['abs(yaw), deg', 'within 1 std, %', 'within 2 std, %'])
    return table.to_markdown(index=False, floatfmt='.1f')


def small_faces_table(description: ModelDescription) -> str:
    """Geodesic error, and shares as of ``coverage_table``, by size as a Markdown table."""
    rows = [(name, *values) for name, values in description.small_faces.items()]
    columns = ['size, px', 'geodesic, deg', f'yaw < {FRONT_YAW}: geodesic, deg']
    columns += ['within 1 std, %', 'within 2 std, %']
    return pd.DataFrame(rows, columns=columns).to_markdown(index=False, floatfmt='.1f')


def sure_faces_table(description: ModelDescription) -> str:
    """Share of the faces surer than a limit, and their geodesic error, as a Markdown table."""
    rows = [(name, *values) for name, values in description.sure_faces.items()]
    ranges = [f'{name}: {what}' for name in description.coverage for what in ('%', 'geodesic')]
    table = pd.DataFrame(rows, columns=['std, deg', *ranges])
    return table.to_markdown(index=False, floatfmt='.1f')
