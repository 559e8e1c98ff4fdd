# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures: what is measured, and that nothing of a test image is trained on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import landmark_file
from scipy.spatial.transform import Rotation
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from headpose_ros.landmarks import CHIN, FOREHEAD, LANDMARK_COUNT
from headpose_ros.regression.features import FEATURE_SETS, extract_features
from headpose_ros.regression.steps import run
from headpose_ros.rotation import nearest_rotation
from training.augmentation import AUGMENTATIONS
from training.crossval import (
    Protocol,
    cross_validate,
    make_regressor,
    trainable,
    training_rows,
)
from training.errors import NoPlainFormError, TrainingError
from training.landmarks import found_table
from training.metrics import RESTRICTED_MAE, face_errors, pan_tilt_figures, pose_figures
from training.parallel import one_thread
from training.plain_numpy import plain_steps
from training.regressors import REGRESSORS
from training.rotation import rotation_from_label

IMAGES = 60

pytestmark = pytest.mark.filterwarnings('ignore:Got `batch_size` less than 1 or larger')


@pytest.fixture(scope='module')
def unrelated():
    """Labels that have nothing to do with the landmarks: nothing can be learned, only recalled.

    Every image has an augmentation with nearly the same landmarks.
    """
    rng = np.random.default_rng(0)
    shapes = np.repeat(rng.normal(size=(IMAGES, LANDMARK_COUNT, 3)), 2, axis=0)
    landmarks = (shapes + rng.normal(scale=1e-3, size=shapes.shape)).astype(np.float32)
    landmarks[:, FOREHEAD, :2], landmarks[:, CHIN, :2] = (0.0, -1.0), (0.0, 1.0)  # upright
    labels = np.repeat(rng.uniform(-0.7, 0.7, (IMAGES, 3)), 2, axis=0)
    names = np.repeat([f'image{i}' for i in range(IMAGES)], 2)
    return landmark_file(landmarks, labels, names, np.tile(list(AUGMENTATIONS)[:2], IMAGES))


def test_no_copy_of_a_test_image_is_trained_on(unrelated, monkeypatch):
    memory = make_pipeline(KNeighborsRegressor(1))
    monkeypatch.setitem(REGRESSORS, 'memory', lambda length: memory)
    # What a leak would look like: the nearest neighbour of a plain image is its own augmentation.
    augmentations = unrelated.select(~unrelated.plain)
    plain = unrelated.select(unrelated.plain)
    memory.fit(*training_rows(augmentations, 'all_3d', augmentations.found))
    recalled = memory.predict(extract_features(plain.landmarks, 'all_3d')).reshape(-1, 3, 3)
    assert pose_figures(recalled, plain.labels)['MAE'] < 0.1

    (result,) = cross_validate(unrelated, [('all_3d', 'memory')], Protocol(5, 2), jobs=1)
    assert result.figures['MAE'] > 20.0
    # Neither of an augmentation of one: standard deviations are fitted to these too.
    for outputs in result.outputs[:, ~unrelated.plain].reshape(2, -1, 3, 3):
        assert pose_figures(outputs, augmentations.labels)['MAE'] > 20.0


def test_every_plain_face_is_predicted_once_a_repeat(unrelated):
    landmarks = unrelated.landmarks.copy()
    landmarks[:4] = np.nan
    data = landmark_file(landmarks, unrelated.labels, unrelated.names, unrelated.augmentations)
    (result,) = cross_validate(data, [('six', 'ridge')], Protocol(4, 3), jobs=1)
    assert result.predicted.shape == (3, IMAGES - 2, 3, 3)
    assert np.isfinite(result.predicted).all()
    assert not np.allclose(result.predicted[0], result.predicted[1])


