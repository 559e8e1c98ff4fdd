# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Profile of the node, from py-spy."""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.errors import BenchmarkError
from benchmarks.frames import VGA, forth_and_back, make_frames
from benchmarks.options import Turns
from benchmarks.stream import headpose_command, spin_for, spin_until, streaming

NODE = 'headpose'
RATE = 500  # Hz, samples

# Function to part of the work; the innermost function of a stack counts.
PARTS = {
    'FaceMeshGraph.run': 'FaceMesh call',
    'rgb_for_mediapipe': 'colour conversion',
    'read_landmarks': 'landmarks to numpy',
    'extract_features': 'features',
    'nearest_rotation': 'nearest rotation',
    'Uncertainty.standard_deviations': 'uncertainty',
    'Model.predict_with_std': 'regressor',
    'FaceTracker.update': 'tracking and smoothing',
    'PrimarySelector.choose': 'primary face',
    'Outputs.publish_poses': 'results to messages, publishing',
    'Outputs.publish_images': 'annotated image',
    'ImageConverter.imgmsg_to_cv2': 'image message to pixels',
    'HeadPoseNode._on_image': 'rest of the node',
    'Executor._take_subscription': 'rclpy: taking the image message',
    'Diagnostics._publish': 'diagnostics',
    'Executor._wait_for_ready_callbacks': 'rclpy: waiting for events',
    'SingleThreadedExecutor.spin_once': 'rclpy: rest of the executor',
}


def run(turns: Turns = 5) -> None:
    """Measure and print; a turn has 4 s."""
    print(measure_parts(turns).to_markdown(index=False))


def measure_parts(turns: int) -> pd.DataFrame:
    """Parts of the work of the node's own thread at 30 Hz, 640x480, largest first."""
    seconds = max(1, round(4 * turns))
    with tempfile.TemporaryDirectory() as folder:
        frames, stacks = Path(folder) / 'frames.npy', Path(folder) / 'stacks'
        np.save(frames, np.array(forth_and_back(make_frames(VGA))))
        with streaming({NODE: headpose_command(NODE)}, frames) as (listener, processes):
            spin_until(listener, lambda: bool(listener.poses[NODE]), processes)
            spy = [Path(sys.executable).with_name('py-spy'), 'record', '--gil', '--nolineno']
            spy += ['--format', 'raw', '--rate', RATE, '--duration', seconds]
            spy += ['--pid', processes.running[NODE].pid, '--output', stacks]
            with subprocess.Popen(
                list(map(str, spy)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            ) as process:
                spin_for(listener, seconds)
                complaint = process.communicate(timeout=60)[1].decode()
        if process.returncode:
            raise BenchmarkError(f'py-spy cannot profile the node: {complaint.strip()}')
        lines = stacks.read_text().splitlines()
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, number = line.rpartition(' ')
        if part := _part(stack):
            counts[part] += int(number)
    total = sum(counts.values())
    rows = [(part, f'{n / total:.0%}') for part, n in counts.most_common()]
    return pd.DataFrame(rows, columns=['part', 'share of Python time'])


def _part(stack: str) -> str | None:
    """The part of the innermost known function of a stack."""
    for frame in reversed(stack.split(';')):
        name = re.split(r' \(', frame)[0]
        if name in PARTS:
            return PARTS[name]
    return None
