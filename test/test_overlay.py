# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Head poses drawn on an image."""

import itertools

import numpy as np
import pytest

from headpose_ros.detection.mediapipe_common import face_mesh_edges
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.landmarks import LANDMARK_COUNT, NOSE_TIP
from headpose_ros.overlay import (
    AXIS_COLORS,
    HEAD_COLOR,
    PRIMARY_COLOR,
    OverlayStyle,
    describe,
    draw_heads,
)
from headpose_ros.rotation import rotation_from_rpy

NOTHING = OverlayStyle(
    ids=False, angles=False, axes=False, mesh=False, attention_angle=None
)
TEXT = OverlayStyle(axes=False, attention_angle=None)
BACKGROUND = 120


def grey(width: int = 640, height: int = 480) -> np.ndarray:
    return np.full((height, width, 3), BACKGROUND, np.uint8)


def head(x=280.0, y=200.0, side=80.0, rpy=(8, -5, 24), track_id='f1') -> HeadPose:
    """A head whose box is a square, with the tip of the nose in its middle.

    :param rpy: degrees.
    """
    landmarks = np.random.default_rng(0).uniform(0, side, (LANDMARK_COUNT, 3))
    landmarks[10], landmarks[152] = 0, side
    landmarks[NOSE_TIP] = side / 2
    rotation = rotation_from_rpy(np.radians(rpy))
    return HeadPose(rotation, landmarks + (x, y, 0), np.full(3, 0.1), track_id=track_id)


