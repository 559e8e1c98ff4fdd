# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The tables of the benchmark as Markdown."""

from pathlib import Path

import pandas as pd

from training.crossval import Protocol
from training.metrics import TRUSTED_PAN, TRUSTED_TILT, YAW_RANGES, mae_at
from training.peers import whenet
from training.peers.published import TEXT as PUBLISHED
from training.peers.published import published_table

_INTRODUCTION = (
    'Degrees. MAE is the mean absolute error of pitch, yaw and roll, median the median of these '
    'errors, geodesic the mean angle of the rotation between estimate and label. All methods are '
    'scored by one function, and the angles of a rotation as they are: a head that a method turns '
    'upside down counts in full. A face is found when the landmarks cover the labelled one. This '
    'project looks again where its detector sees nobody; the peers look once, those on FaceMesh '
    'with the landmarks of this project, and WHENet, which has no detector, gets the faces that '
    'this project finds with FaceMesh.'
)
_POSE = {'pitch': 'pitch', 'yaw': 'yaw', 'roll': 'roll', 'MAE': 'MAE', 'median': 'median'}
_POSE |= {'geodesic': 'geodesic'}
_POSE |= {mae_at(name): f'MAE, yaw {name}' for name in YAW_RANGES}
_WHERE = f'pan within {TRUSTED_PAN:.0f}, tilt within {TRUSTED_TILT:.0f}'
_PAN_TILT = {
    f'pan MAE at {_WHERE}': 'pan',
    f'tilt MAE at {_WHERE}': 'tilt',
    'pan MAE': 'pan, all',
    'tilt MAE': 'tilt, all',
}


def write_report(
    path: Path, tables: list[pd.DataFrame], protocol: Protocol, timed: int, has_whenet: bool
) -> str:
    """Write the report and return it.

    :param tables: a dataset each, that of the cross-validation first, see ``training.benchmark``.
    :param timed: images that were timed.
    :param has_whenet: whether WHENet was run.
    """
    parts = ['# This project and its peers', _INTRODUCTION]
    if not has_whenet:
        parts.append(whenet.LEFT_OUT)
    parts += _section(tables[0], _POSE, _protocol(tables[0], protocol, timed))
    for table in tables[1:]:
        text = (
            'Nothing was trained on it. It labels where a face points, pan (azimuth) and tilt '
            '(elevation), by the marks that people were told to face: nominal, tilt above all. '
            f'The first two columns of errors are those with {_WHERE}.'
        )
        parts += _section(table, _PAN_TILT, text)
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
        'timed once for all methods with the same detector. WHENet is timed on the same images, '
        'afterwards, in a process of its own, and a detection by FaceMesh counts to it.'
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