@pytest.mark.parametrize('augmented', [True, False])
def test_outputs_are_those_of_all_faces_that_can_be_trained_on(unrelated, augmented):
    landmarks = unrelated.landmarks.copy()
    landmarks[:3] = np.nan
    augmentations = np.where(np.arange(2 * IMAGES) % 12 == 1, *list(AUGMENTATIONS)[1::-1])
    data = landmark_file(landmarks, unrelated.labels, unrelated.names, augmentations)
    protocol = Protocol(4, 2, augmented)
    (result,) = cross_validate(data, [('six', 'ridge')], protocol, jobs=1)
    assert result.outputs.shape == (2, 2 * IMAGES, 9)
    known = np.isfinite(result.outputs).all(axis=2)
    assert (known == np.isfinite(result.outputs).any(axis=2)).all()
    assert (known == trainable(data, augmented)).all()
    plain = result.outputs[:, data.found & data.plain].reshape(2, -1, 3, 3)
    np.testing.assert_allclose(result.predicted, nearest_rotation(plain))


def test_only_what_is_scored_counts(unrelated):
    candidate, protocol = [('six', 'ridge')], Protocol(4, 1)
    other = unrelated.select(np.repeat(np.arange(IMAGES) < 20, 2))
    scored = unrelated.found_in(other)
    assert scored.tolist() == [True] * 40 + [False] * 80
    (whole,) = cross_validate(unrelated, candidate, protocol, jobs=1)
    (part,) = cross_validate(unrelated, candidate, protocol, jobs=1, scored=scored)
    np.testing.assert_array_equal(part.predicted, whole.predicted[:, :20])
    labels = unrelated.labels[unrelated.plain][:20]
    assert part.figures == pytest.approx(
        pose_figures(whole.predicted[0, :20], labels), nan_ok=True
    )


def test_only_the_faces_of_another_file_are_scored(unrelated):
    landmarks = unrelated.landmarks.copy()
    landmarks[:6] = np.nan
    other = landmark_file(landmarks, unrelated.labels, unrelated.names, unrelated.augmentations)
    scored = unrelated.found_in(other)
    assert scored.sum() == 2 * (IMAGES - 3)
    candidates, protocol = [('six', 'ridge')], Protocol(4, 1)
    (some,) = cross_validate(unrelated, candidates, protocol, jobs=1, scored=scored)
    (everyone,) = cross_validate(unrelated, candidates, protocol, jobs=1)
    np.testing.assert_allclose(some.predicted, everyone.predicted[:, 3:])


@pytest.mark.parametrize('regressor', ['fourier_ridge', 'fourier_mlp'])
def test_cross_validation_is_repeatable(unrelated, regressor):
    runs = [
        cross_validate(unrelated, [('six', regressor)], Protocol(3, 1), jobs=1)[0].figures
        for _ in range(2)
    ]
    assert runs[0] == pytest.approx(runs[1], rel=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ('protocol', 'words'),
    [(Protocol(1, 1), '1 folds of 60'), (Protocol(61, 1), '61 folds'), (Protocol(5, 0), '0 rep')],
)
def test_impossible_protocols_are_refused(unrelated, protocol, words):
    with pytest.raises(TrainingError, match=words):
        cross_validate(unrelated, [('six', 'ridge')], protocol, jobs=1)


def test_the_protocol_names_the_share_of_faces_found(unrelated):
    landmarks = unrelated.landmarks.copy()
    landmarks[:6] = np.nan
    data = landmark_file(landmarks, unrelated.labels, unrelated.names, unrelated.augmentations)
    text = Protocol().describe(data)
    assert '5-fold' in text
    assert '57 of 60 labelled faces (95.0%)' in text
    assert found_table(data)['found'].iloc[-1] == 57


def test_no_roll_no_training(unrelated):
    labels = unrelated.labels * (1.0, 1.0, np.nan)
    data = landmark_file(unrelated.landmarks, labels, unrelated.names, unrelated.augmentations)
    with pytest.raises(TrainingError, match='has no roll labels'):
        cross_validate(data, [('six', 'ridge')], Protocol(), jobs=1)


def test_mirrored_landmarks_are_trained_on(unrelated):
    inputs, targets = training_rows(unrelated, 'all', trainable(unrelated, augmented=False))
    assert inputs.shape == (2 * IMAGES, FEATURE_SETS['all'].length)
    assert targets.shape == (2 * IMAGES, 9)
    mirrored = unrelated.labels[unrelated.plain] * (1.0, -1.0, -1.0)
    expected = rotation_from_label(mirrored).reshape(-1, 9)
    np.testing.assert_allclose(targets[IMAGES:], expected, atol=1e-12)


