# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The web page: layout, status of the node, angles, people and rates."""

import html
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from nicegui import ui

from headpose_ros.overlay import AXIS_COLORS
from headpose_ros.ros.diagnostics import read_faces
from headpose_ros.ros.web.controls import add_controls
from headpose_ros.ros.web.node_client import NodeClient
from headpose_ros.ros.web.state import HISTORY, NodeState

STREAM = '/image.mjpeg'  # address of the annotated image
STYLE = Path(__file__).with_name('style.css')
STATUS_PERIOD = 0.5  # seconds
STILL = 2.0  # seconds after which an image is stale
LEVELS = {DiagnosticStatus.OK: 'is-ok', DiagnosticStatus.WARN: 'is-warn'}  # others: 'is-error'
ANGLES_PERIOD = 0.25  # seconds, of numbers and plot, which end with the same pose

# CSS colours of the axes in the image: roll is about x, pitch about y, yaw about z.
ANGLE_COLORS = tuple(f'rgb({red}, {green}, {blue})' for blue, green, red in AXIS_COLORS)

# Readable on white and on black.
PLOT_TEXT, PLOT_LINES = '#808890', 'rgba(128, 136, 144, 0.3)'

NAMES = ('Roll', 'Pitch', 'Yaw')
# Meaning of positive and negative angles, by REP-103's signs in the head frame.
DIRECTIONS = (
    ('tilts to their right', 'tilts to their left'),
    ('looks down', 'looks up'),
    ('turns to their left', 'turns to their right'),
)
STRAIGHT = 3.0  # degrees, up to which no direction is shown
OLD = 1.0  # seconds after which an angle is no longer shown as current
GAP = 0.5  # seconds without a pose, over which no line is drawn
TICKS = 10  # seconds between ticks of the plot
LEAST = 30  # degrees, minimum half range of the plot

# Time of arrival of each, seconds of ``time.monotonic``, and roll, pitch and yaw in degrees.
Poses = Sequence[tuple[float, tuple[float, ...]]]

# Key in the diagnostics, name on the page, unit.
RATES = (
    ('camera rate (Hz)', 'camera', 'Hz'),
    ('processed rate (Hz)', 'processed', 'Hz'),
    ('busy (%)', 'load', '%'),
    ('frames skipped', 'images skipped', ''),
    ('latency from stamp p50 (ms)', 'latency, median', 'ms'),
    ('latency from stamp p95 (ms)', 'latency, 95 %', 'ms'),
    ('work p50 (ms)', 'processing, median', 'ms'),
    ('work p95 (ms)', 'processing, 95 %', 'ms'),
)


def build_page(name: str, state: NodeState, client: NodeClient, warning: str) -> None:
    """Build the page for a new client.

    :param warning: shown at the bottom; empty for none.
    """
    ui.add_css(STYLE)
    ui.colors(accent='var(--accent)')
    with ui.element('main').classes('view'):
        with ui.element('header').classes('top'):
            ui.html('<h1>Head pose</h1>', sanitize=False)
            ui.label(name).classes('node')
            status_label = ui.label().classes('status')
        banner = ui.label().classes('banner is-error')
        with ui.element('div').classes('lanes'):
            with ui.element('div').classes('lane'):
                with ui.element('section').classes('card picture'):
                    ui.element('img').props(f'src="{STREAM}" alt="Annotated image"')
                    note = ui.label().classes('note')
                with _card('People, once a second: angle ± standard deviation'):
                    faces = ui.html('', sanitize=False).classes('w-full faces')
                with _card('Rates and latency').classes('rest'):
                    rates = ui.html('', sanitize=False).classes('w-full')
            with ui.element('div').classes('lane'):
                with _card('Primary face, last 30 seconds').classes('poses'):
                    show_angles, show_plot = add_angles(), add_plot()
                with _card('Settings of the node'):
                    add_controls(client)
        if warning:
            ui.label(warning).classes('foot')

    def refresh() -> None:
        status = state.status
        banner.set_visibility(status is None)
        status_label.set_visibility(status is not None)
        if status is None:
            banner.set_text(f'no data from {name} for {state.silence:.0f} s')
        else:
            status_label.classes(replace=f'status {LEVELS.get(status.level, "is-error")}')
            status_label.set_text(status.message)
        note.set_visibility(state.stillness > STILL)
        note.set_text(f'no image for {state.stillness:.0f} s')
        values = {each.key: each.value for each in status.values} if status else None
        faces.set_content(faces_table(values))
        rates.set_content(rates_table(values))

    def refresh_angles() -> None:
        poses = list(state.angles)
        show_angles(poses)
        show_plot(poses)

    ui.timer(STATUS_PERIOD, refresh)
    ui.timer(ANGLES_PERIOD, refresh_angles)


