# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Colours and layout of the page, in light and dark."""

from headpose_ros.overlay import AXIS_COLORS

# Roll turns about x, pitch about y, yaw about z: the colours of the axes on the image, as in CSS.
ANGLE_COLORS = tuple(f'rgb({red}, {green}, {blue})' for blue, green, red in AXIS_COLORS)

# Can be read on white and on black.
PLOT_TEXT, PLOT_LINES = '#808890', 'rgba(128, 136, 144, 0.3)'

# What NiceGUI's classes do not do: two columns on a desk, one on a phone, and the colours.
CSS = '''
:root { --ground: #f3f4f6; --card: #ffffff; --line: #dde0e5; --text: #1b1f24; --soft: #5c6570;
  --ok: #18794e; --warn: #8f5500; --error: #b42318; --ok-bg: #dff3e7; --warn-bg: #fdf0d2;
  --error-bg: #fde3e0; --accent: #2563a8; }
body.body--dark { --ground: #111316; --card: #1b1e23; --line: #30353c; --text: #e8eaed;
  --soft: #a2abb6; --ok: #6fd7a0; --warn: #f0bd5c; --error: #ff9c92; --ok-bg: #16331f;
  --warn-bg: #3a2c0d; --error-bg: #441e1b; --accent: #7db4ee; }
body { background: var(--ground); color: var(--text); font-variant-numeric: tabular-nums; }
.nicegui-content { padding: 0; }
.view { width: 100%; max-width: 1560px; margin: 0 auto; padding: 14px 20px 20px;
  display: flex; flex-direction: column; gap: 14px; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; width: 100%; }
.top h1 { font-size: 1.25rem; font-weight: 600; line-height: 1.6; margin: 0; }
.node { font-family: ui-monospace, monospace; font-size: .85rem; color: var(--soft); }
.status { padding: 3px 12px; border-radius: 14px; font-size: .875rem; overflow-wrap: anywhere; }
.is-ok { color: var(--ok); background: var(--ok-bg); }
.is-warn { color: var(--warn); background: var(--warn-bg); }
.is-error { color: var(--error); background: var(--error-bg); }
.banner { width: 100%; padding: 10px 14px; border-radius: 8px; font-weight: 600; }
.lanes { display: grid; width: 100%; gap: 14px; align-items: start;
  grid-template-columns: minmax(0, 1.08fr) minmax(0, 1fr); }
.lane { display: flex; flex-direction: column; gap: 14px; min-width: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 12px 16px; width: 100%; }
.card h2 { font-size: .8125rem; font-weight: 600; line-height: 1.4; color: var(--soft);
  margin: 0 0 6px; }
.picture { padding: 0; overflow: hidden; position: relative; background: #000; line-height: 0;
  min-height: 180px; }
.picture img { width: 100%; max-height: 66vh; object-fit: contain; }
.picture .note { position: absolute; inset: 0; display: flex; align-items: center;
  justify-content: center; background: rgba(0, 0, 0, .62); color: #fff; line-height: 1.4;
  padding: 20px; text-align: center; }
.angles { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 10px; }
.angle { border-left: 4px solid; padding-left: 10px; }
.angle .name { font-size: .8125rem; color: var(--soft); }
.angle .number { font-size: 1.7rem; line-height: 1.2; font-weight: 600; white-space: nowrap; }
.angle .hint { font-size: .75rem; color: var(--soft); }
table.figures { width: 100%; border-collapse: collapse; font-size: .875rem; }
.figures th { text-align: right; font-weight: 500; color: var(--soft); padding: 2px 0 2px 10px; }
.figures td { text-align: right; padding: 3px 0 3px 10px; white-space: nowrap; }
.figures th:first-child, .figures td:first-child { text-align: left; padding-left: 0; }
.figures tr + tr td { border-top: 1px solid var(--line); }
.figures .soft { color: var(--soft); }
.rates { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px 14px; }
.rates .number { font-size: 1.05rem; font-weight: 600; }
.rates .name { font-size: .75rem; color: var(--soft); }
.settings { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 28px; }
.setting { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center;
  column-gap: 8px; }
.setting .name { font-size: .875rem; }
.setting .q-slider { grid-column: 1 / 3; }
.setting .q-field { width: 112px; }
.setting .q-field input { text-align: right; appearance: textfield; }
.setting input::-webkit-inner-spin-button { display: none; }
.setting .q-field__suffix { color: var(--soft); font-size: .8125rem; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; padding-bottom: 6px; }
.plot { width: 100%; height: 385px; }
.foot { font-size: .75rem; color: var(--soft); }
@media (max-width: 900px) {
  .view { padding: 10px; gap: 10px; }
  .lanes { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  .lane { display: contents; }
  .card { order: 2; }
  .card.picture, .card.poses { order: 1; }
  .card.rest { order: 3; }
  .card { padding: 10px 12px; }
  .picture { padding: 0; }
  .rates { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .settings { grid-template-columns: minmax(0, 1fr); }
  .angle .number { font-size: 1.4rem; }
  .plot { height: 260px; }
}
'''
