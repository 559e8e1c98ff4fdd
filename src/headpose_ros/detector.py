"""The face detectors by their names."""

from headpose_ros.face_detector import FaceDetector
from headpose_ros.face_mesh import FaceMeshDetector

MODES = ('image', 'video')

DETECTORS = {FaceMeshDetector.name: FaceMeshDetector}


def create_detector(name: str, mode: str, max_faces: int, **confidences: float) -> FaceDetector:
    """Detector of a name.

    :param name: a key of ``DETECTORS``.
    :param mode: ``'image'`` or ``'video'``.
    :param max_faces: 1 or more.
    :param confidences: ``min_detection_confidence`` and ``min_tracking_confidence``, 0 to 1.
    :raises ValueError: a parameter has no meaning.
    :raises DetectorUnavailable: what is installed cannot run it.
    """
    if name not in DETECTORS:
        raise ValueError(f'unknown detector {name!r}; known: {", ".join(DETECTORS)}')
    if mode not in MODES:
        raise ValueError(f'unknown mode {mode!r}; known: {", ".join(MODES)}')
    if not isinstance(max_faces, int) or max_faces < 1:
        raise ValueError(f'max_faces is {max_faces!r}; want a whole number from 1')
    for key, value in confidences.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f'{key} is {value!r}; want a number from 0 to 1')
    return DETECTORS[name](mode, max_faces, **confidences)
