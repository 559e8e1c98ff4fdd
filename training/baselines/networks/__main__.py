# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs a network on faces: ``python -m training.baselines.networks NETWORK FACES OUT``.

NETWORK is a key of ``NETWORKS``. FACES is a JSON file with ``images`` (paths), ``boxes`` (x, y,
width, height of a face in each, pixels) and ``timed`` (number of images, from the first, to time
individually). OUT is an ``.npz`` with ``rotations``, (n, 3, 3) ``R_opt``, and ``seconds``,
(timed,), of crop and network.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from training.baselines.networks import NETWORKS

_WARM_UP = 5
_BATCH = 64


def main(name: str, faces_path: str, out: str) -> None:
    """Read faces, write rotations."""
    faces = json.loads(Path(faces_path).read_text())
    pairs = list(zip(faces['images'], faces['boxes'], strict=True))
    network = NETWORKS[name]()
    rotations, seconds = np.empty((len(pairs), 3, 3)), []
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        crops = [network.crop(cv2.imread(path), box) for path, box in batch]
        done = start + len(batch)
        rotations[start:done] = network.rotations(crops)
        print(f'\r{name}: {done} of {len(pairs)} faces', end='', flush=True)
    if pairs:
        print()
    order = range(-_WARM_UP, faces['timed']) if faces['timed'] else ()
    for i in order:
        path, box = pairs[i % len(pairs)]
        bgr = cv2.imread(path)
        begin = time.perf_counter()
        network.rotations([network.crop(bgr, box)])
        seconds.append(time.perf_counter() - begin)
    np.savez(out, rotations=rotations, seconds=seconds[_WARM_UP:])


if __name__ == '__main__':
    main(*sys.argv[1:])
