# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Fits standard deviations to cross-validation errors, and measures their coverage."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from headpose_ros.landmarks import face_sizes
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
from training.rotation import geodesic_angle

COMPONENTS = 100
NO_EXTENT = 1e-6  # relative to the largest deviation, or of a predictor: rounding error of zero
CLUE_ENDS = (0.002, 0.998)  # quantiles of the training faces, range of a predictor
FOLDS = 5

# Radians, added to errors before the logarithm: errors near zero are chance.
LUCK = np.radians(0.3)

# The deviations are calibrated in this many bins of faces.
PARTS = 8
MIN_PART = 20  # minimum faces per bin, for quantiles
ONE_DEVIATION, TWO_DEVIATIONS = 0.6827, 0.9545  # coverage for a normal distribution
ONE_WEIGHT = 2 / 3  # of the first against the second

# Indices among the terms of absolute yaw, the second predictor, and its square.
_PAIRS = list(zip(FIRST.tolist(), SECOND.tolist(), strict=True))
YAW_TERM, YAW_SQUARED_TERM = _PAIRS.index((0, 2)), _PAIRS.index((2, 2))

# The same for the face size, the last predictor.
_LAST = int(SECOND.max())
SIZE_TERM, SIZE_SQUARED_TERM = _PAIRS.index((0, _LAST)), _PAIRS.index((_LAST, _LAST))

# Degrees: certain faces, the default ``max_std``, and all.
STD_LIMITS = (20, 60, 180)

# Pixels, longer side of the landmark box: ranges of distant faces.
SIZE_RANGES = ((16, 22), (22, 27), (27, 35), (35, 50), (50, 72))
FRONT_YAW = 45  # degrees; frontal ones are also reported separately


