# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures against baselines, with their targets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A row of the report.

    :ivar what: measured quantity.
    :ivar ours: its value, as text.
    :ivar against: baseline and its value, as text; empty without one.
    :ivar value: ratio or difference, in ``unit``.
    :ivar target: for ``value``.
    :ivar unit: of both, such as ``' ms'``.
    :ivar at_least: whether the target is a lower limit rather than an upper one.
    """

    what: str
    ours: str
    against: str
    value: float
    target: float
    unit: str = ''
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.target if self.at_least else self.value <= self.target


def figures_table(figures: list[Figure]) -> str:
    """Figures as a Markdown table."""
    lines = [
        '| what | headpose_ros | against | result | target | held |', '|---|---|---|---|---|---|'
    ]
    for each in figures:
        sign = '≥' if each.at_least else '≤'
        lines.append(
            f'| {each.what} | {each.ours} | {each.against or "-"} | '
            f'{each.value:.3g}{each.unit} | {sign} {each.target:g}{each.unit} | '
            f'{"yes" if each.is_met else "**no**"} |'
        )
    return '\n'.join(lines)
