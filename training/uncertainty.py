# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Standard deviations that hold: fitted to, and checked on, errors of cross-validation."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from headpose_ros.regression.uncertainty import (
    FIRST,
    MAX_STD,
    SECOND,
    FeatureSpace,
    Uncertainty,
    find_clues,
    quadratic_terms,
)
from headpose_ros.rotation import nearest_rotation, rpy_from_rotation
from training.landmark_file import LandmarkFile
from training.metrics import ALL_YAWS, yaw_masks

COMPONENTS = 100
NO_EXTENT = 1e-6  # of the largest deviation, or of a clue: what rounding leaves of nothing
CLUE_ENDS = (0.002, 0.998)  # quantiles of the training faces
FOLDS = 5

# Radians, added to errors before their logarithm: an error of nothing is luck.
LUCK = np.radians(0.3)

# The deviations are calibrated in so many parts of the faces.
PARTS = 8
MIN_PART = 20  # faces, for quantiles to mean something
ONE_DEVIATION, TWO_DEVIATIONS = 0.6827, 0.9545  # shares of a normal distribution within
ONE_WEIGHT = 2 / 3  # of the first share against the second

# Where the amount of yaw, which is the second clue, and its square are among the terms.
_PAIRS = list(zip(FIRST.tolist(), SECOND.tolist(), strict=True))
YAW_TERM, YAW_SQUARED_TERM = _PAIRS.index((0, 2)), _PAIRS.index((2, 2))


def angle_deviations(rotations: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Absolute differences (n, 3) of roll, pitch and yaw of rotations (n, 3, 3), radians."""
    difference = rpy_from_rotation(rotations) - rpy_from_rotation(labelled)
    return np.abs((difference + np.pi) % (2.0 * np.pi) - np.pi)


def fit_uncertainty(
    features: np.ndarray, outputs: np.ndarray, labelled: np.ndarray, plain: np.ndarray
) -> Uncertainty:
    """Fit standard deviations to predictions of faces that the regressor was not trained on.

    All faces tell what an error depends on; those on images as they were taken set the scale.

    :param features: (n, length).
    :param outputs: (n, 9) of the regressor.
    :param labelled: (n, 3, 3) ``R_opt`` of the labels.
    :param plain: (n,) bool, no copy of an image.
    """
    rotations = nearest_rotation(outputs.reshape(-1, 3, 3))
    errors = angle_deviations(rotations, labelled)
    components = min(COMPONENTS, features.shape[1] - 1)
    pca = PCA(components, svd_solver='covariance_eigh').fit(features)
    deviations = np.sqrt(pca.explained_variance_)
    kept = deviations > NO_EXTENT * deviations[0]
    space = FeatureSpace(pca.mean_, pca.components_[kept], deviations[kept])
    clues = find_clues(space, features, outputs, rotations)
    lowest, highest = np.quantile(clues, CLUE_ENDS, axis=0)
    highest = np.maximum(highest, lowest + NO_EXTENT)
    terms = quadratic_terms(clues, lowest, highest)
    ridge = Ridge(alpha=1.0, fit_intercept=False).fit(terms, np.log(errors + LUCK))
    weights = ridge.coef_.T
    yaw = rpy_from_rotation(rotations[plain])[:, 2]
    ranges = [np.flatnonzero(mask) for name, mask in yaw_masks(yaw).items() if name != ALL_YAWS]
    for angle in range(3):
        # First from sure to unsure, then from frontal to profile, which is not quite the same.
        logarithms, of_angle = terms[plain] @ weights[:, angle], errors[plain, angle]
        parts = np.array_split(np.argsort(logarithms), PARTS)
        slope, offset = _correction(logarithms, logarithms, of_angle, parts, 1)
        weights[:, angle] *= 1.0 + slope
        weights[0, angle] += offset  # the first term is 1
        logarithms = terms[plain] @ weights[:, angle]
        bend = _correction(terms[plain, YAW_TERM], logarithms, of_angle, ranges, 2)
        weights[[YAW_SQUARED_TERM, YAW_TERM, 0], angle] += bend
    return Uncertainty(space, lowest, highest, weights)


def coverage(
    features: np.ndarray, outputs: np.ndarray, data: LandmarkFile, rows: np.ndarray
) -> pd.DataFrame:
    """Shares of errors within one and two standard deviations, in percent.

    Cross-validated once more, by photograph: no deviation was fitted to the errors it is held
    against. Of the images as they were taken, by the label's yaw.

    :param features: (n, length).
    :param outputs: (n, 9) of regressors that were trained without the photograph.
    :param rows: (n,) indices into ``data``.
    """
    labelled, plain = data.rotations[rows], data.plain[rows]
    rotations = nearest_rotation(outputs.reshape(-1, 3, 3))
    std = np.full((len(rows), 3), MAX_STD)
    groups = data.groups[rows]
    folds = GroupKFold(min(FOLDS, len(set(groups))))
    for fitted, tested in folds.split(rows, groups=groups):
        uncertainty = fit_uncertainty(
            features[fitted], outputs[fitted], labelled[fitted], plain[fitted]
        )
        std[tested] = uncertainty.standard_deviations(
            features[tested], outputs[tested], rotations[tested]
        )
    ratios = (angle_deviations(rotations, labelled) / std)[plain]
    yaw, std = data.labels[rows, 1][plain], np.degrees(std[plain])
    table = []
    for name, mask in yaw_masks(yaw).items():
        row: dict[str, object] = {'abs(yaw), deg': name}
        for count in (1, 2):
            row[f'within {count} std, %'] = 100.0 * np.mean(ratios[mask] < count)
        for angle, of_angle in zip(('roll', 'pitch', 'yaw'), ratios[mask].T, strict=True):
            row[f'{angle} 1 std, %'] = 100.0 * np.mean(of_angle < 1)
            row[f'{angle} 2 std, %'] = 100.0 * np.mean(of_angle < 2)
        row['median std, deg'] = ' '.join(f'{x:.1f}' for x in np.median(std[mask], axis=0))
        table.append(row)
    return pd.DataFrame(table)


def _correction(
    along: np.ndarray,
    logarithms: np.ndarray,
    errors: np.ndarray,
    parts: list[np.ndarray],
    degree: int,
) -> np.ndarray:
    """Polynomial to be added to logarithms of deviations, so that they fit ``errors``.

    :param along: (n,), what the polynomial is in.
    :param logarithms: (n,), of deviations.
    :param errors: (n,), absolute.
    :param parts: indices of the faces of each part; those with too few faces are left out.
    :return: (degree + 1,) coefficients, the highest first.
    """
    centres, wanted = [], []
    for part in parts:
        if len(part) < MIN_PART:
            continue
        ratios = errors[part] / np.exp(logarithms[part])
        one, two = np.quantile(ratios, (ONE_DEVIATION, TWO_DEVIATIONS))
        centres.append(np.median(along[part]))
        # Errors have longer tails than a normal distribution: both shares cannot be met.
        wanted.append(ONE_WEIGHT * np.log(one) + (1.0 - ONE_WEIGHT) * np.log(two / 2.0))
    if not centres:
        return np.zeros(degree + 1)
    found = np.polyfit(centres, wanted, min(degree, len(centres) - 1))
    return np.pad(found, (degree + 1 - len(found), 0))
