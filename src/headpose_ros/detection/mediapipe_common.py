# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the detectors that are MediaPipe's share: its import, images for it, its landmarks."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import LANDMARK_COUNT

WARM_UP_SHAPE = (480, 640, 3)  # any image without a face does

# As in requirements.txt: 0.10.30 has no FaceMesh, not every release before runs on every machine,
# and none of these is there for Python 3.13.
CAN_HAVE_FACE_MESH = sys.version_info < (3, 13)
INSTALL = f"pip install 'mediapipe{'>=0.10.18,<0.10.30' if CAN_HAVE_FACE_MESH else '>=1.0,<2'}'"


def import_mediapipe() -> ModuleType:
    """The package ``mediapipe``, whose import takes long and may fail.

    :raises DetectorUnavailableError: it cannot be imported.
    """
    try:
        with _matplotlib_later():
            import mediapipe
    except ImportError as error:
        raise DetectorUnavailableError(
            f'MediaPipe cannot be imported ({error}); install it with {INSTALL}'
        ) from error
    return mediapipe


@contextmanager
def _matplotlib_later() -> Iterator[None]:
    """Context in which an import of matplotlib waits until something of it is used.

    MediaPipe imports it for a function that plots: half of the time of its import
    (``python -m benchmarks shortcuts``), and 30 MB.
    """
    if 'matplotlib' in sys.modules:
        yield
        return
    matplotlib, pyplot = ModuleType('matplotlib'), _Pyplot('matplotlib.pyplot')
    vars(matplotlib)['pyplot'] = pyplot
    stand_ins = {'matplotlib': matplotlib, 'matplotlib.pyplot': pyplot}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


class _Pyplot(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):  # asked for by the import system
            raise AttributeError(name)
        return getattr(import_module('matplotlib.pyplot'), name)


def rgb_for_mediapipe(
    bgr: np.ndarray, input_width: int = 0, before: np.ndarray | None = None
) -> np.ndarray:
    """An image as MediaPipe wants it.

    :param bgr: ``uint8`` (H, W, 3).
    :param input_width: pixels, 0 or more. A wider image is shrunk by the largest whole factor that
        leaves it so wide; 0 leaves every image as it is.
    :param before: what this function returned for the image before, when MediaPipe is done with
        it; its memory is used again, as that of large arrays costs time to get and to give back.
    :return: ``uint8`` (h, w, 3), red, green, blue, read-only.
    """
    height, width = bgr.shape[:2]
    factor = width // input_width if input_width else 1
    if factor > 1:
        # By a whole factor each pixel is the plain mean of others; by 2 OpenCV is fastest.
        size = (width // factor, max(height // factor, 1))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    if before is not None:
        before.flags.writeable = True
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, before)  # another array where sizes differ
    rgb.flags.writeable = False  # so that FaceMesh takes it as it is and not a copy
    return rgb


def in_pixels(points: Sequence, width: int, height: int) -> np.ndarray:
    """Landmarks (468, 3) in pixels, of MediaPipe's for an image of that size.

    :param points: with x divided by the width, y by the height, and depth z in the scale of x.
        The last ten, the irises, are left out.
    """
    rows = np.array([(p.x, p.y, p.z) for p in islice(points, LANDMARK_COUNT)])
    return scaled_to_pixels(rows, width, height)


def scaled_to_pixels(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """The same of an array (468, 3)."""
    return points * np.array([width, height, width], float)


@cache
def face_mesh_edges() -> np.ndarray:
    """Lines (M, 2) between landmarks that make them a mesh, each once.

    :raises DetectorUnavailableError: MediaPipe cannot be imported.
    """
    connections = import_mediapipe().tasks.vision.FaceLandmarksConnections
    edges = [(edge.start, edge.end) for edge in connections.FACE_LANDMARKS_TESSELATION]
    return np.unique(np.sort(edges, axis=1), axis=0)
