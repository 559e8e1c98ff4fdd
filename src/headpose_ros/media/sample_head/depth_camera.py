# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What a structured-light camera, Microsoft's first Kinect, makes of true depth.

Noise and steps are those of Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth Data
for Indoor Mapping Applications", Sensors 12 (2012): both are even in disparity, so that they grow
with the square of the distance, to 4 and 7 cm at 5 m. Jagged edges and what is too steep are those
of Nguyen, Izadi and Lovell, "Modeling Kinect Sensor Noise for Improved 3D Reconstruction and
Tracking", 3DIMPVT 2012. What the projector does not light is in the shadow of what is nearer.
"""

import cv2
import numpy as np

# Change of 1 / distance (1/m) by a step of the disparity, and standard deviation of the disparity
# in such steps: Khoshelham and Elberink's 2.85e-5 per cm, and half a pixel.
DISPARITY_STEP = 2.85e-3
DISPARITY_NOISE = 0.5

EDGE_NOISE = 0.8  # pixels: Nguyen et al., of a surface that faces the camera
MAX_SLOPE = np.tan(np.radians(70.0))  # Nguyen et al. could measure up to about there

BASELINE = 0.075  # metres from the camera to the projector, on its right in the image
NEAREST, FARTHEST = 0.3, 5.0  # metres; of today's cameras, as the Kinect saw nothing before 0.5
_SPARE = 64  # pixels by which the noise is larger than an image, so that each has another part


class StructuredLight:
    """Such a camera.

    :param width: of the images, pixels.
    :param height: of the images, pixels.
    :param focal_length: pixels.
    :param seed: of the noise, which is the same for the same number.
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
        """Depth as the camera tells it, with other noise each time.

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
        # Of a smoothed picture, as the camera compares patches.
        smooth = cv2.blur(depth, (3, 3))
        right, down = cv2.Sobel(smooth, -1, 1, 0, ksize=1), cv2.Sobel(smooth, -1, 0, 1, ksize=1)
        return cv2.magnitude(right, down) > 2.0 * MAX_SLOPE / self._focal_length * smooth

    def _is_in_shadow(self, depth: np.ndarray) -> np.ndarray:
        # Columns of the projector. What lies farther right there than something that the camera
        # sees on its right is hidden from the light by that.
        lit = self._places[1] - self._focal_length * BASELINE / depth
        return lit > np.minimum.accumulate(lit[:, ::-1], axis=1)[:, ::-1] + 1.0
