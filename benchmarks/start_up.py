# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Time from process start to the first pose, and steady-state memory."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import rclpy

from benchmarks.frames import VGA, make_frames
from benchmarks.options import Turns
from benchmarks.stream import Listener, camera_command, headpose_command, spin_for, spin_until
from benchmarks.targets import Figure, figures_table
from headpose_ros.ros.demo import Processes

NODE = 'headpose'
FRAMES = 5  # few, so that they hardly add to the memory of the script

STEADY = 8.0  # seconds after the first result until memory is read

# Minimal FaceMesh script; prints when it has landmarks, then continues.
SCRIPT = '''
import sys, time
import cv2, mediapipe, numpy
frames = numpy.load(sys.argv[1])
face_mesh = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)
end = None
i = 0
while end is None or time.time() < end:
    rgb = cv2.cvtColor(frames[i % len(frames)], cv2.COLOR_BGR2RGB)
    if face_mesh.process(rgb).multi_face_landmarks and end is None:
        print(time.time(), flush=True)
        end = time.time() + float(sys.argv[2])
    time.sleep(1 / 30)
    i += 1
'''


def run(turns: Turns = 5) -> None:
    """Measure and print; one start per turn."""
    print(figures_table(measure(turns)))


def measure(turns: int) -> list[Figure]:
    """Start and memory of the node and of a bare script, medians of turns."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'frames.npy'
        np.save(file, np.array(make_frames(VGA)[:FRAMES]))
        pairs = [(_node(file), _script(file)) for _ in range(turns)]
    (start, memory), (bare_start, bare_memory) = np.median(pairs, axis=0)
    return [
        Figure(
            'process start to first pose', f'{start:.1f} s',
            f'bare FaceMesh script to first landmarks, {bare_start:.1f} s',
            start - bare_start, 1.0, ' s',
        ),
        Figure(
            'memory, steady', f'{memory:.0f} MB', f'bare FaceMesh script, {bare_memory:.0f} MB',
            memory - bare_memory, 120.0, ' MB',
        ),
    ]


def _node(file: Path) -> tuple[float, float]:
    """Seconds from node start to the first pose, and steady-state memory, MB."""
    with Processes({'camera': camera_command(file, [NODE], 30.0, 0.0)}):
        rclpy.init()
        listener = Listener([NODE])
        try:
            spin_until(listener, lambda: bool(listener.published))
            start = time.time()
            with Processes({NODE: headpose_command(NODE)}) as processes:
                spin_until(listener, lambda: bool(listener.poses[NODE]))
                seconds = min(listener.poses[NODE].values()) - start
                spin_for(listener, STEADY)
                return seconds, _memory(processes.running[NODE].pid)
        finally:
            listener.destroy_node()
            rclpy.try_shutdown()


def _script(file: Path) -> tuple[float, float]:
    """The same for the script."""
    start = time.time()
    command = [sys.executable, '-c', SCRIPT, str(file), str(STEADY + 2.0)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            seconds = float(process.stdout.readline()) - start
            time.sleep(STEADY)
            return seconds, _memory(process.pid)
        finally:
            process.kill()


def _memory(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 1e6