def is_color(image: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """Where pixels have a color, but for what smooth edges take of it."""
    return (np.abs(image.astype(int) - color) < 30).all(axis=-1)


def text_of(bgr: np.ndarray, heads: list[HeadPose], style: OverlayStyle = TEXT) -> np.ndarray:
    """Mask of the pixels that text changes."""
    return (draw_heads(bgr, heads, style) != draw_heads(bgr, heads, NOTHING)).any(axis=2)


def extent(mask: np.ndarray) -> tuple[int, int]:
    """Width and height of the rectangle around a mask."""
    rows, columns = np.nonzero(mask)
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def layouts(bgr: np.ndarray) -> list[tuple[int, int]]:
    """Widths and heights of the text of a head, if it has the image to itself and if not."""
    alone = text_of(bgr, [head(5, 5, 8)])
    away = head(bgr.shape[1] - 2, bgr.shape[0] - 2, 1, track_id=None)
    both = text_of(bgr, [head(5, 5, 8), away])
    both[bgr.shape[0] // 2:] = False  # the other head's
    return [extent(alone), extent(both)]


def test_words():
    assert describe(head(rpy=(8, -5, 24))) == 'roll +8  pitch -5  yaw +24'
    assert describe(head(rpy=(-0.2, 0.2, 0))) == 'roll +0  pitch +0  yaw +0'


def test_the_image_is_copied_and_the_box_is_always_there():
    bgr = grey()
    drawn = draw_heads(bgr, [head(100, 150, 80)], NOTHING)
    assert (bgr == BACKGROUND).all()
    rows, columns = np.nonzero((drawn != bgr).any(axis=2))
    assert abs(columns.min() - 100) <= 1 and abs(columns.max() - 180) <= 1
    assert abs(rows.min() - 150) <= 1 and abs(rows.max() - 230) <= 1
    np.testing.assert_array_equal(draw_heads(bgr, []), bgr)


@pytest.mark.parametrize('ids', [False, True])
@pytest.mark.parametrize('angles', [False, True])
def test_ids_and_angles_are_independent(ids, angles):
    style = OverlayStyle(ids=ids, angles=angles, axes=False, attention_angle=None)

    def drawn(**changes):
        return draw_heads(grey(), [head(**changes)], style)

    assert text_of(grey(), [head()], style).any() == (ids or angles)
    assert (drawn(track_id='f1') != drawn(track_id='f2')).any() == ids
    assert (drawn(rpy=(0, 0, 0)) != drawn(rpy=(0, 0, 9))).any() == angles
    assert text_of(grey(), [head(track_id=None)], style).any() == angles


@pytest.mark.parametrize('ids', [True, False])
def test_what_a_head_faces_is_drawn_for_the_angle(ids):
    def drawn(angle, rpy=(0, 0, 12)):
        style = OverlayStyle(ids=ids, angles=False, axes=False, attention_angle=angle)
        return draw_heads(grey(), [head(rpy=rpy)], style)

    assert (drawn(None) == drawn(None, (0, 0, 40))).all()
    assert (drawn(0.2) != drawn(None)).any()
    assert (drawn(0.2) != drawn(0.2, (0, 0, 40))).any()
    assert (drawn(0.2) != drawn(0.1)).any()
    with_it = text_of(grey(), [head()], OverlayStyle(axes=False))
    height, expected = extent(text_of(grey(), [head()], TEXT))[1], extent(with_it)[1]
    assert abs(height - expected) <= 1  # in the same line; the letters of OpenCV 5 differ


def test_axes_start_at_the_tip_of_the_nose():
    style = OverlayStyle(ids=False, angles=False)
    drawn = draw_heads(grey(), [head(280, 200, 80, rpy=(0, 0, 0))], style)
    # Facing the camera: the head's left is right in the image, its top is above; 0.6 * 80 pixels.
    for color, (x, y) in zip(AXIS_COLORS[1:], [(320 + 24, 240), (320, 240 - 24)], strict=True):
        assert is_color(drawn[y - 1:y + 2, x - 1:x + 2], color).any()
        assert not is_color(drawn[:, :310], color).any()
        assert not is_color(drawn[250:], color).any()
    drawn = draw_heads(grey(), [head(280, 200, 80, rpy=(0, 0, 60))], style)
    rows, columns = np.nonzero(is_color(drawn, AXIS_COLORS[0]))
    assert columns.max() > 320 + 30 and np.abs(rows - 240).max() < 12


def test_the_primary_head_stands_out():
    heads = [head(100, 200, track_id='f4'), head(400, 200, track_id='f7')]
    plain = draw_heads(grey(), heads, NOTHING)
    drawn = draw_heads(grey(), heads, NOTHING, primary_id='f7')
    for half in (plain[:, :300], plain[:, 300:]):
        assert is_color(half, HEAD_COLOR).any()
    assert not is_color(plain, PRIMARY_COLOR).any()
    np.testing.assert_array_equal(drawn[:, :300], plain[:, :300])
    # Left edges of the boxes, across: that of the primary is thicker.
    assert is_color(drawn[240], PRIMARY_COLOR)[390:410].sum() > 1
    assert is_color(drawn[240], HEAD_COLOR)[90:110].sum() == 1
    assert not is_color(drawn[:, 300:], HEAD_COLOR).any()
    # The ids are gone, and nobody is taken for the primary.
    unnumbered = [head(100, 200, track_id=None), head(400, 200, track_id=None)]
    np.testing.assert_array_equal(draw_heads(grey(), unnumbered, NOTHING), plain)


def test_the_primary_head_is_on_top():
    heads = [head(300, 200, track_id='f1'), head(320, 220, track_id='f2')]
    for primary in heads:
        drawn = draw_heads(grey(), heads, NOTHING, primary.track_id)
        assert is_color(drawn[220, 320:380], PRIMARY_COLOR).any()  # where the edges cross
        box = primary.bbox.astype(int)
        edge = drawn[box[1], box[0]:box[0] + box[2]]
        assert is_color(edge, PRIMARY_COLOR).all()


def test_the_mesh_lies_on_the_face_and_lets_it_be_seen():
    bgr = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    heads = [head(200, 100, 200)]
    plain = draw_heads(bgr, heads, NOTHING)
    drawn = draw_heads(bgr, heads, OverlayStyle(False, False, False, True, None))
    changed = (plain != drawn).any(axis=2)
    inside = np.zeros_like(changed)
    inside[98:303, 198:403] = True
    assert changed[inside].mean() > 0.3
    assert not changed[~inside].any()
    seen = np.corrcoef(plain[inside].ravel(), drawn[inside].ravel())[0, 1]
    assert seen > 0.7


def test_the_mesh_has_each_line_once():
    edges = face_mesh_edges()
    assert len({frozenset(edge) for edge in edges.tolist()}) == len(edges) > 1000
    # All landmarks hang together: a mesh of one piece.
    reached = {0}
    for _ in range(LANDMARK_COUNT):
        touched = {vertex for edge in edges.tolist() if reached & set(edge) for vertex in edge}
        if touched <= reached:
            break
        reached |= touched
    assert reached == set(range(LANDMARK_COUNT))


@pytest.mark.parametrize('size', [(160, 120), (640, 480), (480, 640), (1920, 1080)])
def test_text_is_whole_and_inside_the_image_wherever_the_head_is(size):
    bgr = grey(*size)
    allowed = layouts(bgr)
    side = size[1] / 4
    for x, y in itertools.product((-1.0, -0.1, 0.1, 0.45, 0.8, 1.2), repeat=2):
        box = x * size[0], y * size[1]
        text = text_of(bgr, [head(*box, side)])
        assert extent(text) in allowed, (box, extent(text), allowed)
        assert text.mean() < 0.5


def test_text_hides_neither_other_text_nor_faces():
    bgr = grey(320, 240)
    one = int(np.prod(layouts(bgr)[1]))
    heads = [head(x, 90, 55, track_id=f'f{i}') for i, x in enumerate((40, 105, 170, 235))]
    text = text_of(bgr, heads)
    assert text.sum() >= 0.98 * 4 * one  # letters on the line of a box do not change it
    for each in heads:
        x, y, width, height = each.bbox.astype(int)
        assert not text[y + 3:y + height - 3, x + 3:x + width - 3].any()


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (2000, 1), (7, 5), (30, 20), (100, 3)])
def test_tiny_images(size):
    bgr = grey(*size)
    everything = OverlayStyle(mesh=True)
    for heads in ([head()], [head(-1, -1, 4)], [head(0, 0, 1), head(0, 0, 1, track_id='f2')]):
        drawn = draw_heads(bgr, heads, everything, primary_id='f1')
        assert drawn.shape == bgr.shape and drawn.dtype == np.uint8


