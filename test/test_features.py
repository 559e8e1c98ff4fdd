# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Features do not depend on where a face is and how large it is."""

import numpy as np
import pytest

from headpose_ros.landmarks import SIX_POINTS
from headpose_ros.regression.features import FEATURE_SETS, extract_features


@pytest.fixture
def landmarks():
    return np.random.default_rng(0).normal(300, 40, (5, 468, 3))


@pytest.mark.parametrize('name', FEATURE_SETS)
def test_shift_and_scale_do_not_count(landmarks, name):
    moved = 2.5 * landmarks + np.array([40, -10, 7])
    features = extract_features(landmarks, name)
    assert features.shape == (5, FEATURE_SETS[name].length)
    np.testing.assert_allclose(extract_features(moved, name), features, atol=1e-9)
    np.testing.assert_allclose(extract_features(landmarks[0], name), features[0])


def test_width_and_height_keep_their_ratio(landmarks):
    wide = landmarks * [2, 1, 1]
    assert not np.allclose(extract_features(wide, 'all'), extract_features(landmarks, 'all'))


def test_six_points_see_nothing_else(landmarks):
    other = np.random.default_rng(1).normal(0, 1, landmarks.shape)
    other[:, SIX_POINTS] = landmarks[:, SIX_POINTS]
    six = extract_features(landmarks, 'six')
    np.testing.assert_allclose(extract_features(other, 'six'), six)


def test_two_dimensions_see_no_depth(landmarks):
    flat = landmarks * [1, 1, 0]
    np.testing.assert_allclose(extract_features(flat, 'all'), extract_features(landmarks, 'all'))
    assert not np.allclose(
        extract_features(flat, 'all_3d'), extract_features(landmarks, 'all_3d')
    )


def test_what_cannot_be_is_refused(landmarks):
    with pytest.raises(ValueError, match="'seven'.*six, all"):
        extract_features(landmarks, 'seven')
    with pytest.raises(ValueError, match=r'\(5, 467, 3\)'):
        extract_features(landmarks[:, 1:], 'all')
