"""MediaPipe's FaceMesh with less between the image and the landmarks than its own ``process``.

``process`` makes a class for each result and a Python object for each landmark, which takes a tenth
of the time of the networks. Here the graph that ``FaceMesh`` has set up is fed directly, and the
landmarks are read from the bytes of its answer. That uses parts which MediaPipe does not promise;
they stay as they are, since FaceMesh ended with 0.10.21.
"""

import numpy as np

from headpose_ros.features import LANDMARK_COUNT

_IMAGE, _FACES = 'image', 'multi_face_landmarks'  # streams of the graph

# Between two images, microseconds: the graph wants stamps that grow, and ``process`` counts so.
_STEP = 33333

# Landmarks of a ``NormalizedLandmarkList`` in protobuf's wire format: the tag of field 1 and the
# length of what follows, then tags and numbers of x, y and z, fields 1 to 3.
_WIRE = np.dtype([
    ('tag', 'u1'), ('length', 'u1'),
    ('x_tag', 'u1'), ('x', '<f4'), ('y_tag', 'u1'), ('y', '<f4'), ('z_tag', 'u1'), ('z', '<f4'),
])
_WIRE_TAGS = [0, 1, 2, 7, 12]  # bytes that are no number
_TAGS = np.array([0x0A, 15, 0x0D, 0x15, 0x1D], np.uint8)


class FaceMeshGraph:
    """The graph of a ``FaceMesh``.

    :param face_mesh: of ``mediapipe.solutions.face_mesh``; it belongs to this object from now on.
    """

    def __init__(self, face_mesh):
        from mediapipe.python import packet_creator
        from mediapipe.python._framework_bindings import _packet_getter, image_frame

        self._face_mesh = face_mesh
        self._graph = face_mesh._graph
        self._answers = face_mesh._graph_outputs
        self._create_packet = packet_creator.create_image_frame
        self._format = image_frame.ImageFormat.SRGB
        self._read = _packet_getter._get_serialized_proto_list
        self._stamp = 0

    def run(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Landmarks of the faces of an image, (468, 3) each.

        :param rgb: ``uint8`` (H, W, 3), contiguous; where it is read-only no copy is made of it.
        :return: x divided by the width, y by the height, depth z in the scale of x; without the
            ten of the irises.
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
        self._face_mesh.close()


def read_landmarks(content: bytes) -> np.ndarray:
    """The first 468 landmarks of a ``NormalizedLandmarkList`` in protobuf's wire format, (468, 3)."""
    size = LANDMARK_COUNT * _WIRE.itemsize
    raw = np.frombuffer(content, np.uint8, min(size, len(content)))
    # A landmark that holds more than x, y and z, or less, is written otherwise.
    if len(raw) < size or (raw.reshape(-1, _WIRE.itemsize)[:, _WIRE_TAGS] != _TAGS).any():
        from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

        points = NormalizedLandmarkList.FromString(content).landmark[:LANDMARK_COUNT]
        return np.array([(p.x, p.y, p.z) for p in points])
    rows = raw.view(_WIRE)
    return np.array([rows['x'], rows['y'], rows['z']], float).T
