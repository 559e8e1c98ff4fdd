# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Sliders that set parameters of the node, and the buttons of the neutral pose."""

from dataclasses import dataclass

from nicegui import ui
from rcl_interfaces.msg import FloatingPointRange

from headpose_ros.ros.web.node_client import NodeClient

STEPS = 200  # of a slider from end to end
DIGITS = 3  # of a value that a slider sets
REFRESH_PERIOD = 0.1  # seconds


@dataclass(frozen=True)
class Control:
    """A parameter on the page."""

    parameter: str  # its name
    label: str  # what it is called on the page
    unit: str = ''  # of its values
    # Of the way of the slider that its value grows with; more than 1 for a parameter whose useful
    # values lie near its lower end.
    power: int = 1

    def position(self, value: float, span: FloatingPointRange) -> float:
        """Where the slider stands, 0 to 1."""
        share = (value - span.from_value) / (span.to_value - span.from_value)
        return max(0.0, share) ** (1 / self.power)

    def value(self, position: float, span: FloatingPointRange) -> float:
        """What a slider that stands there means."""
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
    """Add sliders and buttons for a node; while its values are not known they can do nothing."""
    with ui.element('div').classes('settings'):
        settings = [_Setting(control, client) for control in CONTROLS]
        with ui.element('div').classes('actions'):
            buttons = [
                _button(
                    client, 'calibrate_neutral', 'Set neutral pose', 'outline',
                    'The person looks straight ahead for a second: that becomes zero.',
                ),
                _button(
                    client, 'reset_neutral', 'Reset', 'flat',
                    'A head that faces the camera is zero again.',
                ),
            ]

    def refresh() -> None:
        for setting in settings:
            setting.refresh()
        for button in buttons:
            button.set_enabled(bool(client.values))

    refresh()  # a timer begins later, once the page is there
    ui.timer(REFRESH_PERIOD, refresh)


def _button(client: NodeClient, service: str, text: str, look: str, tooltip: str) -> ui.button:
    async def press() -> None:
        button.props('loading')
        try:
            succeeded, message = await client.trigger(service)
        finally:
            button.props(remove='loading')
        ui.notify(message, type='positive' if succeeded else 'negative', multi_line=True)

    button = ui.button(text, on_click=press).tooltip(tooltip)
    return button.props(f'no-caps color=accent {look} data-service={service}')


class _Setting:
    """Slider and number of one parameter."""

    def __init__(self, control: Control, client: NodeClient):
        self._control, self._client = control, client
        self._name = control.parameter
        self._shown: float | None = None
        with ui.element('div').classes('setting').props(f'data-parameter={self._name}'):
            with ui.label(control.label).classes('name'):
                self._tooltip = ui.tooltip(self._name)
            self._number = ui.number(suffix=control.unit or None).props('dense step=any')
            self._slider = ui.slider(min=0.0, max=1.0, step=1.0 / STEPS).props('color=accent')
        for element in (self._number, self._slider):
            element.props(f'aria-label="{control.label}"')
        # Both tell only what a person did, and only when the hand is off.
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
                ui.notify(f'{self._name}: {refusal}', type='negative', multi_line=True)
        self._show(self._client.values.get(self._name, self._shown))
