"""What the detectors that are MediaPipe's share: its import, and its landmarks as numbers."""

import sys
from collections.abc import Sequence
from functools import cache
from itertools import islice
from types import ModuleType

import numpy as np

from headpose_ros.face_detector import DetectorUnavailable
from headpose_ros.features import LANDMARK_COUNT

WARM_UP_SHAPE = (480, 640, 3)  # any image without a face does

# As in requirements.txt: 0.10.30 has no FaceMesh, not every release before runs on every machine,
# and none of these is there for Python 3.13.
CAN_HAVE_FACE_MESH = sys.version_info < (3, 13)
INSTALL = f"pip install 'mediapipe{'>=0.10.18,<0.10.30' if CAN_HAVE_FACE_MESH else '>=1.0,<2'}'"


def import_mediapipe() -> ModuleType:
    """The package ``mediapipe``, whose import takes long and may fail.

    :raises DetectorUnavailable: it cannot be imported.
    """
    try:
        import mediapipe
    except ImportError as error:
        raise DetectorUnavailable(
            f'MediaPipe cannot be imported ({error}); install it with {INSTALL}'
        ) from error
    return mediapipe


def in_pixels(points: Sequence, width: int, height: int) -> np.ndarray:
    """Landmarks (468, 3) in pixels, of MediaPipe's for an image of that size.

    :param points: with x divided by the width, y by the height, and depth z in the scale of x.
        The last ten, the irises, are left out.
    """
    scale = np.array([width, height, width], float)
    return np.array([(p.x, p.y, p.z) for p in islice(points, LANDMARK_COUNT)]) * scale


@cache
def face_mesh_edges() -> np.ndarray:
    """Lines (M, 2) between landmarks that make them a mesh, each once.

    :raises DetectorUnavailable: MediaPipe cannot be imported.
    """
    connections = import_mediapipe().tasks.vision.FaceLandmarksConnections
    edges = [(edge.start, edge.end) for edge in connections.FACE_LANDMARKS_TESSELATION]
    return np.unique(np.sort(edges, axis=1), axis=0)
