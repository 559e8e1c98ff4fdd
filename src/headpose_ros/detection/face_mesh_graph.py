# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's FaceMesh with less between the image and the landmarks than its own class.

``mediapipe.solutions.face_mesh.FaceMesh`` hands the image to threads of its own, which wait for
one another, and its ``process`` makes a class for each result and an object for each landmark.
Here the same graph runs in the calling thread, is fed directly, and the landmarks are read from
the bytes of its answer: the same numbers in 15 to 19 % less time, of which the bytes are 6
(``python -m benchmarks shortcuts``). That uses private parts of MediaPipe, tried on 0.10.18 and
0.10.21; where they differ, MediaPipe's own ``process`` is used.
"""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from headpose_ros.detection.mediapipe_common import Graph, as_array
from headpose_ros.landmarks import LANDMARK_COUNT

_IMAGE, _FACES = 'image', 'multi_face_landmarks'  # streams of the graph

# Between two images, microseconds: the graph wants stamps that grow, and ``process`` counts so.
_STEP = 33333

# Landmarks of a ``NormalizedLandmarkList`` in protobuf's wire format: the tag of field 1 and the
# length of what follows, then tags and numbers of x, y and z, fields 1 to 3.
_LANDMARK_BYTES, _NUMBER_BYTES = 17, 5
_LENGTH_AT, _X_AT, _Z_TAG_AT = 1, 3, 12
_SIZE = LANDMARK_COUNT * _LANDMARK_BYTES
_LENGTHS, _Z_TAGS = LANDMARK_COUNT * bytes([15]), LANDMARK_COUNT * bytes([0x1D])


# Options of calculators in the graph, as ``FaceMesh`` names them.
_MIN_DETECTION = (
    'facedetectionshortrangecpu__facedetectionshortrange__facedetection__'
    'TensorsToDetectionsCalculator.min_score_thresh'
)
_MIN_TRACKING = 'facelandmarkcpu__ThresholdingCalculator.threshold'


def create_graph(**options: Any) -> Graph:
    """The graph, or where MediaPipe's private parts are others, its own class, with one warning.

    :param options: of MediaPipe's ``FaceMesh``.
    """
    try:
        return FaceMeshGraph(**options)
    except (ImportError, AttributeError) as error:
        _warn_of_plain(str(error))
        return PlainFaceMesh(**options)


@cache
def _warn_of_plain(reason: str) -> None:
    warnings.warn(
        f'falling back to FaceMesh.process, which is slower, as this MediaPipe differs: {reason}; '
        'the poses are the same',
        stacklevel=3,
    )


class PlainFaceMesh:
    """``FaceMesh`` as MediaPipe has it, with the same parameters."""

    def __init__(self, **options: Any):
        from mediapipe.python.solutions.face_mesh import FaceMesh

        self._face_mesh = FaceMesh(**options)

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """As ``FaceMeshGraph.run``."""
        faces = self._face_mesh.process(rgb).multi_face_landmarks or []
        return [as_array(face.landmark) for face in faces]

    def close(self) -> None:
        """Free the graph."""
        self._face_mesh.close()


class FaceMeshGraph:
    """The graph of ``FaceMesh``, with the same parameters.

    MediaPipe with ``mediapipe.solutions`` has to be installed.
    """

    def __init__(
        self,
        static_image_mode: bool,
        max_num_faces: int,
        refine_landmarks: bool,
        min_detection_confidence: float,
        min_tracking_confidence: float,
    ):
        from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
        from mediapipe.python import packet_creator
        from mediapipe.python._framework_bindings import (
            _packet_getter,
            calculator_graph,
            image_frame,
            resource_util,
            validated_graph_config,
        )
        from mediapipe.python.solution_base import SolutionBase
        from mediapipe.python.solutions import face_mesh

        folder = Path(face_mesh.__file__).parents[3]
        resource_util.set_resource_dir(str(folder))
        content = (folder / face_mesh._BINARYPB_FILE_PATH).read_bytes()
        config = CalculatorGraphConfig.FromString(content)
        config.executor.add(type='ApplicationThreadExecutor')
        expanded = validated_graph_config.ValidatedGraphConfig()
        expanded.initialize(graph_config=config)
        config = CalculatorGraphConfig.FromString(expanded.binary_config)
        options = {
            _MIN_DETECTION: min_detection_confidence, _MIN_TRACKING: min_tracking_confidence,
        }
        SolutionBase._modify_calculator_options(None, config, options)  # uses no self
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        self._answers: dict[str, Any] = {}
        # Called in the thread that asks, and what it raises aborts the process. A signal, such as
        # Ctrl-C, that came while the networks ran is handled, and raises, in the first line of
        # Python after them: here is none.
        self._graph.observe_output_stream(_FACES, self._answers.__setitem__, True)
        self._graph.start_run({
            'num_faces': packet_creator.create_int(max_num_faces),
            'with_attention': packet_creator.create_bool(refine_landmarks),
            'use_prev_landmarks': packet_creator.create_bool(not static_image_mode),
        })
        self._create_packet = packet_creator.create_image_frame
        self._format = image_frame.ImageFormat.SRGB
        self._read = _packet_getter._get_serialized_proto_list
        self._stamp = 0

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Landmarks of the faces of an image, (468, 3) each, as ``as_array`` returns them.

        :param rgb: ``uint8`` (H, W, 3), contiguous; where it is read-only no copy is made of it.
        :raises RuntimeError: the graph has failed; it refuses every image from then on.
        :raises ValueError: likewise.
        """
        self._answers.clear()
        self._stamp += _STEP
        packet = self._create_packet(rgb, image_format=self._format).at(self._stamp)
        self._graph.add_packet_to_input_stream(stream=_IMAGE, packet=packet)
        self._graph.wait_until_idle()
        answer = self._answers.get(_FACES)
        if answer is None or answer.is_empty():
            return []
        return [read_landmarks(content) for content in self._read(answer)]

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()


def read_landmarks(content: bytes) -> np.ndarray:
    """The first 468 landmarks, (468, 3), of a ``NormalizedLandmarkList`` in protobuf's format."""
    # Fields come in their order: of that length and with z as the third it is x, y and z. A
    # landmark that holds more, or less, is written otherwise.
    lengths = content[_LENGTH_AT:_SIZE:_LANDMARK_BYTES]
    if lengths != _LENGTHS or content[_Z_TAG_AT:_SIZE:_LANDMARK_BYTES] != _Z_TAGS:
        from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

        return as_array(NormalizedLandmarkList.FromString(content).landmark)
    shape, strides = (3, LANDMARK_COUNT), (_NUMBER_BYTES, _LANDMARK_BYTES)
    return np.ndarray(shape, '<f4', content, _X_AT, strides).astype(float).T