@pytest.mark.parametrize(
    ('name', 'features'),
    [*((name, 'six') for name in REGRESSORS), ('fourier_mlp', 'all_3d'), ('pls', 'all')],
)
def test_plain_numpy_predicts_what_scikit_learn_does(unrelated, name, features):
    pipeline = make_regressor(name, features)
    inputs, targets = training_rows(unrelated, features, unrelated.found)
    with one_thread():
        pipeline.fit(inputs, targets)
        outputs = pipeline.predict(inputs[:3])
    assert outputs.shape == (3, 9)
    try:
        steps = plain_steps(pipeline)
    except NoPlainFormError:
        return
    np.testing.assert_allclose(run(steps, inputs[:3]), outputs, atol=1e-6)


def test_pose_figures_of_known_errors():
    labels = np.radians([[0.0, 0.0, 0.0], [0.0, 45.0, 0.0], [10.0, -80.0, 5.0]])
    off = np.radians([[3.0, 0.0, 0.0], [0.0, 45.0, -6.0], [10.0, -80.0, 5.0]])
    figures = pose_figures(rotation_from_label(off), labels)
    assert figures['MAE'] == pytest.approx(1.0)
    assert (figures['pitch'], figures['roll']) == pytest.approx((1.0, 2.0))
    assert figures['median'] == pytest.approx(0.0, abs=1e-9)
    assert figures['geodesic'] == pytest.approx(3.0)
    by_yaw = [figures[f'MAE at abs(yaw) {name}'] for name in ('< 30', '30-60', '>= 60')]
    assert by_yaw == pytest.approx([1.0, 2.0, 0.0], abs=1e-9)


def test_the_restricted_figure_is_of_faces_within_all_three_limits():
    within = [[0.0, 0.0, 0.0], [40.0, -50.0, 30.0], [-40.0, 50.0, -30.0]]
    beyond = [[41.0, 0.0, 0.0], [0.0, -51.0, 0.0], [0.0, 0.0, 31.0]]
    labels = np.radians(within + beyond)
    off = labels + np.radians(np.repeat([[0.6], [9.0]], 3, axis=0))
    assert pose_figures(rotation_from_label(off), labels)[RESTRICTED_MAE] == pytest.approx(0.6)
    none = pose_figures(rotation_from_label(off[3:]), labels[3:])
    assert np.isnan(none[RESTRICTED_MAE]) and none['MAE'] == pytest.approx(9.0)


def test_a_flip_is_a_large_error():
    labels = np.zeros((1, 3))
    flipped = Rotation.from_euler('x', 180.0, degrees=True).as_matrix()[None]
    assert face_errors(flipped, labels)[0] == pytest.approx([180.0])
    assert pose_figures(flipped, labels)['pitch'] == pytest.approx(180.0)


@given(
    pan=st.floats(-1.4, 1.4), tilt=st.floats(-1.4, 1.4), roll=st.floats(-0.5, 0.5)
)
def test_pan_and_tilt_are_where_the_face_points(pan, tilt, roll):
    # A pan-tilt head that is turned about its own forward axis still points there.
    rotation = Rotation.from_euler('YXZ', [pan, -tilt, roll]).as_matrix()[None]
    figures = pan_tilt_figures(rotation, np.array([[tilt, pan, np.nan]]))
    assert (figures['pan MAE'], figures['tilt MAE']) == pytest.approx((0.0, 0.0), abs=1e-5)


def test_pan_and_tilt_have_the_signs_of_yaw_and_pitch():
    looks_up_to_image_left = rotation_from_label(np.radians([[20.0, 0.0, 0.0], [0.0, 30.0, 0.0]]))
    labels = np.radians([[20.0, 0.0, np.nan], [0.0, 30.0, np.nan]])
    figures = pan_tilt_figures(looks_up_to_image_left, labels)
    assert (figures['pan MAE'], figures['tilt MAE']) == pytest.approx((0.0, 0.0), abs=1e-9)
