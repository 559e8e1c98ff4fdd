# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the detectors that are MediaPipe's share: its import, its graphs, images, landmarks."""

import sys
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import cv2
import numpy as np

from headpose_ros.detection.base import MIN_CANDIDATES
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.images.bgr import check_bgr
from headpose_ros.landmarks import LANDMARK_COUNT, has_shape
from headpose_ros.quiet import silent_stderr

_WARM_UP_SHAPE = (480, 640, 3)  # any image without a face does

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


class Graph(Protocol):
    """A graph of MediaPipe with its networks."""

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Faces of an image of ``rgb_for_mediapipe``, each as ``as_array`` returns them."""

    def close(self) -> None:
        """Free the graph."""


class MediaPipeDetector(ABC):
    """A face detector that runs a graph of MediaPipe.

    :param mode: ``'image'`` looks at every image afresh; ``'video'`` follows the faces of the
        image before and looks for new ones only when fewer than ``max_faces`` are followed.
    :param max_faces: faces wanted; in ``'image'`` mode some more may be returned.
    :param min_detection_confidence: 0 to 1, below which a found face is dropped.
    :param min_tracking_confidence: 0 to 1, below which a followed face is looked for again.
    :param input_width: pixels, see ``rgb_for_mediapipe``.
    :raises DetectorUnavailableError: what is installed cannot run it.
    """

    name: str

    def __init__(
        self,
        mode: str,
        max_faces: int,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
        input_width: int = 0,
    ):
        self._is_video = mode == 'video'
        self._face_count = max_faces if self._is_video else max(max_faces, MIN_CANDIDATES)
        self._min_detection_confidence = min_detection_confidence
        self._min_tracking_confidence = min_tracking_confidence
        self._input_width = input_width
        self._graph: Graph | None = None
        self._rgb: np.ndarray | None = None
        self._start()

    @abstractmethod
    def _create_graph(self) -> Graph:
        """A graph with the settings of this detector."""

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels.

        :raises ValueError: not such an image.
        """
        if self._graph is None:
            raise RuntimeError('the detector was closed; make a new one')
        check_bgr(bgr)  # MediaPipe 0.10 reads beyond the end of what is no such image
        height, width = bgr.shape[:2]
        self._rgb = rgb_for_mediapipe(bgr, self._input_width, self._rgb)
        try:
            found = self._graph.run(self._rgb)
        except Exception:
            # A MediaPipe graph that failed once refuses every image after it.
            self.close()
            self._start()
            raise
        faces = [in_pixels(face, width, height) for face in found]
        return [face for face in faces if has_shape(face)]

    def close(self) -> None:
        """Free the graph; the detector cannot be used after it."""
        self._graph = None
        self._close()

    def _start(self) -> None:
        # The networks are loaded with the first image, and MediaPipe writes notes meant for its
        # own developers to the terminal until it is done.
        with silent_stderr():
            graph = self._create_graph()
            self._close = weakref.finalize(self, _close, graph)
            graph.run(np.zeros(_WARM_UP_SHAPE, np.uint8))
        self._graph, self._rgb = graph, None


def _close(graph: Graph) -> None:
    # A graph that failed raises that again. MediaPipe 1.x cannot close one at the end of the
    # process, when whoever has forgotten to close gets here, and shows a traceback for that.
    with silent_stderr(), suppress(Exception):
        graph.close()


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


def as_array(landmarks: Any) -> np.ndarray:
    """The first 468 landmarks, (468, 3), of MediaPipe's objects: without the ten of the irises.

    :return: x divided by the width of the image, y by its height, depth z in the scale of x.
    """
    return np.array([(p.x, p.y, p.z) for p in landmarks[:LANDMARK_COUNT]])


def in_pixels(landmarks: np.ndarray, width: int, height: int) -> np.ndarray:
    """Landmarks (468, 3) of ``as_array`` in pixels of an image of that size."""
    return landmarks * np.array([width, height, width], float)


@cache
def face_mesh_edges() -> np.ndarray:
    """Lines (M, 2) between landmarks that make them a mesh, each once.

    :raises DetectorUnavailableError: MediaPipe cannot be imported.
    """
    connections = import_mediapipe().tasks.vision.FaceLandmarksConnections
    edges = [(edge.start, edge.end) for edge in connections.FACE_LANDMARKS_TESSELATION]
    return np.unique(np.sort(edges, axis=1), axis=0)
