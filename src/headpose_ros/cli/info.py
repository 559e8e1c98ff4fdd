# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The command ``info``: contents of a file, or what is installed."""

import platform
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from headpose_ros.assets.bundle import default_path, find_bundle
from headpose_ros.detection.factory import NETWORKS, create_detector
from headpose_ros.errors import DetectorUnavailableError, FileError, ModelError
from headpose_ros.files.bag import Bag
from headpose_ros.files.bag_storage import is_bag
from headpose_ros.images.compressed import read_image_file
from headpose_ros.media.sources import is_still
from headpose_ros.media.video_file import VideoSource
from headpose_ros.regression.model_file import JOBLIB_SUFFIX, find_model, read_description

MODEL_SUFFIXES = ('.npz', JOBLIB_SUFFIX)
PACKAGES = (
    'mediapipe', 'numpy', 'opencv-contrib-python', 'pillow', 'av', 'scikit-learn', 'rosbags',
    'tqdm',
)

Lines = list[tuple[str, object]]


def print_info(file: Path | None) -> None:
    """Print the contents of a file; for ``None``, what is installed.

    :raises HeadPoseError: the file cannot be read.
    """
    lines = _installed() if file is None else _of_file(file.expanduser())
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f'{name:{width}}  {value}')


def _of_file(path: Path) -> Lines:
    if not path.exists():
        raise FileError(f'{path}: no such file')
    if is_bag(path):
        return _of_bag(path)
    if path.is_dir():
        raise FileError(f'{path} is a folder without a bag; specify a file')
    if path.suffix in MODEL_SUFFIXES:
        return _of_model(path)
    if is_still(path):
        height, width = read_image_file(path).shape[:2]
        return [('image', path), ('size', f'{width} x {height} pixels')]
    return _of_video(path)


def _of_model(path: Path) -> Lines:
    model = read_description(path)
    features = f'{model.features}, {model.feature_count} of {model.landmark_count} landmarks'
    return [
        ('detector', model.detector),
        ('features', features),
        ('regressor', model.regressor),
        ('training data', model.training_data),
        ('protocol', model.protocol),
        *((name, f'{value:g}') for name, value in model.figures.items()),
        ('created by', model.command),
        ('versions', ', '.join(f'{name} {each}' for name, each in model.versions.items())),
    ]


def _of_bag(path: Path) -> Lines:
    with closing(Bag(path)) as bag:
        topics = [
            (topic, f'{kind}, {_messages(count, bag.seconds)}')
            for topic, (kind, count) in bag.topics.items()
        ]
        broken = [('damaged', bag.problem)] if bag.problem else []
        return [('bag', path), ('duration', f'{bag.seconds:.2f} s'), *topics, *broken]


def _messages(count: int, seconds: float) -> str:
    rate = f', {(count - 1) / seconds:.1f} Hz' if count > 1 and seconds > 0.0 else ''
    return f'{count} messages{rate}'


def _of_video(path: Path) -> Lines:
    video = VideoSource(path)
    width, height = video.size
    # Many containers store no frame count, or a wrong one.
    about = '' if video.is_counted else 'about '
    length = f'{about}{video.count} frames, {video.seconds:.2f} s' if video.count else 'unknown'
    return [
        ('video', path), ('size', f'{width} x {height} pixels'), ('rate', f'{video.rate:g} Hz'),
        ('duration', length), *([('damaged', video.problem)] if video.problem else []),
    ]


def _installed() -> Lines:
    return [
        ('headpose_ros', f'{_version("headpose_ros")} in {Path(__file__).parents[1]}'),
        ('python', f'{platform.python_version()} on {platform.platform()}'),
        *((name, _version(name)) for name in PACKAGES),
        *((f'detector {name}', _state(name)) for name in NETWORKS),
        ('bundle', _bundle()),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'not installed'


def _state(detector: str) -> str:
    try:
        create_detector(detector, 'image', 1).close()
        return f'available, model {find_model(detector)}'
    except (DetectorUnavailableError, ModelError) as error:
        return f'unavailable: {error}'


def _bundle() -> str:
    try:
        return str(find_bundle())
    except DetectorUnavailableError:
        return f'not found at {default_path()}'
