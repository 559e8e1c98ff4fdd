# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the page shows beside the image: angles as numbers and as a plot, people, and rates."""

import html

from nicegui import ui

from headpose_ros.overlay import AXIS_COLORS
from headpose_ros.ros.web.state import HISTORY, NodeState, Status

# Roll turns about x, pitch about y, yaw about z: the colours of the axes on the image, as in CSS.
ANGLE_COLORS = tuple(f'rgb({red}, {green}, {blue})' for blue, green, red in AXIS_COLORS)

# Can be read on white and on black.
PLOT_TEXT, PLOT_LINES = '#808890', 'rgba(128, 136, 144, 0.3)'

NAMES = ('Roll', 'Pitch', 'Yaw')
# REP-103's signs of the head frame: where a positive angle, and where a negative one turns.
DIRECTIONS = (
    ('tilts to their right', 'tilts to their left'),
    ('looks down', 'looks up'),
    ('turns to their left', 'turns to their right'),
)
STRAIGHT = 3.0  # degrees, up to which no direction is told
OLD = 1.0  # seconds after which an angle is not told as the one of now
GAP = 0.5  # seconds without a pose, over which no line is drawn
TICKS = 10  # seconds between two ticks of the plot
LEAST = 30  # degrees to both sides that the plot shows at the least

# Name in the diagnostics, name on the page, unit.
RATES = (
    ('camera rate (Hz)', 'camera', 'Hz'),
    ('processed rate (Hz)', 'worked on', 'Hz'),
    ('busy (%)', 'of the time busy', '%'),
    ('frames skipped', 'images missed', ''),
    ('latency from stamp p50 (ms)', 'latency, median', 'ms'),
    ('latency from stamp p95 (ms)', 'latency, 95 %', 'ms'),
    ('work p50 (ms)', 'work, median', 'ms'),
    ('work p95 (ms)', 'work, 95 %', 'ms'),
)


class AnglesPanel:
    """Roll, pitch and yaw of the primary face as they are now."""

    def __init__(self) -> None:
        self._numbers, self._hints = [], []
        with ui.element('div').classes('angles'):
            for name, color in zip(NAMES, ANGLE_COLORS, strict=True):
                with ui.element('div').classes('angle').style(f'border-color: {color}'):
                    ui.label(name).classes('name')
                    self._numbers.append(ui.label().classes('number'))
                    self._hints.append(ui.label().classes('hint'))

    def refresh(self, state: NodeState, now: float) -> None:
        """Show the last angles."""
        last = state.angles[-1] if state.angles else None
        if last is None or now - last.time > OLD:
            for number, hint in zip(self._numbers, self._hints, strict=True):
                number.set_text('–')
                hint.set_text('no pose')
            return
        rows = zip(self._numbers, self._hints, last.rpy, DIRECTIONS, strict=True)
        for number, hint, angle, (positive, negative) in rows:
            number.set_text(f'{_signed(angle)}°')
            direction = positive if angle > 0 else negative
            hint.set_text(direction if abs(angle) > STRAIGHT else 'straight')


class AnglesPlot:
    """Roll, pitch and yaw over the last seconds."""

    def __init__(self) -> None:
        axis = {
            'axisLabel': {'color': PLOT_TEXT},
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
        self._chart = ui.echart({
            'animation': False,
            'grid': {'left': 8, 'right': 14, 'top': 12, 'bottom': 4, 'containLabel': True},
            'xAxis': {
                **axis, 'type': 'value', 'min': -HISTORY, 'max': 0, 'interval': TICKS,
                'axisLabel': {
                    'color': PLOT_TEXT, ':formatter': 't => t ? `\u2212${-t} s` : "now"'
                },
            },
            'yAxis': {
                **axis, 'type': 'value', 'minInterval': 10,
                ':min': f'shown => Math.min(-{LEAST}, Math.floor(shown.min / 10) * 10)',
                ':max': f'shown => Math.max({LEAST}, Math.ceil(shown.max / 10) * 10)',
                'axisLabel': {
                    'color': PLOT_TEXT, ':formatter': 'angle => `${angle}°`.replace("-", "\u2212")'
                },
            },
            'series': series,
        }).classes('plot')

    def refresh(self, state: NodeState, now: float) -> None:
        """Draw the angles of the last seconds."""
        state.forget(now)
        lines: list[list[tuple[float, float | None]]] = [[], [], []]
        before = None
        for angles in state.angles:
            time = round(angles.time - now, 2)
            for line, angle in zip(lines, angles.rpy, strict=True):
                if before is not None and angles.time - before > GAP:
                    line.append((time, None))
                line.append((time, round(angle, 1)))
            before = angles.time
        for series, line in zip(self._chart.options['series'], lines, strict=True):
            series['data'] = line  # which is sent by itself


class FacesPanel:
    """The people in the image, with their numbers and how sure their angles are."""

    def __init__(self) -> None:
        self._table = ui.html('', sanitize=False).classes('w-full faces')

    def refresh(self, status: Status | None) -> None:
        """Show the people of the last diagnostics."""
        head = ''.join(f'<th>{name}</th>' for name in ('Face', *NAMES))
        rows = ''
        for face in status.faces if status else ():
            note = ' <span class="soft">primary</span>' if face.is_primary else ''
            cells = ''.join(
                f'<td>{_signed(angle)} <span class="soft">± {std:.1f}°</span></td>'
                for angle, std in zip(face.rpy, face.std, strict=True)
            )
            rows += f'<tr><td>#{face.track_id}{note}</td>{cells}</tr>'
        nobody = 'nobody' if status else 'no data'
        rows = rows or f'<tr><td colspan="4" class="soft">{nobody}</td></tr>'
        self._table.set_content(f'<table class="figures"><tr>{head}</tr>{rows}</table>')


class RatesPanel:
    """Rates and latency out of the diagnostics."""

    def __init__(self) -> None:
        self._table = ui.html('', sanitize=False).classes('w-full')

    def refresh(self, status: Status | None) -> None:
        """Show the figures of the last diagnostics."""
        values = status.values if status else {}
        cells = ''
        for key, name, unit in RATES:
            value = html.escape(values.get(key, '-'))
            text = '–' if value == '-' else f'{value} {unit}'
            cells += f'<div><div class="number">{text}</div><div class="name">{name}</div></div>'
        self._table.set_content(f'<div class="rates">{cells}</div>')


def _signed(angle: float) -> str:
    return f'{angle:+.1f}'.replace('-', '−')
