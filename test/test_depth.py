# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Heads at the distance that a depth camera measures: the rendered head, whose place is known."""

import numpy as np
import pytest

from headpose_ros.camera.camera import Camera, opencv_matrix
from headpose_ros.camera.depth import metres_at
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.landmarks import SELLION
from headpose_ros.media.sample_head.depth_camera import (
    DISPARITY_NOISE,
    DISPARITY_STEP,
    StructuredLight,
)
from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH, WALL, RenderedHead
from headpose_ros.people.follower import FollowSettings, HeadFollower
from headpose_ros.people.head_widths import BACKGROUND_TIME, BLEND_TIME, COVERED_TIME
from headpose_ros.rotation import rotation_from_rpy

pytestmark = pytest.mark.usefixtures('face_mesh')

WIDTH, HEIGHT = 640, 480
RATE = 30.0  # Hz
DISTANCES = (0.4, 0.6, 1.0, 1.5, 2.0, 3.0)  # metres

# Degrees of roll, pitch and yaw, and tangents to the place.
POSES = (
    ((0, 0, 0), (0.0, 0.0)), ((0, 0, 25), (0.2, 0.1)), ((0, 0, -25), (0.0, 0.0)),
    ((0, -12, 0), (-0.2, 0.0)), ((0, 15, 0), (0.0, 0.1)), ((-20, 8, 15), (0.2, 0.1)),
    ((0, 0, 45), (0.0, 0.0)),
)


@pytest.fixture(scope='module')
def head():
    return RenderedHead(WIDTH, HEIGHT)


@pytest.fixture(scope='module')
def camera(head):
    return Camera(opencv_matrix(head.camera_matrix), np.zeros(0), 'plumb_bob', WIDTH, HEIGHT)


@pytest.fixture(scope='module')
def kinect(head):
    return StructuredLight(WIDTH, HEIGHT, head.camera_matrix[0, 0])


class Scene:
    """A head in front of a camera with depth, followed from image to image.

    It is 0.134 m wide, and taken to be of another width than it is.
    """

    def __init__(self, head, camera, kinect, degrees=(0, 0, 0), position=(0.0, 0.0, 0.8), **more):
        self.estimator = HeadPoseEstimator(mode='video')
        settings = FollowSettings(**{'smoothing_min_cutoff': 0.0, 'head_width': 0.15, **more})
        self.follower = HeadFollower(self.estimator, settings)
        self.head, self.camera, self.kinect = head, camera, kinect
        self.stamp = 100.0
        self.place(degrees, position)

    def place(self, degrees, position):
        self.pose = rotation_from_rpy(np.radians(degrees)), position
        self.bgr = self.head.render(*self.pose)
        self.exact = self.head.render_depth(*self.pose)
        self.sellion = self.head.landmarks(*self.pose)[SELLION]

    def depth(self):
        """What the depth camera sees now."""
        return self.kinect.see(self.exact)

    def see(self, depth_at=None, seconds=1 / RATE):
        """Head, pose and whether it was measured, in the next image."""
        for _ in range(10):  # far away it takes some images to be a person
            self.stamp += seconds
            people = self.follower.update(self.bgr, self.stamp, self.camera, depth_at=depth_at)
            if people.heads:
                break
        (found,) = people.heads
        return found, people.poses.of(found), people.poses.is_measured(found)

    def watch(self, depth_at=None, frames=30):
        """Distances in metres over some frames, and whether all of them were measured."""
        seen = [self.see(depth_at) for _ in range(frames)]
        return np.array([np.linalg.norm(pose.position) for _, pose, _ in seen]), all(
            is_measured for *_, is_measured in seen
        )

    @property
    def distance(self):
        return np.linalg.norm(self.sellion)

    def close(self):
        self.estimator.close()


@pytest.fixture
def scene(head, camera, kinect):
    scene = Scene(head, camera, kinect)
    yield scene
    scene.close()


@pytest.mark.slow
def test_position_within_two_percent_and_15_mm(head, camera, kinect):
    scores = []
    for distance in DISTANCES:
        errors, without = [], []
        for degrees, (x, y) in POSES:
            scene = Scene(head, camera, kinect, degrees, (x * distance, y * distance, distance))
            without.append(np.linalg.norm(scene.see()[1].position - scene.sellion))
            # After a pause nothing is blended.
            _, pose, is_measured = scene.see(lambda _, scene=scene: scene.depth(), 0.3)
            assert is_measured, (distance, degrees)
            error = np.linalg.norm(pose.position - scene.sellion)
            assert error <= min(0.015, 0.02 * scene.distance), (distance, degrees, error)
            ray = scene.sellion / scene.distance
            along = ray @ (pose.position - scene.sellion)
            scores.append(along / np.sqrt(ray @ pose.covariance[:3, :3] @ ray))
            errors.append(error)
            scene.close()
        print(
            f'{distance} m: off by {1e3 * np.mean(errors):.1f} mm, largest '
            f'{1e3 * max(errors):.1f}; by an assumed width of 0.15 m by '
            f'{1e3 * np.mean(without):.0f}, largest {1e3 * max(without):.0f} mm'
        )
        assert np.mean(without) > 5 * np.mean(errors)
    scores = np.square(scores)
    print(f'mean square of the distance in standard deviations: {scores.mean():.2f}; 1 is ideal')
    assert 0.05 < scores.mean() < 1.0 and scores.max() < 9.0


