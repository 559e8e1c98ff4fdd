# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Sliders for parameters of the node, and buttons for the neutral pose."""

import time
from dataclasses import dataclass

from nicegui import ui
from rcl_interfaces.msg import FloatingPointRange

from headpose_ros.ros.web.node_client import NodeClient

STEPS = 200  # of a slider from end to end
DIGITS = 3  # significant digits of a value set by a slider
REFRESH_PERIOD = 0.1  # seconds
ANSWER_PERIOD = 10.0  # seconds for which a response of the node is shown


@dataclass(frozen=True)
class Control:
    """A parameter on the page."""

    parameter: str  # its name
    label: str  # on the page
    unit: str = ''
    # The value is proportional to this power of the slider position; more than 1 for a parameter
    # whose useful values lie near its lower end.
    power: int = 1

    def position(self, value: float, span: FloatingPointRange) -> float:
        """Slider position of a value, 0 to 1."""
        share = (value - span.from_value) / (span.to_value - span.from_value)
        return max(0.0, share) ** (1 / self.power)

    def value(self, position: float, span: FloatingPointRange) -> float:
        """Value at a slider position."""
        value = span.from_value + (span.to_value - span.from_value) * position**self.power
        return float(f'{value:.{DIGITS}g}')


CONTROLS = (
    Control('min_detection_confidence', 'Detection confidence'),
    Control('min_tracking_confidence', 'Tracking confidence'),
    Control('smoothing_min_cutoff', 'Smoothing at rest', 'Hz', power=3),
    Control('smoothing_beta', 'Smoothing in motion', 'Hz s/rad', power=3),
    Control('max_std', 'Largest uncertainty', '°'),
)


def add_controls(client: NodeClient) -> None:
    """Add sliders and buttons for a node, disabled while its values are unknown."""
    with ui.element('div').classes('settings'):
        answer = _Answer()
        settings = [_Setting(control, client, answer) for control in CONTROLS]
        with ui.element('div').classes('actions'):
            buttons = [
                _button(
                    client, answer, 'calibrate_neutral', 'Set neutral pose', 'outline',
                    'Look straight ahead for one second: that pose becomes zero.',
                ),
                _button(
                    client, answer, 'reset_neutral', 'Reset', 'flat',
                    'Zero is a head facing the camera again.',
                ),
            ]
        answer.add_label()

    def refresh() -> None:
        answer.refresh()
        for setting in settings:
            setting.refresh()
        for button in buttons:
            button.set_enabled(bool(client.values))

    refresh()  # the timer starts later, once the page is loaded
    ui.timer(REFRESH_PERIOD, refresh)


class _Answer:
    """Response of the node to a button or slider, shown below them."""

    def add_label(self) -> None:
        """Add it to the page."""
        self._label = ui.label().classes('answer').props('role=status')
        self._end = 0.0  # of ``time.monotonic``

    def show(self, text: str, is_good: bool) -> None:
        """Show a text for some seconds."""
        self._label.classes(replace=f'answer {"is-ok" if is_good else "is-error"}')
        self._label.set_text(text)
        self._end = time.monotonic() + ANSWER_PERIOD

    def refresh(self) -> None:
        """Remove an old response."""
        if time.monotonic() > self._end:
            self._label.classes(replace='answer')
            self._label.set_text('')


def _button(
    client: NodeClient, answer: _Answer, service: str, text: str, look: str, tooltip: str
) -> ui.button:
    async def press() -> None:
        button.props('loading')
        try:
            succeeded, message = await client.trigger(service)
        finally:
            button.props(remove='loading')
        answer.show(message, succeeded)

    button = ui.button(text, on_click=press).tooltip(tooltip)
    return button.props(f'no-caps color=accent {look} data-service={service}')


class _Setting:
    """Slider and number field of one parameter."""

    def __init__(self, control: Control, client: NodeClient, answer: _Answer):
        self._control, self._client, self._answer = control, client, answer
        self._name = control.parameter
        self._shown: float | None = None
        with ui.element('div').classes('setting').props(f'data-parameter={self._name}'):
            with ui.label(control.label).classes('name'):
                self._tooltip = ui.tooltip(self._name)
            self._number = ui.number(suffix=control.unit or None).props('dense step=any')
            self._slider = ui.slider(min=0.0, max=1.0, step=1.0 / STEPS).props('color=accent')
        for element in (self._number, self._slider):
            element.props(f'aria-label="{control.label}"')
        # Both report user input only, on release.
        self._slider.on('change', lambda event: self._set(self._value(event.args)))
        self._number.on('change', lambda: self._set(self._number.value))
        self._slider.on_value_change(lambda event: self._on_drag(event.value))

    @property
    def _span(self) -> FloatingPointRange:
        return self._client.descriptors[self._name].floating_point_range[0]

    def refresh(self) -> None:
        value = self._client.values.get(self._name)
        for element in (self._slider, self._number):
            element.set_enabled(value is not None)
        if value is not None and value != self._shown:
            self._show(value)

    def _show(self, value: float) -> None:
        description = self._client.descriptors[self._name].description
        self._tooltip.set_text(f'{self._name}: {description}')
        self._shown = value
        self._number.set_value(value)
        self._slider.set_value(self._control.position(value, self._span))

    def _value(self, position: float) -> float:
        return self._control.value(position, self._span)

    def _on_drag(self, position: float) -> None:
        if self._shown is None or position == self._control.position(self._shown, self._span):
            return
        self._number.set_value(self._value(position))

    async def _set(self, value: float | None) -> None:
        if value is not None:
            refusal = await self._client.set(self._name, value)
            if refusal:
                self._answer.show(refusal, False)
        self._show(self._client.values.get(self._name, self._shown))
