# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Simulates a structured-light depth camera, Microsoft's first Kinect.

Noise and quantisation follow Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth
Data for Indoor Mapping Applications", Sensors 12 (2012): both are uniform in disparity, so they
grow with the square of the distance, to 4 and 7 cm at 5 m. Jagged edges and the slope limit follow
Nguyen, Izadi and Lovell, "Modeling Kinect Sensor Noise for Improved 3D Reconstruction and
Tracking", 3DIMPVT 2012. Regions shadowed from the projector by nearer objects have no depth.
"""

import cv2
import numpy as np

# Change of 1 / distance (1/m) per disparity step, and standard deviation of the disparity in
# steps: Khoshelham and Elberink's 2.85e-5 per cm, and half a pixel.
DISPARITY_STEP = 2.85e-3
DISPARITY_NOISE = 0.5

EDGE_NOISE = 0.8  # pixels: Nguyen et al., for a surface facing the camera
MAX_SLOPE = np.tan(np.radians(70.0))  # approximate limit of Nguyen et al.

BASELINE = 0.075  # metres from the camera to the projector, to its right in the image
NEAREST, FARTHEST = 0.3, 5.0  # metres; as in current cameras (Kinect: from 0.5)
_SPARE = 64  # pixels by which the noise exceeds an image, so that each uses another part


class StructuredLight:
    """A simulated structured-light camera.

    :param width: of the images, pixels.
    :param height: of the images, pixels.
    :param focal_length: pixels.
    :param seed: of the noise.
    """

    def __init__(self, width: int, height: int, focal_length: float, seed: int = 0):
        self._random = np.random.default_rng(seed)
        self._focal_length = focal_length
        shape = height + _SPARE, width + _SPARE
        normal = self._random.standard_normal((3, *shape), np.float32)
        self._noise = DISPARITY_NOISE * normal[0]
        self._jitter = EDGE_NOISE * normal[1:]
        self._places = np.indices((height, width)).astype(np.float32)

    def see(self, depth: np.ndarray) -> np.ndarray:
        """Measured depth, with different noise each time.

        :param depth: true ``float32`` metres (H, W).
        :return: ``uint16`` millimetres (H, W); 0 in holes.
        """
        height, width = depth.shape
        top, left = self._random.integers(0, _SPARE, 2)
        part = (..., slice(top, top + height), slice(left, left + width))
        rows, columns = self._places + self._jitter[part]
        seen = cv2.remap(depth, columns, rows, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        disparity = np.rint(1.0 / (seen * DISPARITY_STEP) + self._noise[part])
        seen = 1.0 / (np.maximum(disparity, 1.0) * DISPARITY_STEP)
        is_hole = self._is_steep(depth) | self._is_in_shadow(depth)
        is_hole |= (seen < NEAREST) | (seen > FARTHEST)
        return np.where(is_hole, 0.0, np.rint(1000.0 * seen)).astype(np.uint16)

    def _is_steep(self, depth: np.ndarray) -> np.ndarray:
        # Smoothed, as the camera matches patches.
        smooth = cv2.blur(depth, (3, 3))
        right, down = cv2.Sobel(smooth, -1, 1, 0, ksize=1), cv2.Sobel(smooth, -1, 0, 1, ksize=1)
        return cv2.magnitude(right, down) > 2.0 * MAX_SLOPE / self._focal_length * smooth

    def _is_in_shadow(self, depth: np.ndarray) -> np.ndarray:
        # Projector columns. A point is shadowed if its column is right of that of a point farther
        # right in the image.
        lit = self._places[1] - self._focal_length * BASELINE / depth
        return lit > np.minimum.accumulate(lit[:, ::-1], axis=1)[:, ::-1] + 1.0
