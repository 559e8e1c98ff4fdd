# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe subgraphs, run one by one in the calling thread.

``mediapipe.solutions`` runs complete graphs in threads of their own, in which FaceMesh detects and
tracks the face itself. Here the parts run separately: a face detector on an image, the landmark
network on a region of interest, with the same landmarks as FaceMesh for that region. Uses private
parts of MediaPipe, tested with 0.10.18 and 0.10.21; for other versions
``headpose_ros.detection.face_mesh`` falls back to the public classes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from headpose_ros.detection.base import Candidate, Face
from headpose_ros.detection.mediapipe_common import as_array, candidates_in, in_pixels
from headpose_ros.detection.region import Region
from headpose_ros.landmarks import LANDMARK_COUNT

_LANDMARKS = '''
input_stream: "image"
input_stream: "roi"
output_stream: "landmarks"
input_side_packet: "with_attention"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:roi"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
'''
# A stream inside that subgraph.
_PRESENCE = 'facelandmarkcpu__face_presence_score'

_DETECTIONS = '''
input_stream: "image"
output_stream: "detections"
node {
  calculator: "FaceDetection%sCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
'''

_STEP = 33333  # microseconds between two images: the graph requires increasing stamps

# Landmarks of a ``NormalizedLandmarkList`` in protobuf wire format: tag of field 1 and length,
# then tags and values of x, y and z, fields 1 to 3.
_LANDMARK_BYTES, _NUMBER_BYTES = 17, 5
_LENGTH_AT, _X_AT, _Z_TAG_AT = 1, 3, 12
_SIZE = LANDMARK_COUNT * _LANDMARK_BYTES
_LENGTHS, _Z_TAGS = LANDMARK_COUNT * bytes([15]), LANDMARK_COUNT * bytes([0x1D])


class _Graph:
    """A small graph in the calling thread.

    :param text: graph configuration.
    :param outputs: output streams, including those of subgraphs.
    :param options: calculator and option to value.
    :param side_packets: by name.
    """

    def __init__(
        self,
        text: str,
        outputs: Sequence[str],
        options: dict[tuple[str, str], float],
        **side_packets: bool,
    ):
        from google.protobuf import text_format
        from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
        from mediapipe.python import packet_creator
        from mediapipe.python._framework_bindings import (
            calculator_graph,
            image_frame,
            resource_util,
            validated_graph_config,
        )
        from mediapipe.python.solution_base import SolutionBase
        from mediapipe.python.solutions import face_mesh

        resource_util.set_resource_dir(str(Path(face_mesh.__file__).parents[3]))
        config = text_format.Parse(text, CalculatorGraphConfig())
        config.executor.add(type='ApplicationThreadExecutor')
        expanded = validated_graph_config.ValidatedGraphConfig()
        expanded.initialize(graph_config=config)
        config = CalculatorGraphConfig.FromString(expanded.binary_config)
        names = {node.calculator: node.name for node in config.node}
        changes = {f'{names[node]}.{option}': value for (node, option), value in options.items()}
        SolutionBase._modify_calculator_options(None, config, changes)  # uses no self
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        self._answers: dict[str, Any] = {}
        # Called in the calling thread, where an exception aborts the process. A signal such as
        # Ctrl-C received while the networks run raises in the first line of Python code after
        # them: this callback has none.
        for name in outputs:
            self._graph.observe_output_stream(name, self._answers.__setitem__, True)
        self._graph.start_run(
            {name: packet_creator.create_bool(value) for name, value in side_packets.items()}
        )
        self._create_image = packet_creator.create_image_frame
        self._format = image_frame.ImageFormat.SRGB
        self._stamp = 0

    def run(self, rgb: np.ndarray, **packets: Any) -> dict[str, Any]:
        """Output packets by stream; ``None`` or empty if there is no output.

        :param rgb: ``uint8`` (H, W, 3), contiguous; not copied if read-only.
        :raises RuntimeError: the graph has failed and rejects all further images.
        :raises ValueError: likewise.
        """
        self._answers.clear()
        self._stamp += _STEP
        packets['image'] = self._create_image(rgb, image_format=self._format)
        for name, packet in packets.items():
            self._graph.add_packet_to_input_stream(stream=name, packet=packet.at(self._stamp))
        self._graph.wait_until_idle()
        return self._answers

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()


