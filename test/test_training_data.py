# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Training data: datasets, augmentations and their labels, the landmark file."""

import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_up import landmark_file
from PIL import Image
from scipy.io import savemat
from scipy.spatial.transform import Rotation
from skimage.data import astronaut

from headpose_ros.detection.factory import create_detector
from headpose_ros.landmarks import LANDMARK_COUNT
from headpose_ros.regression.model_file import load_model
from headpose_ros.rotation import rotation_from_rpy
from training.augmentation import (
    AUGMENTATIONS,
    FAR,
    PLAIN,
    Augmentation,
    brighten,
    coarsen,
    cover,
    darken,
)
from training.crossval import trainable
from training.datasets import describe_rest, read_dataset
from training.detecting import pick_labelled_face
from training.errors import TrainingError
from training.landmark_file import LandmarkFile
from training.mirroring import MIRRORED_VERTICES, mirror_landmarks
from training.rotation import geodesic_angle, label_from_rotation, rotation_from_label
from training.samples import read_bgr


def write_sample(folder, name, label_degrees, key='pt3d_68'):
    """An image and a .mat in the layout of AFLW2000-3D (pt3d_68) or 300W-LP (pt2d)."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f'{name}.jpg'), np.zeros((8, 8, 3), np.uint8))
    pose = np.concatenate([np.radians(label_degrees), [0.0, 0.0, 0.0, 1.0]])[None]
    points = np.zeros((3 if key == 'pt3d_68' else 2, 68))
    savemat(folder / f'{name}.mat', {'Pose_Para': pose, key: points})


# Pixels of the photograph that span the face.
REGION = np.array([[130.0, 90.0], [300.0, 310.0]])


@pytest.fixture(scope='module')
def photograph():
    """BGR image of a face about as large as those of AFLW2000-3D."""
    return cv2.resize(astronaut()[:270, 90:360, ::-1], (450, 450))


@pytest.fixture(scope='module')
def detect(photograph, face_mesh):
    detector = create_detector('face_mesh', 'image', 1)
    yield lambda image: detector.detect(image)[0].landmarks
    detector.close()


def test_large_angles_are_left_out(tmp_path):
    for i, yaw in enumerate((0.0, -98.9, 99.1, 350.0)):
        write_sample(tmp_path, f'image{i:05}', (1.0, yaw, 2.0))
    dataset = read_dataset(tmp_path)
    assert (dataset.name, dataset.left_out) == ('AFLW2000-3D', 2)
    assert [s.name for s in dataset.samples] == ['image00000', 'image00001']
    assert dataset.samples[1].label == pytest.approx(np.radians([1.0, -98.9, 2.0]))


def test_every_image_is_read_whatever_its_name_ends_in(tmp_path):
    suffixes = ('.jpg', '.JPG', '.jpeg', '.png', '.PNG', '.bmp', '.tif', '.webp', '.ppm')
    for i, suffix in enumerate(suffixes):
        write_sample(tmp_path, f'image{i}', (i, 0.0, 0.0))
        image = tmp_path / f'image{i}.jpg'
        _, data = cv2.imencode(suffix, cv2.imread(str(image)))
        image.unlink()
        image.with_suffix(suffix).write_bytes(data)
    dataset = read_dataset(tmp_path)
    assert [sample.name for sample in dataset.samples] == [f'image{i}' for i in range(9)]
    assert all(sample.read_image().shape == (8, 8, 3) for sample in dataset.samples)
    assert describe_rest(dataset) == ''


def test_what_is_not_read_is_counted_and_named(tmp_path):
    write_sample(tmp_path, 'image', (0.0, 0.0, 0.0))
    (tmp_path / 'image.png').touch()  # another of the same name
    (tmp_path / 'phone.heic').touch()
    (tmp_path / 'code').mkdir()
    (tmp_path / 'code' / 'picture.jpg').touch()
    told = describe_rest(read_dataset(tmp_path))
    assert told == '3 other files skipped: code/picture.jpg, image.png, phone.heic'


def test_images_are_turned_as_their_exif_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((8, 16, 3), np.uint8)).save(tmp_path / 'turned.jpg', exif=exif)
    assert read_bgr(tmp_path / 'turned.jpg').shape == (16, 8, 3)


@pytest.mark.parametrize('samples', [np.uint16([[0, 1023]] * 8), np.float32([[0, 1]] * 8)])
def test_images_of_more_than_8_bits_are_not_dark(tmp_path, samples):
    cv2.imwrite(str(tmp_path / 'grey.tif'), samples)
    assert read_bgr(tmp_path / 'grey.tif').max() > 250


def test_labels_in_degrees_are_one_sentence(tmp_path):
    for i in range(3):
        write_sample(tmp_path, f'image{i}', np.degrees((10.0 + i, 20.0, 30.0)))
    with pytest.raises(TrainingError, match='all labels exceed 99 degrees; Pose_Para'):
        read_dataset(tmp_path)
    write_sample(tmp_path, 'image4', (1.0, 0.5, 0.0))  # so small that it passes for radians
    with pytest.raises(TrainingError, match='3 of 4 labels exceed 99 degrees'):
        read_dataset(tmp_path)


def test_views_of_one_photograph_stay_together_in_300w_lp(tmp_path):
    for folder in ('AFW', 'AFW_Flip'):
        for view in ('1_0', '1_1', '2_0'):
            write_sample(tmp_path / folder, f'AFW_{view}', (0.0, 10.0, 0.0), 'pt2d')
    (tmp_path / 'Code').mkdir()
    shutil.copy(tmp_path / 'AFW/AFW_1_0.jpg', tmp_path / 'Code/picture.jpg')
    dataset = read_dataset(tmp_path)
    assert dataset.name == '300W-LP'
    assert len(dataset.samples) == 6
    assert {s.group for s in dataset.samples} == {'AFW/AFW_1', 'AFW/AFW_2'}


def test_pointing04_names_and_boxes(tmp_path):
    folder = tmp_path / 'Person01'
    folder.mkdir()
    (folder / 'person01146+15-30.jpg').touch()
    box = 'person01146+15-30.jpg\n\nFace\n92\n145\n84\n108\n'
    (folder / 'person01146+15-30.txt').write_text(box)
    dataset = read_dataset(tmp_path)
    (sample,) = dataset.samples
    assert not dataset.has_roll
    assert np.degrees(sample.label[:2]) == pytest.approx([15.0, -30.0])
    assert sample.group == '01'
    assert sample.region.tolist() == [[50.0, 91.0], [134.0, 199.0]]


@pytest.mark.parametrize('label', [(10.0, -40.0, 25.0), (-20.0, 70.0, -5.0)])
def test_labels_follow_augmentations(label):
    label = np.radians(label)
    assert Augmentation().label(label) == pytest.approx(label)
    assert Augmentation(scale=0.6).label(label) == pytest.approx(label)
    assert Augmentation(mirrored=True).label(label) == pytest.approx(label * (1.0, -1.0, -1.0))
    upright = np.zeros(3)
    turned = Augmentation(clockwise=20.0).label(upright)
    assert np.degrees(turned) == pytest.approx([0.0, 0.0, 20.0])
    there_and_back = Augmentation(clockwise=-20.0).label(Augmentation(clockwise=20.0).label(label))
    assert there_and_back == pytest.approx(label)


@pytest.mark.parametrize(
    'augmentation', [*AUGMENTATIONS.values(), Augmentation(mirrored=True, clockwise=30.0)]
)
def test_points_follow_augmentations(augmentation):
    augmentation = replace(augmentation.of(REGION), damage=None)
    block = round(3.0 / min(augmentation.scale, 1.0))  # pixels
    image = np.zeros((27 * block, 33 * block, 3), np.uint8)
    left, top = 20 * block, 7 * block
    image[top : top + block, left : left + block] = 255
    middle = np.array([[left, top]]) + (block - 1) / 2.0
    (moved,) = augmentation.points(middle, image.shape)
    augmented = augmentation.image(image, REGION)[..., 0].astype(float)
    ys, xs = (each * augmented for each in np.indices(augmented.shape))
    expected = np.array([xs.sum(), ys.sum()]) / augmented.sum()
    assert moved == pytest.approx(expected, abs=0.3)


def test_augmentations_of_faces_far_away_are_so_small():
    assert tuple(name for name, augmentation in AUGMENTATIONS.items() if augmentation.face) == FAR
    regions = [REGION + i for i in range(100)]
    for name in FAR:
        low, high = AUGMENTATIONS[name].face
        sizes = [
            np.ptp(AUGMENTATIONS[name].of(each).points(each, (450, 450)), axis=0).max()
            for each in regions
        ]
        assert low <= min(sizes) < low + 0.1 * (high - low)
        assert high >= max(sizes) > high - 0.1 * (high - low)
        assert AUGMENTATIONS[name].of(REGION) == AUGMENTATIONS[name].of(REGION.copy())
    for name in set(AUGMENTATIONS) - set(FAR):
        assert AUGMENTATIONS[name].of(REGION) is AUGMENTATIONS[name]


@pytest.mark.parametrize('name', FAR)
def test_a_face_far_away_is_as_a_camera_sees_it(name):
    # Each pixel is the mean of what is before it: of noise little is left.
    augmentation = AUGMENTATIONS[name].of(REGION)
    noise = np.random.default_rng(0).integers(0, 256, (450, 450, 3))
    half = int(225 * augmentation.scale) - 2
    inner = slice(225 - half, 225 + half)
    seen = augmentation.image(noise.astype(np.uint8), REGION)[inner, inner]
    assert seen.mean() == pytest.approx(127.5, abs=3.0)
    assert seen.std() < 1.3 * augmentation.scale * noise.std()


@pytest.fixture(scope='module')
def turned_head(rendered_head):
    """The rendered head turned aside, so that its mirror image is far away; and its region."""
    rotation = rotation_from_rpy(np.radians([10.0, -5.0, 25.0]))
    points = rendered_head.project(rendered_head.landmarks(rotation))
    return rendered_head.render(rotation), np.array([points.min(axis=0), points.max(axis=0)])


@pytest.mark.parametrize('name', [name for name in AUGMENTATIONS if name != PLAIN])
def test_estimated_rotation_follows_augmentations(turned_head, detect, name):
    # The detector sees the augmented pixels; only the label and the points are arithmetic.
    image, region = turned_head
    model, augmentation = load_model(None, 'face_mesh'), AUGMENTATIONS[name].of(region)
    plain = detect(image)
    # By chance a block may hide what matters most, so it is tried in several places.
    regions = [region + i for i in range(7 if augmentation.damage else 1)]
    augmented = np.stack([detect(augmentation.image(image, each)) for each in regions])
    rotation = model.predict(plain[None])[0]
    expected = rotation_from_label(augmentation.label(label_from_rotation(rotation)))
    angles = geodesic_angle(model.predict(augmented), np.tile(expected, (len(regions), 1, 1)))
    assert np.degrees(np.median(angles)) < (12.0 if name in FAR else 6.0)
    points = mirror_landmarks(plain) * (-1.0, 1.0, 1.0) if augmentation.mirrored else plain
    points = augmentation.points(points[:, :2], image.shape)
    shifts = np.linalg.norm(augmented[..., :2] - points, axis=2)
    assert np.median(shifts) < 0.03 * np.ptp(plain[:, 0]) * min(2.0 * augmentation.scale, 1.0)


@pytest.mark.parametrize('name', [name for name, each in AUGMENTATIONS.items() if each.damage])
def test_damage_is_the_same_every_time_and_not_everywhere_the_same(photograph, name):
    before, augmentation = photograph.copy(), AUGMENTATIONS[name]
    first, again, elsewhere = (augmentation.image(photograph, REGION + i) for i in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != elsewhere).any()
    np.testing.assert_array_equal(photograph, before)
    assert (first.shape, first.dtype) == (photograph.shape, np.uint8)


def damage(what, photograph, seed):
    return what(photograph, REGION, np.random.default_rng(seed))


@pytest.mark.parametrize('seed', range(5))
def test_covered_is_one_block_of_one_colour_in_the_face(photograph, seed):
    covered = damage(cover, photograph, seed)
    ys, xs = np.nonzero((covered != photograph).any(axis=2))
    (left, top), (right, bottom) = (xs.min(), ys.min()), (xs.max(), ys.max())
    assert len(np.unique(covered[top : bottom + 1, left : right + 1].reshape(-1, 3), axis=0)) == 1
    assert ([left, top] >= REGION[0] - 1).all() and ([right, bottom] <= REGION[1] + 1).all()
    shares = np.array([right - left, bottom - top]) / (REGION[1] - REGION[0])
    assert (shares > 0.23).all() and (shares < 0.52).all()


@pytest.mark.parametrize('seed', range(5))
def test_light_changes_and_edges_stay(photograph, seed):
    for what, brighter in ((darken, False), (brighten, True)):
        changed = damage(what, photograph, seed)
        assert (changed.mean() > 1.1 * photograph.mean()) == brighter
        assert (changed.mean() < 0.8 * photograph.mean()) != brighter
        # What was darker is not brighter now, pixel for pixel.
        levels, order = changed.ravel(), np.argsort(photograph.ravel(), kind='stable')
        assert (np.diff(levels[order].astype(int)) >= 0).all()


@pytest.mark.parametrize('seed', range(5))
def test_coarse_loses_detail_and_moves_nothing(photograph, seed):
    coarse = damage(coarsen, photograph, seed)
    sharpness = [cv2.Laplacian(image, cv2.CV_64F).std() for image in (coarse, photograph)]
    assert sharpness[0] < 0.4 * sharpness[1]
    # A face of 24 to 48 pixels has pixels of 4.6 to 9.2 in the augmentation.
    blurred = [cv2.GaussianBlur(image, None, 8.0) for image in (coarse, photograph)]
    (dx, dy), _ = cv2.phaseCorrelate(*(image[..., 1].astype(float) for image in blurred))
    assert abs(dx) < 0.5 and abs(dy) < 0.5


def test_mirror_pairs_of_the_face_mesh(face_mesh):
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    mirror = MIRRORED_VERTICES
    assert (mirror[mirror] == np.arange(LANDMARK_COUNT)).all()
    assert mirror[[33, 61, 1, 199]].tolist() == [263, 291, 1, 199]
    edges = {frozenset(edge) for edge in FACEMESH_TESSELATION}
    kept = sum(frozenset(mirror[list(edge)]) in edges for edge in edges)
    # MediaPipe's own triangles are not quite symmetric.
    assert kept >= 0.995 * len(edges)


def test_mirrored_landmarks_are_those_of_the_mirrored_image(photograph, detect):
    plain = detect(photograph)
    arithmetic = mirror_landmarks(plain)[:, :2] + (photograph.shape[1] - 1, 0.0)
    seen = detect(AUGMENTATIONS['mirrored'].image(photograph, REGION))[:, :2]
    distance = np.linalg.norm(arithmetic - seen, axis=1)
    assert np.median(distance) < 0.03 * np.ptp(plain[:, 0])


def test_the_labelled_face_is_picked():
    def face(x, y):
        return np.random.default_rng(0).uniform((x, y, 0.0), (x + 90.0, y + 90.0, 1.0), (468, 3))

    region = np.array([[300.0, 100.0], [400.0, 200.0]])
    right, wrong = face(305.0, 105.0), face(50.0, 100.0)
    assert pick_labelled_face([wrong, right], region) is right
    assert pick_labelled_face([right, wrong], region) is right
    assert pick_labelled_face([wrong], region) is None
    assert pick_labelled_face([], region) is None


def test_landmark_file_comes_back(tmp_path):
    data = some_landmarks()
    data.save(tmp_path / 'landmarks.npz')
    back = LandmarkFile.load(tmp_path / 'landmarks.npz')
    assert (back.detector, back.dataset, back.left_out) == ('face_mesh', 'a dataset', 3)
    assert back.found.tolist() == [True, False]
    assert back.augmentations.tolist() == [PLAIN, 'shrunk']
    np.testing.assert_array_equal(back.landmarks, data.landmarks)


def test_turned_faces_are_upright_for_the_training(rendered_head):
    upright = rendered_head.landmarks(np.eye(3)) * 1000.0
    angles = (0.0, 90.0, 180.0, -90.0, 100.0, 0.0)
    augmentations = [Augmentation(clockwise=each) for each in angles]
    labels = [augmentation.label(np.radians([5.0, 20.0, 0.0])) for augmentation in augmentations]
    turns = Rotation.from_euler('z', np.array(angles)[:, None], degrees=True)
    landmarks = np.array([turn.apply(upright) for turn in turns], np.float32)
    landmarks[-1] = np.nan
    names, kinds = np.array(list('abcdef')), np.array([PLAIN, 'far', *['shrunk'] * 3, PLAIN])
    data = landmark_file(landmarks, np.array(labels), names, kinds)
    assert data.quarters.tolist() == [0, 1, 2, 3, 1, 0]
    assert data.far.tolist() == [False, True, False, False, False, False]
    np.testing.assert_allclose(data.upright_landmarks[:4], [upright] * 4, atol=1e-3)
    np.testing.assert_allclose(data.upright_rotations[:4], data.rotations[[0] * 4], atol=1e-9)
    ten = Rotation.from_euler('z', 10, degrees=True).as_matrix()
    np.testing.assert_allclose(data.upright_rotations[4], ten @ data.rotations[0], atol=1e-9)
    assert np.isnan(data.upright_landmarks[5]).all()


def test_of_faces_that_were_seen_the_wrong_way_up_nothing_is_learned(rendered_head):
    upright = rendered_head.landmarks(np.eye(3)) * 1000.0
    angles = np.array([0.0, 50.0, -50.0, 70.0, 180.0, 90.0])
    labels = [Augmentation(clockwise=each).label(np.radians([5.0, 20.0, 0.0])) for each in angles]
    names, plain = np.array(list('abcdef')), np.full(6, PLAIN)
    # The detector saw all of them as if they were upright.
    data = landmark_file(np.array([upright] * 6), np.array(labels), names, plain)
    assert data.right_way_up.tolist() == [True, True, True, False, False, False]
    assert trainable(data, True).tolist() == data.right_way_up.tolist()
    # Seen as they are, all of them are right.
    turns = [Rotation.from_euler('z', each, degrees=True) for each in angles]
    landmarks = np.array([turn.apply(upright) for turn in turns])
    assert landmark_file(landmarks, np.array(labels), names, plain).right_way_up.all()


def test_broken_landmark_files_are_refused(tmp_path):
    path = tmp_path / 'landmarks.npz'
    with pytest.raises(TrainingError, match='no such landmark file'):
        LandmarkFile.load(path)
    path.write_bytes(b'PK\x03\x04 but no archive')
    with pytest.raises(TrainingError, match='not a readable landmark file'):
        LandmarkFile.load(path)
    np.savez(path, x=np.zeros(3))
    with pytest.raises(TrainingError, match='not a landmark file of this version'):
        LandmarkFile.load(path)
    some_landmarks().save(path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(TrainingError, match='not a readable landmark file'):
        LandmarkFile.load(path)


def some_landmarks():
    landmarks = np.random.default_rng(0).normal(size=(2, LANDMARK_COUNT, 3)).astype(np.float32)
    landmarks[1] = np.nan
    return LandmarkFile(
        detector='face_mesh',
        detector_version='a version',
        dataset='a dataset',
        terms='some terms',
        left_out=3,
        names=np.array(['a', 'a']),
        groups=np.array(['a', 'a']),
        augmentations=np.array([PLAIN, 'shrunk']),
        labels=np.zeros((2, 3)),
        landmarks=landmarks,
    )