def angle_deviations(rotations: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Absolute differences (n, 3) of roll, pitch and yaw of rotations (n, 3, 3), radians."""
    difference = rpy_from_rotation(rotations) - rpy_from_rotation(labelled)
    return np.abs((difference + np.pi) % (2.0 * np.pi) - np.pi)


def fit_uncertainty(
    features: np.ndarray,
    outputs: np.ndarray,
    labelled: np.ndarray,
    sizes: np.ndarray,
    plain: np.ndarray,
    far: np.ndarray,
) -> Uncertainty:
    """Fit standard deviations to predictions for faces not used to train the regressor.

    All faces determine the dependence on the predictors; original images set the scale, distant
    faces the scale of small faces.

    :param features: (n, length).
    :param outputs: (n, 9) of the regressor.
    :param labelled: (n, 3, 3) ``R_opt`` of the labels.
    :param sizes: (n,) pixels, of ``headpose_ros.landmarks.face_sizes``.
    :param plain: (n,) bool, original images.
    :param far: (n,) bool, augmentations showing a distant face.
    """
    rotations = nearest_rotation(outputs.reshape(-1, 3, 3))
    errors = angle_deviations(rotations, labelled)
    components = min(COMPONENTS, features.shape[1] - 1)
    pca = PCA(components, svd_solver='covariance_eigh').fit(features)
    deviations = np.sqrt(pca.explained_variance_)
    kept = deviations > NO_EXTENT * deviations[0]
    space = FeatureSpace(pca.mean_, pca.components_[kept], deviations[kept])
    predictors = find_clues(space, features, outputs, rotations, sizes)
    lowest, highest = np.quantile(predictors, CLUE_ENDS, axis=0)
    highest = np.maximum(highest, lowest + NO_EXTENT)
    terms = quadratic_terms(predictors, lowest, highest)
    ridge = Ridge(alpha=1.0, fit_intercept=False).fit(terms, np.log(errors + LUCK))
    weights = ridge.coef_.T
    yaw = rpy_from_rotation(rotations[plain])[:, 2]
    ranges = [np.flatnonzero(mask) for name, mask in yaw_masks(yaw).items() if name != ALL_YAWS]
    for angle in range(3):
        # First by predicted deviation, then by yaw.
        logarithms, of_angle = terms[plain] @ weights[:, angle], errors[plain, angle]
        parts = np.array_split(np.argsort(logarithms), PARTS)
        slope, offset = _correction(logarithms, logarithms, of_angle, parts, 1)
        weights[:, angle] *= 1.0 + slope
        weights[0, angle] += offset  # the first term is 1
        logarithms = terms[plain] @ weights[:, angle]
        bend = _correction(terms[plain, YAW_TERM], logarithms, of_angle, ranges, 2)
        weights[[YAW_SQUARED_TERM, YAW_TERM, 0], angle] += bend
        if far.any():
            # Then by size: large faces, already calibrated, are one of the bins.
            by_size = np.flatnonzero(far)[np.argsort(sizes[far])]
            parts = [np.flatnonzero(plain), *np.array_split(by_size, PARTS)]
            logarithms = terms @ weights[:, angle]
            bend = _correction(terms[:, SIZE_TERM], logarithms, errors[:, angle], parts, 2)
            weights[[SIZE_SQUARED_TERM, SIZE_TERM, 0], angle] += bend
    return Uncertainty(space, lowest, highest, weights)


def coverage(
    features: np.ndarray, outputs: np.ndarray, data: LandmarkFile, rows: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Percent of errors within one and two standard deviations.

    Cross-validated by photograph: deviations are compared with errors they were not fitted to.
    Three tables: original images by label yaw; augmentations with distant faces by size, with the
    geodesic error of all and of frontal ones; and, for limits on the largest standard deviation,
    percent of faces kept and their geodesic error.

    :param features: (n, length).
    :param outputs: (n, 9) of regressors trained without the photograph.
    :param rows: (n,) indices into ``data``.
    """
    labelled, plain, far = data.upright_rotations[rows], data.plain[rows], data.far[rows]
    sizes = face_sizes(data.landmarks[rows])
    rotations = nearest_rotation(outputs.reshape(-1, 3, 3))
    std = np.full((len(rows), 3), MAX_STD)
    groups = data.groups[rows]
    folds = GroupKFold(min(FOLDS, len(set(groups))))
    for fitted, tested in folds.split(rows, groups=groups):
        given = (each[fitted] for each in (features, outputs, labelled, sizes, plain, far))
        uncertainty = fit_uncertainty(*given)
        std[tested] = uncertainty.standard_deviations(
            features[tested], outputs[tested], rotations[tested], sizes[tested]
        )
    ratios = angle_deviations(rotations, labelled) / std
    by_yaw = [
        {'abs(yaw), deg': name, **shares_within(ratios[plain][mask], std[plain][mask])}
        for name, mask in yaw_masks(data.labels[rows, 1][plain]).items()
    ]
    by_size = []
    geodesic = np.degrees(geodesic_angle(rotations, labelled))
    yaw = np.abs(np.degrees(data.labels[rows, 1]))
    for low, high in SIZE_RANGES:
        mask = far & (low <= sizes) & (sizes < high)
        if mask.any():
            front = mask & (yaw < FRONT_YAW)
            size = {
                'size, px': f'{low}-{high}',
                'geodesic': geodesic[mask].mean(),
                f'yaw < {FRONT_YAW}: geodesic': geodesic[front].mean() if front.any() else np.nan,
            }
            by_size.append(size | shares_within(ratios[mask], std[mask]))
    by_limit = []
    largest = np.degrees(std.max(axis=1))
    for limit in STD_LIMITS:
        row: dict[str, object] = {'std, deg': f'<= {limit}'}
        for name, mask in yaw_masks(np.radians(yaw)).items():
            sure = plain & mask & (largest <= limit)
            row[f'{name}: share, %'] = 100.0 * sure.sum() / max((plain & mask).sum(), 1)
            row[f'{name}: geodesic'] = geodesic[sure].mean() if sure.any() else np.nan
        by_limit.append(row)
    return pd.DataFrame(by_yaw), pd.DataFrame(by_size), pd.DataFrame(by_limit)


def shares_within(ratios: np.ndarray, std: np.ndarray) -> dict[str, object]:
    """Table row: percent of errors within one and two standard deviations, overall and by angle.

    :param ratios: (n, 3) of the errors of roll, pitch and yaw to their deviations.
    :param std: (n, 3) radians, the deviations; their medians are included.
    """
    row: dict[str, object] = {}
    for count in (1, 2):
        row[f'within {count} std, %'] = 100.0 * np.mean(ratios < count)
    for angle, of_angle in zip(('roll', 'pitch', 'yaw'), ratios.T, strict=True):
        row[f'{angle} 1 std, %'] = 100.0 * np.mean(of_angle < 1)
        row[f'{angle} 2 std, %'] = 100.0 * np.mean(of_angle < 2)
    medians = np.degrees(np.median(std, axis=0))
    row['median std, deg'] = ' '.join(f'{x:.1f}' for x in medians)
    return row


def _correction(
    along: np.ndarray,
    logarithms: np.ndarray,
    errors: np.ndarray,
    parts: list[np.ndarray],
    degree: int,
) -> np.ndarray:
    """Polynomial correction of log deviations to fit ``errors``.

    :param along: (n,), variable of the polynomial.
    :param logarithms: (n,), of deviations.
    :param errors: (n,), absolute.
    :param parts: indices of the faces in each bin; bins with too few faces are ignored.
    :return: (degree + 1,) coefficients, highest first.
    """
    centres, wanted = [], []
    for part in parts:
        if len(part) < MIN_PART:
            continue
        ratios = errors[part] / np.exp(logarithms[part])
        one, two = np.quantile(ratios, (ONE_DEVIATION, TWO_DEVIATIONS))
        centres.append(np.median(along[part]))
        # Errors have heavier tails than a normal distribution: both cannot be met.
        wanted.append(ONE_WEIGHT * np.log(one) + (1.0 - ONE_WEIGHT) * np.log(two / 2.0))
    if not centres:
        return np.zeros(degree + 1)
    found = np.polyfit(centres, wanted, min(degree, len(centres) - 1))
    return np.pad(found, (degree + 1 - len(found), 0))
