# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Shared by the MediaPipe networks: import, start-up, landmarks, detections."""

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from headpose_ros.detection.base import Candidate, Face
from headpose_ros.detection.region import Region
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import LANDMARK_COUNT, Box
from headpose_ros.quiet import silent_stderr

# Keypoints of MediaPipe's face detectors: eyes, the person's right one first, and mouth centre.
EYES, MOUTH = slice(0, 2), 3


class Network(Protocol):
    """Owner of a MediaPipe graph."""

    def close(self) -> None:
        """Release it."""


# Warm-up image: networks are loaded with their first image.
_WARM_UP = np.zeros((128, 128, 3), np.uint8)
_WARM_UP_REGION = Region(64.0, 64.0, 96.0)


# As in requirements.txt: 0.10.30 has no FaceMesh, not every earlier release runs on every machine,
# and none of them supports Python 3.13.
CAN_HAVE_FACE_MESH = sys.version_info < (3, 13)
INSTALL = f"pip install 'mediapipe{'>=0.10.18,<0.10.30' if CAN_HAVE_FACE_MESH else '>=1.0,<2'}'"


def import_mediapipe() -> ModuleType:
    """The package ``mediapipe``, whose import is slow and may fail.

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
    """Context that defers an import of matplotlib until it is used.

    MediaPipe imports it for a plotting function: half of its import time
    (``python -m benchmarks shortcuts``) and 30 MB.
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
        if name.startswith('__'):  # queried by the import system
            raise AttributeError(name)
        return getattr(import_module('matplotlib.pyplot'), name)


class Restarting:
    """A MediaPipe network that starts silently and, after a failure, restarts when next used.

    A MediaPipe graph that failed rejects all further images; and it prints developer notes while
    loading its networks with the first image.

    :param create: creates a landmark network or a candidate detector.
    """

    def __init__(self, create: Callable[[], Any]):
        self._create = create
        self._network: Any = None
        self._closed = False
        self._start()

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """As ``LandmarkNetwork.fit``."""
        return self._use('fit', bgr, region)

    def forget(self) -> None:
        """As ``LandmarkNetwork.forget``."""
        self._use('forget')

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        """As ``CandidateDetector.find``."""
        return self._use('find', rgb)

    def close(self) -> None:
        """Release the network; it cannot be used afterwards."""
        self._closed = True
        self._stop()

    def _use(self, method: str, *args: Any) -> Any:
        if self._closed:
            raise RuntimeError('the detector is closed; create a new one')
        if self._network is None:
            self._start()
        try:
            return getattr(self._network, method)(*args)
        except Exception:
            self._stop()
            raise

    def _start(self) -> None:
        with silent_stderr():
            network = self._create()
            self._close = weakref.finalize(self, _close, network)
            try:
                if hasattr(network, 'fit'):
                    network.fit(_WARM_UP, _WARM_UP_REGION)
                else:
                    network.find(_WARM_UP)
            except Exception:
                self._close()
                raise
        self._network = network

    def _stop(self) -> None:
        self._network = None
        self._close()


def _close(network: Network) -> None:
    # A failed graph raises its error again. MediaPipe 1.x cannot close one at interpreter exit,
    # where graphs left open end up, and prints a traceback.
    with silent_stderr(), suppress(Exception):
        network.close()


def candidates_in(detections: Iterable[Any], height: int, width: int) -> list[Candidate]:
    """Candidates from detections of ``mediapipe.solutions`` in an image of this size."""
    candidates = []
    for detection in detections:
        box = detection.location_data.relative_bounding_box
        keypoints = detection.location_data.relative_keypoints
        points = np.array([(point.x, point.y) for point in keypoints]) * (width, height)
        corner = Box(0.0, 0.0, box.width * width, box.height * height)
        moved = corner.moved(box.xmin * width, box.ymin * height)
        region = Region.around_box(moved, points[EYES], points[MOUTH])
        candidates.append(Candidate(region, detection.score[0]))
    return candidates


def as_array(landmarks: Any) -> np.ndarray:
    """The first 468 landmarks, (468, 3), from MediaPipe objects, without the ten of the irises.

    :return: x divided by image width, y by image height, depth z in the scale of x.
    """
    return np.array([(p.x, p.y, p.z) for p in landmarks[:LANDMARK_COUNT]])


def in_pixels(landmarks: np.ndarray, width: int, height: int) -> np.ndarray:
    """Landmarks (468, 3) of ``as_array`` in pixels of an image of this size."""
    return landmarks * np.array([width, height, width], float)


@cache
def face_mesh_edges() -> np.ndarray:
    """Edges (M, 2) of the face mesh, each once.

    :raises DetectorUnavailableError: MediaPipe cannot be imported.
    """
    connections = import_mediapipe().tasks.vision.FaceLandmarksConnections
    edges = [(edge.start, edge.end) for edge in connections.FACE_LANDMARKS_TESSELATION]
    return np.unique(np.sort(edges, axis=1), axis=0)