@pytest.mark.parametrize('what', ['metres', 'small', 'fringe', 'hand', 'holes', 'halo'])
def test_what_is_on_and_before_the_face_does_not_count(scene, what):
    depth = scene.depth()
    found, _, _ = scene.see()
    left, top, width, height = found.bbox.astype(int)
    if what == 'metres':
        depth = np.where(depth > 0, depth / np.float32(1000), np.float32(np.nan))
    elif what == 'small':
        depth = depth[::2, ::2]
    elif what == 'fringe':  # hair 3 cm in front of the forehead
        depth[top:top + height // 4, left:left + width] -= 30
    elif what == 'hand':  # over mouth and nose
        depth[top + height // 2:top + height, left:left + width] = 1000 * (scene.distance - 0.08)
    elif what == 'holes':
        depth[np.random.default_rng(0).random(depth.shape) < 0.8] = 0
    elif what == 'halo':  # the wall, as an edge that is off by a fifth of the face
        depth[top:top + height, left:left + width // 5] = 1000 * (scene.distance + 0.12)
    _, pose, is_measured = scene.see(lambda _: depth)
    error = np.linalg.norm(pose.position - scene.sellion)
    print(f'{what}: off by {1e3 * error:.1f} mm')
    assert is_measured and error < 0.012


@pytest.mark.parametrize('depth', [
    np.zeros((HEIGHT, WIDTH), np.uint16), np.full((HEIGHT, WIDTH), np.nan, np.float32),
    np.full((HEIGHT, WIDTH), 200, np.uint16), np.full((HEIGHT, WIDTH), 4000, np.uint16),
], ids=['nothing', 'not a number', 'far too near', 'far too far'])
def test_without_a_face_in_the_depth_the_width_counts(scene, depth):
    _, expected, _ = scene.see()
    _, pose, is_measured = scene.see(lambda _: depth)
    assert not is_measured
    np.testing.assert_allclose(pose.position, expected.position, atol=0.02)
    np.testing.assert_allclose(pose.covariance, expected.covariance, rtol=0.2, atol=1e-5)


def test_the_width_that_was_learned_is_used_when_depth_goes(scene):
    assumed, _ = scene.watch(frames=5)
    assert assumed[-1] > 1.06 * scene.distance  # taken for wider than it is
    measured, is_measured = scene.watch(lambda _: scene.depth(), 60)
    assert is_measured and abs(measured[-1] - scene.distance) < 0.015
    _, with_depth, _ = scene.see(lambda _: scene.depth())
    gone, is_measured = scene.watch(frames=60)
    assert not is_measured
    assert np.abs(gone - scene.distance).max() < 0.025 * scene.distance
    # It is the person's own: nearer, it is still right.
    scene.place((0, 0, 10), (0.05, 0.0, 0.6))
    scene.see()
    nearer, _ = scene.watch(frames=10)
    assert np.abs(nearer - scene.distance).max() < 0.03 * scene.distance
    # And surer than that of somebody unknown, less sure than what is measured.
    _, learned, _ = scene.see()
    scene.follower.reset()
    _, unknown, _ = scene.see()
    traces = [np.trace(pose.covariance[:3, :3]) for pose in (with_depth, learned, unknown)]
    assert traces[0] < traces[1] < traces[2]


def test_somebody_else_has_another_width(scene):
    scene.watch(lambda _: scene.depth(), 30)
    scene.see(seconds=2.0)  # a new person, as far as that can be known
    distances, _ = scene.watch(frames=5)
    assert (distances > 1.05 * scene.distance).all()


def test_the_distance_does_not_jump_when_depth_comes_and_goes(scene):
    known = []
    for has_depth in (False, True, False, True):
        depth_at = (lambda _: scene.depth()) if has_depth else None
        known.append(scene.watch(depth_at or (lambda _: None), 30)[0])
    distances = np.concatenate(known)
    assert np.abs(distances[:30].mean() - distances[45:60].mean()) > 0.04  # something to jump
    largest = (distances.max() - distances.min()) / RATE / BLEND_TIME
    steps = np.abs(np.diff(distances))
    print(f'steps of {1e3 * steps.max():.1f} mm at most')
    assert steps.max() < 1.2 * largest + 0.01


def test_depth_that_comes_late_tells_the_width(scene):
    came = {}

    def depth_at(stamp):
        return came.get(stamp)

    distances = []
    for _ in range(60):
        _, pose, is_measured = scene.see(depth_at)
        assert not is_measured
        came[scene.stamp] = scene.depth()  # just after its image
        distances.append(np.linalg.norm(pose.position))
    assert distances[0] > 1.06 * scene.distance
    assert abs(distances[-1] - scene.distance) < 0.02 * scene.distance


def test_a_hand_before_the_whole_face_is_not_the_face(scene):
    scene.watch(lambda _: scene.depth(), 30)
    covered = np.full_like(scene.depth(), round(1000 * (scene.distance - 0.09)))
    frames = int(RATE * COVERED_TIME) - 5
    distances, is_measured = scene.watch(lambda _: covered, frames)
    assert not is_measured
    assert np.abs(distances - scene.distance).max() < 0.03 * scene.distance
    # What stays is believed, and forgotten soon after it goes.
    scene.watch(lambda _: covered, 10)
    assert scene.see(lambda _: covered)[2]
    scene.watch(lambda _: scene.depth(), int(RATE * BACKGROUND_TIME) + 2)
    distances, is_measured = scene.watch(lambda _: scene.depth(), 20)
    assert is_measured and abs(distances[-1] - scene.distance) < 0.015


def test_the_background_behind_a_face_without_depth_is_not_the_face(scene):
    scene.watch(lambda _: scene.depth(), 30)
    wall = np.full_like(scene.depth(), round(1000 * (scene.distance + 0.12)))
    distances, is_measured = scene.watch(lambda _: wall, int(RATE * BACKGROUND_TIME) - 5)
    assert not is_measured
    assert np.abs(distances - scene.distance).max() < 0.03 * scene.distance
    distances, is_measured = scene.watch(lambda _: scene.depth(), 20)
    assert is_measured and abs(distances[-1] - scene.distance) < 0.015


def test_an_uncalibrated_camera_has_no_distances(scene):
    asked = []
    scene.camera = None
    people = scene.follower.update(scene.bgr, 1.0, depth_at=asked.append)
    assert people.heads and not asked


def test_pixels_to_metres():
    depth = np.array([[0, 1000], [2000, 3000]], np.uint16)
    pixels = np.array([[0.5, 0.5], [3.9, 0.0], [0.0, 1.99], [3.0, 1.0], [4.0, 0.5], [-0.1, 0.5]])
    expected = [np.nan, 1.0, 2.0, 3.0, np.nan, np.nan]
    np.testing.assert_array_equal(metres_at(depth, pixels, (4, 2)), expected)
    metres = np.array([[np.inf, 1.5], [-1.0, np.nan]], np.float32)
    expected = [np.nan, 1.5, np.nan, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(metres_at(metres, pixels, (4, 2)), expected)


def test_rendered_depth_is_that_of_the_landmarks(head):
    for degrees in ((0, 0, 0), (10, -10, 30)):
        rotation, position = rotation_from_rpy(np.radians(degrees)), (0.05, -0.02, 0.7)
        depth = head.render_depth(rotation, position)
        points = head.landmarks(rotation, position)
        there = metres_at(depth, head.project(points), (WIDTH, HEIGHT))
        assert np.median(np.abs(there - points[:, 2])) < 0.002
        assert (there < points[:, 2] + 0.02).mean() > 0.95  # on the face, or on what hides it
        assert depth[5, 5] == np.float32(position[2] + WALL)
        assert depth[-1, WIDTH // 2] == np.float32(position[2])


@pytest.mark.parametrize('distance', [0.5, 1.0, 2.0, 4.0])
def test_the_depth_camera_is_the_published_one(distance):
    camera = StructuredLight(WIDTH, HEIGHT, 580.0)
    seen = camera.see(np.full((HEIGHT, WIDTH), distance, np.float32)) / 1000.0
    found = seen[seen > 0]
    # Khoshelham and Elberink: 1.4 mm and 2.85 mm times the square of the distance.
    step = DISPARITY_STEP * distance**2
    expected = np.hypot(DISPARITY_NOISE, 1 / np.sqrt(12)) * step
    assert found.std() == pytest.approx(expected, rel=0.1, abs=4e-4)
    assert found.mean() == pytest.approx(distance, abs=0.1 * step + 5e-4)
    assert np.diff(np.unique(found)).max() == pytest.approx(step, rel=0.15, abs=0.0011)


def test_the_depth_camera_has_holes_where_the_projector_does_not_shine():
    depth = np.full((HEIGHT, WIDTH), 2.0, np.float32)
    depth[100:200, 300:400] = 1.0
    seen = StructuredLight(WIDTH, HEIGHT, 580.0).see(depth)
    shadow = round(580.0 * 0.075 * (1 / 1.0 - 1 / 2.0))
    assert not seen[110:190, 302 - shadow:297].any()
    assert (seen[110:190, 310:390] > 0).all() and (seen[110:190, 410:] > 0).all()
    assert FACE_WIDTH < 0.15  # of the scenes above