def _card(title: str) -> ui.element:
    card = ui.element('section').classes('card')
    with card:
        ui.html(f'<h2>{title}</h2>', sanitize=False)
    return card


def add_angles() -> Callable[[Poses], None]:
    """Add the current roll, pitch and yaw of the primary face; return the update function."""
    numbers, hints = [], []
    with ui.element('div').classes('angles'):
        for name, color in zip(NAMES, ANGLE_COLORS, strict=True):
            with ui.element('div').classes('angle').style(f'border-color: {color}'):
                ui.label(name).classes('name')
                numbers.append(ui.label().classes('number'))
                hints.append(ui.label().classes('hint'))

    def show(poses: Poses) -> None:
        if not poses or time.monotonic() - poses[-1][0] > OLD:
            for number, hint in zip(numbers, hints, strict=True):
                number.set_text('–')
                hint.set_text('no pose')
            return
        rows = zip(numbers, hints, poses[-1][1], DIRECTIONS, strict=True)
        for number, hint, angle, (positive, negative) in rows:
            number.set_text(f'{_signed(angle)}°')
            direction = positive if angle > 0 else negative
            hint.set_text(direction if abs(angle) > STRAIGHT else 'straight')

    return show


def add_plot() -> Callable[[Poses], None]:
    """Add a plot of roll, pitch and yaw over the last seconds; return the update function."""
    axis = {
        'type': 'value',
        'axisLine': {'lineStyle': {'color': PLOT_LINES}},
        'splitLine': {'lineStyle': {'color': PLOT_LINES}},
    }
    series = [
        {
            'name': name, 'type': 'line', 'showSymbol': False, 'silent': True, 'data': [],
            'lineStyle': {'width': 2, 'color': color},
        }
        for name, color in zip(NAMES, ANGLE_COLORS, strict=True)
    ]
    chart = ui.echart({
        'animation': False,
        'grid': {'left': 8, 'right': 14, 'top': 12, 'bottom': 4, 'containLabel': True},
        'xAxis': {
            **axis, 'min': -HISTORY, 'max': 0, 'interval': TICKS,
            'axisLabel': {'color': PLOT_TEXT, ':formatter': 't => t ? `\u2212${-t} s` : "now"'},
        },
        'yAxis': {
            **axis, 'minInterval': 10,
            ':min': f'shown => Math.min(-{LEAST}, Math.floor(shown.min / 10) * 10)',
            ':max': f'shown => Math.max({LEAST}, Math.ceil(shown.max / 10) * 10)',
            'axisLabel': {
                'color': PLOT_TEXT, ':formatter': 'angle => `${angle}°`.replace("-", "\u2212")'
            },
        },
        'series': series,
    }).classes('plot')

    def show(poses: Poses) -> None:
        now = time.monotonic()
        rows: list[tuple[float | None, ...]] = []  # time, roll, pitch and yaw
        for seconds, rpy in poses:
            ago = round(seconds - now, 2)
            if rows and ago - rows[-1][0] > GAP:
                rows.append((ago, None, None, None))
            rows.append((ago, *(round(angle, 1) for angle in rpy)))
        for i, line in enumerate(chart.options['series'], 1):
            line['data'] = [(row[0], row[i]) for row in rows]  # NiceGUI sends the change

    return show


def faces_table(values: Mapping[str, str] | None) -> str:
    """HTML table of the people in the image: track ID, angles and standard deviations.

    :param values: of the last diagnostics; ``None`` while the node is gone.
    """
    rows = ''
    for face in read_faces(values or {}):
        note = ' <span class="soft">primary</span>' if face.is_primary else ''
        cells = ''.join(
            f'<td>{_signed(angle)} <span class="soft">± {std:.1f}°</span></td>'
            for angle, std in zip(face.rpy, face.std, strict=True)
        )
        rows += (
            f'<tr><td>{face.track_id}{note}</td>{cells}'
            f'<td>{face.facing_camera:.0f} %</td></tr>'
        )
    empty = 'no data' if values is None else 'no face'
    rows = rows or f'<tr><td colspan="5" class="soft">{empty}</td></tr>'
    head = ''.join(f'<th>{name}</th>' for name in ('Face', *NAMES, 'Facing camera'))
    return f'<table class="figures"><tr>{head}</tr>{rows}</table>'


def rates_table(values: Mapping[str, str] | None) -> str:
    """HTML of rates and latency, from the same values."""
    cells = ''
    for key, name, unit in RATES:
        value = html.escape((values or {}).get(key, '-'))
        text = '–' if value == '-' else f'{value} {unit}'
        cells += f'<div><div class="number">{text}</div><div class="name">{name}</div></div>'
    return f'<div class="rates">{cells}</div>'


def _signed(angle: float) -> str:
    return f'{round(angle, 1) + 0.0:+.1f}'.replace('-', '−')  # no -0.0
