# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Time of each method from image to rotation, methods alternating."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import numpy as np

from headpose_ros.detection.factory import create_detector
from headpose_ros.quiet import silent_stderr
from headpose_ros.regression.model import Model
from training.baselines import solve_pnp, transformation_matrix
from training.baselines.svr_recipe import SvrRecipe
from training.parallel import one_thread

_WARM_UP = 3  # images before the clock counts


def time_methods(
    images: list[np.ndarray],
    models: dict[str, Model],
    recipes: dict[str, SvrRecipe],
    bundle: str | os.PathLike | None = None,
) -> dict[str, tuple[float, float]]:
    """Median milliseconds of each method for one image with a face: in total, and for the pose.

    Detection is timed once per image for all methods with the same detector.

    :param images: ``uint8`` (H, W, 3) BGR, each with a face that all methods find in a single
        pass.
    :param models: detector name to model.
    :param recipes: name to fitted recipe, for landmarks of FaceMesh.
    :param bundle: of the Face Landmarker, see ``headpose_ros.detection.factory.create_detector``.
    :return: by name of detector, recipe and baseline; NaN for a pose step that cannot be timed
        separately.
    """
    poses = {name: {name: _predictor(model)} for name, model in models.items()}
    poses['face_mesh'][solve_pnp.NAME] = solve_pnp.rotation_from_landmarks
    poses['face_mesh'] |= {name: _predictor(recipe) for name, recipe in recipes.items()}
    matrix = transformation_matrix.TransformationMatrix
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        stack.enter_context(silent_stderr())
        detectors: dict[str, Any] = {}
        for name in models:
            file = bundle if name == 'face_landmarker' else None
            detectors[name] = stack.enter_context(closing(create_detector(name, 'image', 1, file)))
        detectors[transformation_matrix.NAME] = stack.enter_context(closing(matrix(bundle)))
        rounds = []
        for bgr in images[:_WARM_UP] + images:
            times: dict[str, tuple[float, float]] = {}
            for name, detector in detectors.items():
                times |= _time(name, detector.detect, poses.get(name, {}), bgr)
            rounds.append(times)
    return {
        name: tuple(1e3 * np.median([times[name] for times in rounds[_WARM_UP:]], axis=0))
        for name in rounds[0]
    }


def _predictor(model: Model | SvrRecipe) -> Callable[[np.ndarray, tuple[int, ...]], np.ndarray]:
    return lambda face, _: model.predict(face[None])[0]


def _time(
    name: str, detect: Callable[[np.ndarray], list], poses: dict[str, Callable], bgr: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Seconds of the methods of a detector for one image; of the detector if it has none."""
    start = time.perf_counter()
    faces = detect(bgr)
    detection = time.perf_counter() - start
    if not poses:
        return {name: (detection, np.nan)}
    times = {}
    for method, pose in poses.items():
        start = time.perf_counter()
        pose(faces[0].landmarks, bgr.shape)
        seconds = time.perf_counter() - start
        times[method] = (detection + seconds, seconds)
    return times
