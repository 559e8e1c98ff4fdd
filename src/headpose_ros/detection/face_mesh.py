# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""MediaPipe's FaceMesh as a face detector."""

from headpose_ros.assets.bundle import default_path, fetch_command
from headpose_ros.detection.face_mesh_graph import create_graph
from headpose_ros.detection.mediapipe_common import (
    CAN_HAVE_FACE_MESH,
    INSTALL,
    Graph,
    MediaPipeDetector,
    import_mediapipe,
)
from headpose_ros.errors import DetectorUnavailableError


class FaceMeshDetector(MediaPipeDetector):
    """MediaPipe's FaceMesh (``mp.solutions``), whose networks are inside its wheel."""

    name = 'face_mesh'

    def _create_graph(self) -> Graph:
        mediapipe = import_mediapipe()
        if not hasattr(mediapipe, 'solutions'):
            here = f'install one that has it with {INSTALL}, or ' if CAN_HAVE_FACE_MESH else ''
            raise DetectorUnavailableError(
                f'MediaPipe {mediapipe.__version__} has no FaceMesh, which was removed in '
                f'0.10.30; {here}set the detector to face_landmarker, whose bundle is downloaded '
                f'with: {fetch_command(default_path())}'
            )
        return create_graph(
            static_image_mode=not self._is_video,
            max_num_faces=self._face_count,
            min_detection_confidence=self._min_detection_confidence,
            min_tracking_confidence=self._min_tracking_confidence,
            # The network with attention: head poses from it are 5 % better, for 0.5 ms a face.
            refine_landmarks=True,
        )
