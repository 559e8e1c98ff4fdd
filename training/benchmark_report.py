# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The tables of the benchmark as Markdown."""

from pathlib import Path

import pandas as pd

from training.baselines import network_process, transformation_matrix
from training.baselines.networks import NETWORKS
from training.baselines.published import TEXT as PUBLISHED
from training.baselines.published import published_table
from training.benchmark_table import CAMERA, SIGHT
from training.crossval import Protocol
from training.metrics import (
    LOOKING_DOWN,
    TRUSTED,
    YAW_RANGES,
    geodesic_at,
    mae_at,
)

_NETWORKS = ' and '.join(NETWORKS)
_INTRODUCTION = (
    'Degrees. MAE is the mean absolute error of pitch, yaw and roll, median the median of these '
    'errors, geodesic the mean angle between estimate and label. All methods are scored by one '
    'function, and equivalent Euler angles are not substituted: a head estimated upside down '
    'counts in full. A '
    'face is found if its landmarks overlap the labelled one. This project searches again where '
    'its detector finds no face; the baselines search once, those on FaceMesh with the landmarks '
    f'of this project. {_NETWORKS} have no detector and get the faces that this project finds '
    'with FaceMesh, cropped as their authors do.'
)
_ANGLES = {'pitch': 'pitch', 'yaw': 'yaw', 'roll': 'roll', 'MAE': 'MAE'}
_POSE = _ANGLES | {'median': 'median', 'geodesic': 'geodesic'}
_POSE |= {mae_at(name): f'MAE, yaw {name}' for name in YAW_RANGES}
_PAN_TILT = {
    f'pan MAE at {TRUSTED}': 'pan',
    f'tilt MAE at {TRUSTED}': 'tilt',
    'pan MAE': 'pan, all',
    'tilt MAE': 'tilt, all',
}
_IN_CAMERA = _POSE | {geodesic_at(LOOKING_DOWN): f'geo, {LOOKING_DOWN}'}
_IN_CAMERA |= {'slope of pitch': 'slope, pitch', 'slope of yaw': 'slope, yaw'}
_PAN_TILT_TEXT = (
    'Not used for training. It labels the facing direction, pan (azimuth) and tilt (elevation), '
    'by the markers that people were asked to face: nominal, tilt in particular. The first two '
    f'columns of errors are those with {TRUSTED}.'
)
_IN_CAMERA_TEXT = (
    'Not used for training. Its labels are in the axes of the calibrated camera; its images are '
    'black outside a crop around each head. All methods but two estimate the head along the line '
    'of sight; their rotations are transformed to camera axes by the line of sight to the face '
    f'found by this project. {transformation_matrix.NAME} and solvePnP assume a camera of their '
    'own, so their rotations are already in camera axes. Slopes are of estimate against label, by '
    'least squares: below 1 large angles are underestimated.'
)


def write_report(
    path: Path, tables: list[pd.DataFrame], protocol: Protocol, timed: int, has_networks: bool
) -> str:
    """Write the report and return it.

    :param tables: one per dataset, that of the cross-validation first, see
        ``training.benchmark_table``; datasets with labels in camera axes both in these axes and
        along the line of sight.
    :param timed: number of timed images.
    :param has_networks: whether the networks were run.
    """
    parts = ['# This project and baselines', _INTRODUCTION]
    if not has_networks:
        parts.append(network_process.LEFT_OUT)
    parts += _section(tables[0], _POSE, _protocol(tables[0], protocol, timed))
    for table in tables[1:]:
        if (table['axes'] == CAMERA).any():
            turned, as_it_comes = (table[table['axes'] == axes] for axes in (CAMERA, SIGHT))
            parts += _section(turned, _IN_CAMERA, _IN_CAMERA_TEXT)
            parts += [
                '**Without the line of sight, each method on the faces that it finds:**',
                _markdown(as_it_comes[as_it_comes['faces'] == 'own'], _IN_CAMERA),
            ]
        else:
            parts += _section(table, _PAN_TILT, _PAN_TILT_TEXT)
    parts += ['## Published elsewhere', PUBLISHED, published_table()]
    report = '\n\n'.join(parts)
    path.write_text(report + '\n', encoding='utf-8')
    return report


def _protocol(table: pd.DataFrame, protocol: Protocol, timed: int) -> str:
    return (
        f'Methods trained on {table["dataset"].iloc[0]} are cross-validated: {protocol.folds} '
        f'folds, {protocol.repeats_in_words}, the same folds for all. Time is from a decoded '
        f'image to the rotation, median of {timed} images, one thread, the methods alternating. '
        'Most of it is the search of the whole image, which a video with a tracked face does not '
        "need; pose is the part after the detector's landmarks or box. Detection is timed once "
        'for all methods '
        f'with the same detector. {_NETWORKS} are timed on the same images, afterwards, each in '
        'its own process, and detection by FaceMesh is added to them.'
    )


def _section(table: pd.DataFrame, columns: dict[str, str], text: str) -> list[str]:
    same, own = (table[table['faces'] == faces] for faces in ('same', 'own'))
    first = same.iloc[0]
    return [
        f'## {first["dataset"]}, {first["images"]} images',
        text,
        f'**The {first["scored"]} faces that every method finds:**',
        _markdown(same, columns),
        '**Each method on the faces that it finds:**',
        _markdown(own, columns),
    ]


def _markdown(table: pd.DataFrame, columns: dict[str, str]) -> str:
    shown = table[['method']].copy()
    found, images = table['found'], table['images']
    shown['faces found'] = [
        f'{n} ({n / of:.1%})' for n, of in zip(found, images, strict=True)
    ]
    for name, title in columns.items():
        shown[title] = _numbers(table[name], '.2f')
    if table['ms a face'].notna().any():
        shown['ms per face'] = _numbers(table['ms a face'], '.1f')
        shown['of that pose'] = _numbers(table['ms pose'], '.2f')
    shown['trained on'] = table['trained on']
    return shown.to_markdown(index=False, disable_numparse=True)


def _numbers(values: pd.Series, digits: str) -> list[str]:
    return ['' if pd.isna(value) else format(value, digits) for value in values]
