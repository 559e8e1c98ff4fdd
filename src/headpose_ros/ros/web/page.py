# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The page: how its parts lie, and what keeps them up to date."""

import time
from pathlib import Path

from nicegui import ui

from headpose_ros.ros.web.controls import ControlsPanel
from headpose_ros.ros.web.node_client import NodeClient
from headpose_ros.ros.web.panels import AnglesPanel, AnglesPlot, FacesPanel, RatesPanel
from headpose_ros.ros.web.state import NodeState
from headpose_ros.ros.web.stream import STREAM

NUMBERS_PERIOD = 0.1  # seconds
PLOT_PERIOD = 0.25  # seconds
STYLE = Path(__file__).with_name('style.css')
STATUS_PERIOD = 0.5  # seconds
LEVELS = ('is-ok', 'is-warn', 'is-error')


class Page:
    """One open page.

    :param name: of the node that is shown.
    :param state: what is known of it.
    :param client: what can be set and called.
    :param warning: what people must know of this page; empty for nothing.
    """

    def __init__(self, name: str, state: NodeState, client: NodeClient, warning: str):
        self._name = name
        self._state = state
        ui.add_css(STYLE)
        ui.colors(accent='var(--accent)')
        with ui.element('main').classes('view'):
            with ui.element('header').classes('top'):
                ui.html('<h1>Head pose</h1>', sanitize=False)
                ui.label(name).classes('node')
                self._status = ui.label().classes('status')
            self._banner = ui.label().classes('banner is-error')
            with ui.element('div').classes('lanes'):
                with ui.element('div').classes('lane'):
                    with ui.element('section').classes('card picture'):
                        ui.element('img').props(f'src="{STREAM}" alt="Annotated image"')
                        self._note = ui.label().classes('note')
                    with _card('People, once a second: angle ± standard deviation'):
                        self._faces = FacesPanel()
                    with _card('Rates and latency').classes('rest'):
                        self._rates = RatesPanel()
                with ui.element('div').classes('lane'):
                    with _card('Primary face, last 30 seconds').classes('poses'):
                        self._angles = AnglesPanel()
                        self._plot = AnglesPlot()
                    with _card('Settings of the node'):
                        self._controls = ControlsPanel(client)
            if warning:
                ui.label(warning).classes('foot')
        ui.timer(NUMBERS_PERIOD, lambda: self._angles.refresh(state, time.monotonic()))
        ui.timer(PLOT_PERIOD, lambda: self._plot.refresh(state, time.monotonic()))
        ui.timer(NUMBERS_PERIOD, self._controls.refresh)
        ui.timer(STATUS_PERIOD, self._refresh_status)

    def _refresh_status(self) -> None:
        now = time.monotonic()
        silence, stillness = self._state.silence(now), self._state.stillness(now)
        status = None if silence is not None else self._state.status
        self._banner.set_visibility(status is None)
        self._status.set_visibility(status is not None)
        if status is None:
            self._banner.set_text(f'no data from {self._name} for {silence:.0f} s')
        else:
            self._status.classes(remove=' '.join(LEVELS), add=LEVELS[min(status.level, 2)])
            self._status.set_text(status.message)
        self._note.set_visibility(stillness is not None)
        if stillness is not None:
            self._note.set_text(f'no image for {stillness:.0f} s')
        self._faces.refresh(status)
        self._rates.refresh(status)


def _card(title: str) -> ui.element:
    card = ui.element('section').classes('card')
    with card:
        ui.html(f'<h2>{title}</h2>', sanitize=False)
    return card
