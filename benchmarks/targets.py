# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures against baselines, with their targets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A line of the report.

    :ivar what: is measured.
    :ivar ours: the value, in words.
    :ivar against: what it is compared with, and its value, in words; empty for nothing.
    :ivar value: ratio or difference, in ``unit``.
    :ivar target: of ``value``.
    :ivar unit: after both, such as ``' ms'``.
    :ivar at_least: whether the target is a lower limit, and not an upper one.
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
    """Figures as a table in Markdown."""
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
