# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""A face detector that looks again, closer or at a turned image, when it sees nobody."""

from collections.abc import Callable, Iterable

import numpy as np

from headpose_ros.detection.base import FaceDetector
from headpose_ros.detection.crops import Crop, crop_around, search_levels, whole_crop
from headpose_ros.landmarks import box_of, distinct, has_shape, overlap

# Overlap (intersection over union) of two boxes from which two tiles found the same face.
SAME_FACE = 0.3

# Frames without a face after which the place where one was is forgotten: a third of a second.
MAX_MISSES = 10


class ImageSearch:
    """For images that have nothing to do with one another: tries all crops until one has a face.

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
            crop = whole_crop(*bgr.shape[:2])
            closer = [self._closer(bgr, face, crop) for face in faces]
            return [f if c is None else c for f, c in zip(faces, closer, strict=True)]
        for level in search_levels(*bgr.shape[:2]):
            # What is small in a crop, and not there when looked at closely, is no face.
            looked = [self._closer(bgr, *pair) for pair in _look(self._detector, bgr, level)]
            if faces := [face for face in looked if face is not None]:
                return [faces[i] for i in distinct(map(box_of, faces), SAME_FACE)]
        return []

    def close(self) -> None:
        """Free the detector; this one cannot be used after it."""
        self._detector.close()

    def _closer(self, bgr: np.ndarray, face: np.ndarray, crop: Crop) -> np.ndarray | None:
        """A face of a crop, looked at closely when it is small there; ``None`` if it is not."""
        if not crop.is_small(face):
            return face
        found = [other for other, _ in _look(self._detector, bgr, [crop_around([face], crop)])]
        best = max(found, key=lambda other: overlap(other, face), default=None)
        return best if best is not None and overlap(best, face) >= SAME_FACE else None


class VideoSearch:
    """For the frames of a video: one more try at most in a frame without a face.

    Where somebody was seen last the next frames look again and follow what they find, until the
    detector itself sees a face. In between and without such a place the crops take turns.

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
        self._last: tuple[list[np.ndarray], Crop] | None = None
        self._misses = 0

    def detect(self, bgr: np.ndarray) -> list[np.ndarray]:
        """Faces of a ``uint8`` (H, W, 3) BGR frame: a list of (468, 3) landmarks in pixels."""
        if faces := self._detector.detect(bgr):
            self._last, self._misses = (faces, whole_crop(*bgr.shape[:2])), 0
            return faces
        if self._searcher is None:
            self._searcher = self._create_searcher()
        followed = None
        # Every other frame only: somebody else may be there, or the same one elsewhere.
        if self._last is not None and self._misses % 2 == 0 and self._misses < MAX_MISSES:
            followed = crop_around(*self._last)
        crop = followed or self._next_crop(bgr)
        faces = [face for face, _ in _look(self._searcher, bgr, [crop])]
        if not faces:
            self._misses += 1
            return []
        self._last, self._misses = (faces, crop), 0
        # What a search finds is rough, or no face at all: the next frame looks closer and tells.
        return faces if followed else []

    def close(self) -> None:
        """Free the detectors; this one cannot be used after it."""
        self._detector.close()
        if self._searcher is not None:
            self._searcher.close()

    def _next_crop(self, bgr: np.ndarray) -> Crop:
        crops = [crop for level in search_levels(*bgr.shape[:2]) for crop in level]
        self._tries += 1
        return crops[(self._tries - 1) % len(crops)]


def _look(
    detector: FaceDetector, bgr: np.ndarray, crops: Iterable[Crop]
) -> list[tuple[np.ndarray, Crop]]:
    """Faces that a detector finds in crops of an image, and in which: each face once.

    Landmarks are pixels of the image.
    """
    found = []
    for crop in crops:
        faces = [crop.to_image(face) for face in detector.detect(crop.image(bgr))]
        found += [(face, crop) for face in faces if has_shape(face)]
    # Of a face that is in several tiles, the one that is cut off least is right.
    found.sort(key=lambda pair: pair[1].clearance(pair[0]), reverse=True)
    return [found[i] for i in distinct([box_of(face) for face, _ in found], SAME_FACE)]
