# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Draws axes.png, frames and positive turns: python docs/make_axes_figure.py.

Every direction in it comes from headpose_ros.rotation, so that the picture cannot say other signs
than the package publishes.
"""

from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use('Agg')

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.collections import PolyCollection  # noqa: E402
from matplotlib.patches import FancyArrowPatch, Polygon  # noqa: E402
from matplotlib.patheffects import withStroke  # noqa: E402

from headpose_ros.landmarks import CHEEKBONES, LANDMARK_COUNT  # noqa: E402
from headpose_ros.media.sample_head.head_mesh import build_mesh, own_rotation  # noqa: E402
from headpose_ros.media.sample_head.photograph import find_landmarks, load_photograph  # noqa: E402
from headpose_ros.media.sample_head.rendered_head import FACE_WIDTH  # noqa: E402
from headpose_ros.rotation import OPTICAL_FROM_HEAD, rotation_from_rpy  # noqa: E402

HERE = Path(__file__).resolve().parent

COLORS = {'x': '#d62728', 'y': '#2a9d3a', 'z': '#1f5fd0'}  # as RViz has them
CAMERA, HEAD = np.zeros(3), np.array([0.0, 0.0, 0.42])  # metres, optical frame
AXIS = {'camera': 0.11, 'head': 0.17}  # metres, length of the arrows
ARC = 0.21  # metres, radius of the arc of a turn
LIGHT = np.array([-0.4, -0.6, -0.7]) / np.linalg.norm([-0.4, -0.6, -0.7])


class Panel(NamedTuple):
    """A view along an axis of the optical frame.

    :ivar title: what is looked at.
    :ivar right: (3,) direction in the optical frame that is to the right of the page.
    :ivar up: (3,) the one that is up the page.
    :ivar rpy: (3,) degrees, the turn that is shown.
    :ivar shown_by: axis of the head, 0 to 2, at whose ends the arc of the turn begins and ends.
    :ivar turn: the turn in words.
    :ivar notes: text and place, metres right and up of the page.
    """

    title: str
    right: tuple[int, int, int]
    up: tuple[int, int, int]
    rpy: tuple[int, int, int]
    shown_by: int
    turn: str
    notes: tuple[tuple[str, float, float], ...]

    @property
    def page(self) -> np.ndarray:
        """(3, 3) rows: right, up and towards the reader, in the optical frame."""
        return np.array([self.right, self.up, np.cross(self.right, self.up)], float)


PANELS = (
    Panel(
        'from above', (1, 0, 0), (0, 0, 1), (0, 0, 35), 0,
        "yaw > 0: turns to the person's left,\nto the right of the image",
        (
            ("person's\nright", -0.25, 0.47), ("person's\nleft", 0.27, 0.45),
            ('camera,\noptical frame', -0.17, -0.01), ('head frame', 0.21, 0.32),
        ),
    ),
    Panel(
        "from the person's left", (0, 0, 1), (0, -1, 0), (0, 25, 0), 0, 'pitch > 0: looks down\n',
        (('camera, optical frame', 0.02, 0.12), ('head frame', 0.5, 0.2)),
    ),
    Panel(
        'as the camera sees it', (1, 0, 0), (0, -1, 0), (25, 0, 0), 2,
        "roll > 0: tilts to the person's right,\nto the left of the image",
        (("person's\nright", -0.23, -0.02), ("person's\nleft", 0.25, -0.07)),
    ),
)


class Head:
    """The mesh of the built-in head, coloured by its photograph."""

    def __init__(self) -> None:
        photograph = load_photograph()
        landmarks = find_landmarks(photograph)
        points, texture, self._follows, self._triangles = build_mesh(landmarks)
        left, right = landmarks[list(CHEEKBONES)]
        metres = FACE_WIDTH / np.linalg.norm(left - right)  # a pixel of the photograph
        self._body = (points - (left + right) / 2) * metres
        self._head = self._body @ own_rotation(landmarks)
        rows = texture[self._triangles].mean(axis=1).round().astype(int)
        limit = np.array(photograph.shape[1::-1]) - 1
        column, row = np.clip(rows, 0, limit).T
        self._colors = photograph[row, column, ::-1] / 255.0

    @property
    def landmarks(self) -> np.ndarray:
        """(468, 3) of the face that faces the camera, metres about the centre of the head."""
        return self._head[:LANDMARK_COUNT]

    def draw(self, ax: plt.Axes, panel: Panel, rotation: np.ndarray, opacity: float) -> None:
        """Draw it turned by ``R_opt`` (3, 3), what is nearer to the reader on top."""
        follows = self._follows[:, None]
        points = follows * (self._head @ rotation.T) + (1.0 - follows) * self._body + HEAD
        corners = (points @ panel.page.T)[self._triangles]
        normals = np.cross(*np.diff(points[self._triangles], axis=1).swapaxes(0, 1))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        shade = (0.75 + 0.25 * np.abs(normals @ LIGHT))[:, None]
        # Towards white, not transparent: triangles would show through one another.
        colors = 1.0 - opacity * (1.0 - shade * self._colors)
        order = np.argsort(corners[:, :, 2].mean(axis=1))
        ax.add_collection(PolyCollection(
            corners[order, :, :2], facecolors=colors[order], edgecolors=colors[order],
            linewidths=0.4, zorder=1.0 + opacity,
        ))


def draw_axes(
    ax: plt.Axes, panel: Panel, origin: np.ndarray, axes: np.ndarray, length: float
) -> None:
    """Arrows of a frame; an axis across the page is a dot (towards the reader) or a cross.

    :param origin: (3,) metres in the optical frame.
    :param axes: (3, 3) with x, y, z as columns.
    :param length: metres.
    """
    start = panel.page @ origin
    for name, axis in zip('xyz', axes.T, strict=True):
        along = panel.page @ axis
        if abs(along[2]) > 0.99:
            ax.plot(*start[:2], 'o', ms=13, mfc='white', mec=COLORS[name], mew=2, zorder=6)
            marker, size = ('o', 5) if along[2] > 0.0 else ('x', 7)
            ax.plot(*start[:2], marker, ms=size, mew=2, color=COLORS[name], zorder=7)
            ax.annotate(
                name, start[:2], (-10, 11), textcoords='offset points', color=COLORS[name],
                fontsize=14, fontweight='bold', ha='center', va='center', zorder=8,
                path_effects=[withStroke(linewidth=3, foreground='white')],
            )
            continue
        end = start + length * along
        ax.add_patch(FancyArrowPatch(
            start[:2], end[:2], arrowstyle='-|>', mutation_scale=17, linewidth=2.6,
            color=COLORS[name], shrinkA=0, shrinkB=0, zorder=5,
        ))
        ax.annotate(
            name, (start + 1.13 * length * along)[:2], color=COLORS[name], fontsize=14,
            fontweight='bold', ha='center', va='center', zorder=8,
        )


def draw_camera(ax: plt.Axes, panel: Panel) -> None:
    """A camera that looks along z, where that is in the page."""
    outline = np.array([  # metres along z and across
        (0.0, 0.012), (0.02, 0.026), (0.02, -0.026), (0.0, -0.012), (0.0, -0.034),
        (-0.06, -0.034), (-0.06, 0.034), (0.0, 0.034),
    ])
    forward = panel.page[:2, 2]
    across = np.array([-forward[1], forward[0]])
    ax.add_patch(Polygon(
        outline @ np.stack([forward, across]), facecolor='0.35', edgecolor='0.2', zorder=3
    ))


def draw_panel(ax: plt.Axes, panel: Panel, head: Head) -> None:
    """The head as it faces the camera, pale, and turned, with its axes."""
    turned = rotation_from_rpy(np.radians(panel.rpy))
    head.draw(ax, panel, np.eye(3), 0.25)
    head.draw(ax, panel, turned, 0.85)
    looks = panel.page[:2] @ HEAD
    if panel.page[2, 2] == 0.0:
        draw_camera(ax, panel)
        draw_axes(ax, panel, CAMERA, np.eye(3), AXIS['camera'])
        ax.plot(*zip(np.zeros(2), looks, strict=True), ':', color='0.4', zorder=2.5)
    else:
        corner = panel.page.T @ (-0.3, 0.24, 0.0)
        draw_axes(ax, panel, corner, np.eye(3), AXIS['camera'])
        ax.add_patch(plt.Rectangle((-0.34, -0.25), 0.68, 0.54, fill=False, ec='0.6', zorder=0))
    draw_axes(ax, panel, HEAD, turned @ OPTICAL_FROM_HEAD, AXIS['head'])
    before, after = (
        looks + ARC * (panel.page @ rotation @ OPTICAL_FROM_HEAD)[:2, panel.shown_by]
        for rotation in (np.eye(3), turned)
    )
    sense = np.sign(np.cross(before - looks, after - looks))
    ax.add_patch(FancyArrowPatch(
        before, after, connectionstyle=f'arc3,rad={0.2 * sense}', arrowstyle='-|>',
        mutation_scale=20, linewidth=2.2, color='black', shrinkA=0, shrinkB=0, zorder=9,
    ))
    for text, x, y in panel.notes:
        ax.text(x, y, text, color='0.35', fontsize=10, ha='center', va='center', zorder=9)
    ax.set_title(panel.title, fontsize=12, color='0.3')
    ax.set_xlabel(panel.turn, fontsize=12)
    ax.set_aspect('equal')
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def main() -> None:
    """Write axes.png beside this file."""
    head = Head()
    figure, axes = plt.subplots(1, len(PANELS), figsize=(13, 5.0), layout='constrained')
    for ax, panel in zip(axes, PANELS, strict=True):
        draw_panel(ax, panel, head)
    axes[0].set(xlim=(-0.36, 0.36), ylim=(-0.1, 0.58))
    axes[1].set(xlim=(-0.12, 0.6), ylim=(-0.34, 0.34))
    axes[2].set(xlim=(-0.36, 0.36), ylim=(-0.34, 0.34))
    figure.savefig(HERE / 'axes.png', dpi=90)
    plt.close(figure)


if __name__ == '__main__':
    main()