@pytest.mark.parametrize('x, y, side', [
    (1e9, 0, 80), (-1e9, 1e9, 80), (100, -40000, 10), (-1e8, -1e8, 2e8), (300, 200, 0),
    (300, 0, 1e6),
])
def test_landmarks_far_outside(x, y, side):
    drawn = draw_heads(grey(), [head(x, y, side)], OverlayStyle(mesh=True), primary_id='f1')
    assert drawn.shape == (480, 640, 3)
    assert is_color(drawn, PRIMARY_COLOR).any()  # its text, at least


def test_a_face_that_fills_more_than_the_image():
    heads = [head(-100, -100, 900)]
    drawn = draw_heads(grey(), heads, OverlayStyle(mesh=True))
    assert extent(text_of(grey(), heads)) in layouts(grey())
    assert (drawn != BACKGROUND).any()


def test_the_overlay_draws_where_the_head_is(options, photo):
    with HeadPoseEstimator(**options) as estimator:
        heads = estimator.estimate(photo)
    before = photo.copy()
    drawn = draw_heads(photo, heads)
    np.testing.assert_array_equal(photo, before)
    rows, columns = np.nonzero((drawn != photo).any(axis=2))
    x, y, width, height = heads[0].bbox
    assert abs(np.median(columns) - (x + width / 2)) < width
    assert abs(np.median(rows) - (y + height / 2)) < height
    np.testing.assert_array_equal(draw_heads(photo, []), photo)
