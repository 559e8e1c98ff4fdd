# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The tables of the benchmark as Markdown."""

from pathlib import Path

import pandas as pd

from training.benchmark_table import CAMERA, SIGHT
from training.crossval import Protocol
from training.metrics import (
    LOOKING_DOWN,
    TRUSTED,
    YAW_RANGES,
    geodesic_at,
    mae_at,
)
from training.peers import network_process, solve_pnp, transformation_matrix
from training.peers.networks import NETWORKS
from training.peers.published import TEXT as PUBLISHED
from training.peers.published import published_table

_NETWORKS = ' and '.join(NETWORKS)
_INTRODUCTION = (
    'Degrees. MAE is the mean absolute error of pitch, yaw and roll, median the median of these '
    'errors, geodesic the mean angle of the rotation between estimate and label. All methods are '
    'scored by one function, and the angles of a rotation as they are: a head that a method turns '
    'upside down counts in full. A face is found when the landmarks cover the labelled one. This '
    'project searches a second time where its detector finds no face; the peers search once, '
    f'those on FaceMesh with the landmarks of this project. {_NETWORKS} have no detector and get '
    'the faces that this project finds with FaceMesh, cropped as their authors crop.'
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
_IN_CAMERA = _ANGLES | {'geodesic': 'geodesic', geodesic_at(LOOKING_DOWN): f'geo, {LOOKING_DOWN}'}
_IN_CAMERA |= {'slope of pitch': 'slope, pitch', 'slope of yaw': 'slope, yaw'}
_PAN_TILT_TEXT = (
    'Nothing was trained on it. It labels where a face points, pan (azimuth) and tilt '
    '(elevation), by the marks that people were told to face: nominal, tilt above all. The first '
    f'two columns of errors are those with {TRUSTED}.'
)
_IN_CAMERA_TEXT = (
    'Nothing was trained on it. Its labels are in the axes of the camera, which is calibrated; '
    'outside of a crop around each head its images are black. All methods but two estimate the '
    'head as seen along the line of sight; their rotations are brought into the axes of the '
    'camera by the same line of sight, to the face as this project finds it. '
    f'{transformation_matrix.NAME} and {solve_pnp.NAME}, suppose a camera of their own, so that '
    'theirs are in these axes as they come. Slopes are of the estimate on the label, by least '
    'squares: below 1 large angles are read too small.'
)


def write_report(
    path: Path, tables: list[pd.DataFrame], protocol: Protocol, timed: int, has_networks: bool
) -> str:
    """Write the report and return it.

    :param tables: a dataset each, that of the cross-validation first, see
        ``training.benchmark_table``; one whose labels are in the axes of a camera is there in
        these axes and along the line of sight.
    :param timed: images that were timed.
    :param has_networks: whether the networks were run.
    """
    parts = ['# This project and its peers', _INTRODUCTION]
    if not has_networks:
        parts.append(network_process.LEFT_OUT)
    parts += _section(tables[0], _POSE, _protocol(tables[0], protocol, timed))
    for table in tables[1:]:
        if (table['axes'] == CAMERA).any():
            turned, as_it_comes = (table[table['axes'] == axes] for axes in (CAMERA, SIGHT))
            parts += _section(turned, _IN_CAMERA, _IN_CAMERA_TEXT)
            parts += [
                '**As they come, without the line of sight, each on the faces that it finds '
                'itself:**',
                _markdown(as_it_comes[as_it_comes['faces'] == 'own'], _IN_CAMERA),
            ]
        else:
            parts += _section(table, _PAN_TILT, _PAN_TILT_TEXT)
    parts += ['## Published elsewhere', PUBLISHED, published_table()]
    report = '\n\n'.join(parts)
    path.write_text(report + '\n', encoding='utf-8')
    return report


def _protocol(table: pd.DataFrame, protocol: Protocol, timed: int) -> str:
    repeats = f'mean of {protocol.repeats} shufflings' if protocol.repeats > 1 else 'one shuffling'
    return (
        f'What is trained on {table["dataset"].iloc[0]} is cross-validated inside it: '
        f'{protocol.folds} folds, {repeats}, the same folds for all. Time is from a decoded '
        f'image to the rotation, median of {timed} images, one thread, the methods taking turns; '
        "pose is the part after the face detector's landmarks, or after its box, and detection is "
        f'timed once for all methods with the same detector. {_NETWORKS} are timed on the same '
        'images, afterwards, each in a process of its own, and a detection by FaceMesh counts to '
        'them.'
    )


def _section(table: pd.DataFrame, columns: dict[str, str], text: str) -> list[str]:
    same, own = (table[table['faces'] == faces] for faces in ('same', 'own'))
    first = same.iloc[0]
    return [
        f'## {first["dataset"]}, {first["images"]} images',
        text,
        f'**The {first["scored"]} faces that every method finds:**',
        _markdown(same, columns),
        '**Each method on the faces that it finds itself:**',
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
        shown['ms a face'] = _numbers(table['ms a face'], '.1f')
        shown['of that pose'] = _numbers(table['ms pose'], '.2f')
    shown['trained on'] = table['trained on']
    return shown.to_markdown(index=False, disable_numparse=True)


def _numbers(values: pd.Series, digits: str) -> list[str]:
    return ['' if pd.isna(value) else format(value, digits) for value in values]
