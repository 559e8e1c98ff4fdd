"""MediaPipe's FaceMesh as a face detector."""

import numpy as np

from headpose_ros.face_detector import DetectorUnavailable
from headpose_ros.features import LANDMARK_COUNT
from headpose_ros.quiet import silent_stderr

# Faces that are looked for in a single image before the largest are kept: FaceMesh alone returns
# the faces it is surest of, and the first of them is often somebody in the background.
MIN_CANDIDATES = 5

# What requirements.txt asks for: 0.10.30 has no FaceMesh, not every release runs on every machine.
INSTALL = "pip install 'mediapipe>=0.10.18,<0.10.30'"

WARM_UP_SHAPE = (480, 640, 3)  # any image without a face does


class FaceMeshDetector:
    """MediaPipe's FaceMesh (``mp.solutions``), whose networks are inside its wheel.

    :param mode: ``'image'`` looks at every image afresh; ``'video'`` follows the faces of the
        image before and looks for new ones only when fewer than ``max_faces`` are followed.
    :param max_faces: faces wanted; in ``'image'`` mode some more may be returned.
    :param min_detection_confidence: 0 to 1, below which a found face is dropped.
    :param min_tracking_confidence: 0 to 1, below which a followed face is looked for again.
    :raises DetectorUnavailable: MediaPipe is missing or has no FaceMesh.
    """

    name = 'face_mesh'

    def __init__(
        self,
        mode: str,
        max_faces: int,
        min_detection_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
    ):
        self._options = {
            'static_image_mode': mode == 'image',
            'max_num_faces': max(max_faces, MIN_CANDIDATES) if mode == 'image' else max_faces,
            'min_detection_confidence': min_detection_confidence,
            'min_tracking_confidence': min_tracking_confidence,
        }
        self._solution = _import_face_mesh()
        self._face_mesh = self._start()

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels."""
        if self._face_mesh is None:
            raise RuntimeError('the detector was closed; make a new one')
        height, width = bgr.shape[:2]
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        try:
            found = self._face_mesh.process(rgb).multi_face_landmarks or []
        except (RuntimeError, ValueError):
            # A MediaPipe graph that failed once refuses every image after it.
            self._face_mesh = self._start()
            raise
        # x and y come divided by the width and the height, depth in the scale of x.
        scale = np.array([width, height, width], float)
        return [
            np.array([(p.x, p.y, p.z) for p in face.landmark[:LANDMARK_COUNT]]) * scale
            for face in found
        ]

    def close(self) -> None:
        """Free the graph; the detector cannot be used after it."""
        if self._face_mesh is not None:
            self._face_mesh.close()
            self._face_mesh = None

    def _start(self):
        # The networks are loaded with the first image, and MediaPipe writes notes meant for its
        # own developers to the terminal until then.
        with silent_stderr():
            face_mesh = self._solution.FaceMesh(**self._options)
            face_mesh.process(np.zeros(WARM_UP_SHAPE, np.uint8))
        return face_mesh


def _import_face_mesh():
    try:
        import mediapipe
    except ImportError as error:
        raise DetectorUnavailable(
            f'MediaPipe cannot be imported ({error}); install it with {INSTALL}'
        ) from error
    if not hasattr(mediapipe, 'solutions'):
        raise DetectorUnavailable(
            f'MediaPipe {mediapipe.__version__} has no FaceMesh, which was removed in 0.10.30; '
            f'install one that has it with {INSTALL}'
        )
    return mediapipe.solutions.face_mesh
