# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""A face detector that looks again, closer or at a turned image, when it sees nobody."""

from collections.abc import Callable, Iterable

import numpy as np

from headpose_ros.face_detector import FaceDetector
from headpose_ros.face_geometry import has_shape, overlap
from headpose_ros.views import View, search_levels, view_around, whole_view

# Overlap (intersection over union) of two boxes from which two tiles found the same face.
SAME_FACE = 0.3

# Frames without a face after which the place where one was is forgotten: a third of a second.
MAX_MISSES = 10


class ImageRetry:
    """For images that have nothing to do with one another: tries all views until one has a face.

    An image in which the detector finds somebody costs nothing more, but for a closer look at each
    face that is small in it: landmarks of a small face are rough, and looking closely halves the
    error of the pose.

    :param detector: in image mode; it is closed with this one.
    """

    def __init__(self, detector: FaceDetector):
        self.name = detector.name
        self._detector = detector

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR image: a list of (468, 3) landmarks in pixels."""
        if faces := self._detector.detect(bgr):
            view = whole_view(*bgr.shape[:2])
            closer = [self._closer(bgr, face, view) for face in faces]
            return [f if c is None else c for f, c in zip(faces, closer, strict=True)]
        for level in search_levels(*bgr.shape[:2]):
            # What is small in a view, and not there when looked at closely, is no face.
            found = [self._closer(bgr, *pair) for pair in _look(self._detector, bgr, level)]
            if faces := _distinct([face for face in found if face is not None]):
                return faces
        return []

    def close(self) -> None:
        """Free the detector; this one cannot be used after it."""
        self._detector.close()

    def _closer(self, bgr: np.ndarray, face: np.ndarray, view: View) -> np.ndarray | None:
        """A face of a view, looked at closely when it is small there; ``None`` if it is not."""
        if not view.is_small(face):
            return face
        found = [other for other, _ in _look(self._detector, bgr, [view_around([face], view)])]
        best = max(found, key=lambda other: overlap(other, face), default=None)
        return best if best is not None and overlap(best, face) >= SAME_FACE else None


class VideoRetry:
    """For the frames of a video: one more try at most in a frame without a face.

    Where somebody was seen last the next frames look again and follow what they find, until the
    detector itself sees a face. In between and without such a place the views take turns.

    :param detector: in video mode; it is closed with this one.
    :param create_searcher: makes the same one in image mode, which is closed with this one too.
        Called at the first frame without a face; somebody who is always there saves 30 MB.
    """

    def __init__(self, detector: FaceDetector, create_searcher: Callable[[], FaceDetector]):
        self.name = detector.name
        self._detector = detector
        self._create_searcher = create_searcher
        self._searcher: FaceDetector | None = None
        self._tries = 0
        self._last: tuple[list[np.ndarray], View] | None = None
        self._misses = 0

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR frame: a list of (468, 3) landmarks in pixels."""
        if faces := self._detector.detect(bgr):
            self._last, self._misses = (faces, whole_view(*bgr.shape[:2])), 0
            return faces
        if self._searcher is None:
            self._searcher = self._create_searcher()
        followed = self._followed_view()
        view = followed or self._next_view(bgr)
        faces = [face for face, _ in _look(self._searcher, bgr, [view])]
        if not faces:
            self._misses += 1
            return []
        self._last, self._misses = (faces, view), 0
        # What a search finds is rough, or no face at all: the next frame looks closer and tells.
        return faces if followed else []

    def close(self) -> None:
        """Free the detectors; this one cannot be used after it."""
        self._detector.close()
        if self._searcher is not None:
            self._searcher.close()

    def _followed_view(self) -> View | None:
        # Every other frame only: somebody else may be there, or the same one elsewhere.
        if self._last is None or self._misses % 2 == 1 or self._misses >= MAX_MISSES:
            return None
        return view_around(*self._last)

    def _next_view(self, bgr: np.ndarray) -> View:
        views = [view for level in search_levels(*bgr.shape[:2]) for view in level]
        self._tries += 1
        return views[(self._tries - 1) % len(views)]


def _look(
    detector: FaceDetector, bgr: np.ndarray, views: Iterable[View]
) -> list[tuple[np.ndarray, View]]:
    """Faces that a detector finds in views of an image, and in which: each face once.

    Landmarks are pixels of the image.
    """
    found = []
    for view in views:
        faces = _usable([view.to_image(face) for face in detector.detect(view.image(bgr))])
        found += [(face, view) for face in faces]
    # Of a face that is in several tiles, the one that is cut off least is right.
    found.sort(key=lambda pair: pair[1].clearance(pair[0]), reverse=True)
    kept = _distinct([face for face, _ in found])
    return [(face, view) for face, view in found if any(face is other for other in kept)]


def _usable(faces: list[np.ndarray]) -> list[np.ndarray]:
    return [face for face in faces if has_shape(face)]


def _distinct(faces: list[np.ndarray]) -> list[np.ndarray]:
    """Faces without those that are the same as one before."""
    kept: list[np.ndarray] = []
    for face in faces:
        if all(overlap(face, other) < SAME_FACE for other in kept):
            kept.append(face)
    return kept