class LandmarkGraph:
    """FaceMesh's landmark network with attention, on a region of interest."""

    def __init__(self) -> None:
        # The network with attention: head pose errors are 5 % lower, for 0.5 ms per face.
        self._graph = _Graph(
            _LANDMARKS,
            ('landmarks', _PRESENCE),
            {('ThresholdingCalculator', 'threshold'): 0.0},  # the caller decides by the score
            with_attention=True,
        )
        from mediapipe.framework.formats.rect_pb2 import NormalizedRect
        from mediapipe.python import packet_creator
        from mediapipe.python._framework_bindings import _packet_getter

        self._rect = NormalizedRect
        self._create_rect = packet_creator.create_proto
        self._read_score = _packet_getter.get_float
        self._read = _packet_getter._get_serialized_proto

    def fit(self, bgr: np.ndarray, region: Region) -> Face | None:
        """As ``LandmarkNetwork.fit``; always a face, possibly with a score near zero."""
        # Convert only what the rotated region covers; MediaPipe replicates the image border.
        height, width = bgr.shape[:2]
        reach = 0.75 * region.side + 2.0  # half the diagonal, plus interpolation
        left, right = (int(min(max(region.x + d, 0.0), width)) for d in (-reach, reach))
        top, bottom = (int(min(max(region.y + d, 0.0), height)) for d in (-reach, reach))
        if right <= left or bottom <= top:
            return None
        rgb = cv2.cvtColor(bgr[top:bottom, left:right], cv2.COLOR_BGR2RGB)
        rgb.flags.writeable = False
        height, width = rgb.shape[:2]
        rect = self._rect(
            x_center=(region.x - left) / width,
            y_center=(region.y - top) / height,
            width=region.side / width,
            height=region.side / height,
            rotation=region.clockwise,
        )
        answers = self._graph.run(rgb, roi=self._create_rect(rect))
        answer = answers.get('landmarks')
        if answer is None or answer.is_empty():
            return None
        landmarks = in_pixels(read_landmarks(self._read(answer)), width, height)
        landmarks[:, 0] += left
        landmarks[:, 1] += top
        return Face(landmarks, self._read_score(answers[_PRESENCE]))

    def forget(self) -> None:
        """No-op: it has no state."""

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()


class DetectionGraph:
    """One of MediaPipe's face detectors.

    :param network: ``'ShortRange'`` or ``'FullRange'``.
    :param min_confidence: 0 to 1, score threshold.
    """

    def __init__(self, network: str, min_confidence: float):
        self._graph = _Graph(
            _DETECTIONS % network,
            ('detections',),
            {('TensorsToDetectionsCalculator', 'min_score_thresh'): min_confidence},
        )
        from mediapipe.python import packet_getter

        self._read = packet_getter.get_proto_list

    def find(self, rgb: np.ndarray) -> list[Candidate]:
        """As ``CandidateDetector.find``."""
        answer = self._graph.run(rgb).get('detections')
        if answer is None or answer.is_empty():
            return []
        return candidates_in(self._read(answer), *rgb.shape[:2])

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()


def read_landmarks(content: bytes) -> np.ndarray:
    """The first 468 landmarks, (468, 3), of a serialized ``NormalizedLandmarkList``."""
    # Fields are in order: with this length and z as the third, they are x, y and z. Landmarks with
    # other fields differ in length.
    lengths = content[_LENGTH_AT:_SIZE:_LANDMARK_BYTES]
    if lengths != _LENGTHS or content[_Z_TAG_AT:_SIZE:_LANDMARK_BYTES] != _Z_TAGS:
        from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

        return as_array(NormalizedLandmarkList.FromString(content).landmark)
    shape, strides = (3, LANDMARK_COUNT), (_NUMBER_BYTES, _LANDMARK_BYTES)
    return np.ndarray(shape, '<f4', content, _X_AT, strides).astype(float).T
