# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's FaceMesh as a face detector."""

from functools import partial

import numpy as np

from headpose_ros.assets.bundle import default_path, fetch_command
from headpose_ros.detection.base import MIN_CANDIDATES
from headpose_ros.detection.face_mesh_graph import FaceMeshGraph, PlainFaceMesh, create_graph
from headpose_ros.detection.mediapipe_common import (
    CAN_HAVE_FACE_MESH,
    INSTALL,
    WARM_UP_SHAPE,
    import_mediapipe,
    rgb_for_mediapipe,
    scaled_to_pixels,
)
from headpose_ros.errors import DetectorUnavailableError
from headpose_ros.landmarks import has_shape
from headpose_ros.quiet import silent_stderr


class FaceMeshDetector:
    """MediaPipe's FaceMesh (``mp.solutions``), whose networks are inside its wheel.

    :param mode: ``'image'`` looks at every image afresh; ``'video'`` follows the faces of the
        image before and looks for new ones only when fewer than ``max_faces`` are followed.
    :param max_faces: faces wanted; in ``'image'`` mode some more may be returned.
    :param min_detection_confidence: 0 to 1, below which a found face is dropped.
    :param min_tracking_confidence: 0 to 1, below which a followed face is looked for again.
    :param input_width: pixels, see ``headpose_ros.detection.mediapipe_common.rgb_for_mediapipe``.
    :raises DetectorUnavailableError: MediaPipe is missing or has no FaceMesh.
    """

    name = 'face_mesh'

    def __init__(
        self,
        mode: str,
        max_faces: int,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
        input_width: int = 0,
    ):
        self._input_width = input_width
        self._make_graph = partial(
            create_graph,
            static_image_mode=mode == 'image',
            max_num_faces=max(max_faces, MIN_CANDIDATES) if mode == 'image' else max_faces,
            min_detection_confidence=min_detection_confidence,
            min_tracking_confidence=min_tracking_confidence,
            # The network with attention: head poses from it are 5 % better, for 0.5 ms a face.
            refine_landmarks=True,
        )
        self._rgb: np.ndarray | None = None
        _check_face_mesh()
        self._graph: FaceMeshGraph | PlainFaceMesh | None = self._start()

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels."""
        if self._graph is None:
            raise RuntimeError('the detector was closed; make a new one')
        height, width = bgr.shape[:2]
        self._rgb = rgb_for_mediapipe(bgr, self._input_width, self._rgb)
        try:
            found = self._graph.run(self._rgb)
        except (RuntimeError, ValueError):
            # A MediaPipe graph that failed once refuses every image after it.
            self._rgb, self._graph = None, self._start()
            raise
        faces = [scaled_to_pixels(face, width, height) for face in found]
        return [face for face in faces if has_shape(face)]

    def close(self) -> None:
        """Free the graph; the detector cannot be used after it."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def _start(self) -> FaceMeshGraph | PlainFaceMesh:
        # The networks are loaded with the first image, and MediaPipe writes notes meant for its
        # own developers to the terminal until then.
        with silent_stderr():
            graph = self._make_graph()
            graph.run(np.zeros(WARM_UP_SHAPE, np.uint8))
        return graph


def _check_face_mesh() -> None:
    mediapipe = import_mediapipe()
    if not hasattr(mediapipe, 'solutions'):
        here = f'install one that has it with {INSTALL}, or ' if CAN_HAVE_FACE_MESH else ''
        raise DetectorUnavailableError(
            f'MediaPipe {mediapipe.__version__} has no FaceMesh, which was removed in 0.10.30; '
            f'{here}set the detector to face_landmarker, whose bundle is downloaded with: '
            f'{fetch_command(default_path())}'
        )
