# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The page: how its parts lie, and how the node is."""

from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from nicegui import ui

from headpose_ros.ros.web.controls import add_controls
from headpose_ros.ros.web.node_client import NodeClient
from headpose_ros.ros.web.panels import add_angles, add_plot, faces_table, rates_table
from headpose_ros.ros.web.state import NodeState

STREAM = '/image.mjpeg'  # address of the annotated image
STYLE = Path(__file__).with_name('style.css')
STATUS_PERIOD = 0.5  # seconds
STILL = 2.0  # seconds after which an image is an old one
LEVELS = {DiagnosticStatus.OK: 'is-ok', DiagnosticStatus.WARN: 'is-warn'}  # others: 'is-error'


def build_page(name: str, state: NodeState, client: NodeClient, warning: str) -> None:
    """Fill a page that was opened.

    :param warning: what people must know of this page; empty for nothing.
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
                    add_angles(state)
                    add_plot(state)
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

    ui.timer(STATUS_PERIOD, refresh)


def _card(title: str) -> ui.element:
    card = ui.element('section').classes('card')
    with card:
        ui.html(f'<h2>{title}</h2>', sanitize=False)
    return card
