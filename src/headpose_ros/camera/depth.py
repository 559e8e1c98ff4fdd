# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Distance of a face, measured by a depth camera.

Depth images follow REP-118: ``uint16`` millimetres or ``float32`` metres along the optical axis,
registered (aligned) to the colour image; 0 or NaN is no measurement. The resolution may differ if
the view is the same.
"""

from dataclasses import dataclass

import numpy as np

from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.landmarks import CHEEKBONES

# Cosine: landmarks are used where the surface, modelled as a sphere around the head centre, is
# inclined to the camera by less than 60 degrees. Steeper surfaces show holes and background in
# depth images; occluded landmarks lie beyond.
MIN_FACING = 0.5

# Relative: anything nearer or farther than expected by more than this is not the face. The face of
# a six-year-old is 17 % narrower than the default.
MAX_DIFFERENCE = 0.3

# Half the depth range within which landmarks count as one surface: the depth of the landmarks is
# accurate to about a centimetre, structured light to 1.4 mm times the squared distance in metres
# (Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth Data for Indoor Mapping
# Applications", Sensors 12, 2012).
SURFACE_DEPTH, SENSOR_SPREAD = 0.015, 0.003  # metres, and per square metre of distance

# Minimum number of landmarks on the surface, and minimum share of those facing the camera.
MIN_COUNT, MIN_SHARE = 15, 0.15

# Metres, offset of the surface from the landmarks on the rendered head with exact depth: the depth
# of the landmarks is not person-specific.
RELIEF_ERROR = 0.004


@dataclass(frozen=True)
class Surface:
    """The surface of a face measured by a depth camera.

    :ivar scale: metres per unit of ``LineOfSight.points``.
    :ivar error: relative standard deviation of the scale.
    """

    scale: float
    error: float


def metres_at(depth: np.ndarray, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Depths (n,) at pixels, metres; NaN without a measurement.

    :param depth: ``uint16`` millimetres or ``float32`` metres (H, W).
    :param pixels: (n, 2) of the colour image, the centre of the first being (0.5, 0.5).
    :param size: width and height of the colour image.
    """
    height, width = depth.shape
    at = np.floor(pixels * (width / size[0], height / size[1])).astype(int)
    x, y = at.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = np.full(len(pixels), np.nan)
    with np.errstate(invalid='ignore'):  # arbitrary bytes
        found[inside] = depth[y[inside], x[inside]]
    if depth.dtype == np.uint16:
        found /= 1000.0
    found[~((found > 0.0) & (found < np.inf))] = np.nan
    return found


def find_surface(
    depth: np.ndarray, landmarks: np.ndarray, sight: LineOfSight, size: tuple[int, int],
    expected: float, spread: float,
) -> Surface | None:
    """The surface of a face: the largest set of landmarks with consistent distances near expected.

    Each landmark with depth gives an estimate of the head distance, given its own relative depth.
    Hair, a hand and the background give other distances.

    :param depth: see above.
    :param landmarks: (468, 3) pixels.
    :param sight: line of sight to them.
    :param size: width and height of the colour image.
    :param expected: metres per unit of ``sight.points`` without depth.
    :param spread: relative standard deviation of that.
    :return: ``None`` if too few landmarks have depth.
    """
    points = sight.points
    outward = points - points[list(CHEEKBONES)].mean(axis=0)
    lengths = np.sqrt(np.einsum('ij,ij->i', outward, outward) * (points * points).sum(axis=1))
    facing = -np.einsum('ij,ij->i', outward, points) / lengths
    faces = np.flatnonzero(facing > MIN_FACING)
    if not len(faces):
        return None
    measured = metres_at(depth, landmarks[faces, :2], size)
    with np.errstate(invalid='ignore'):  # landmarks beside the camera, with very wide lenses
        offsets = np.log(measured / (expected * (points[faces] @ sight.rotation[2])))
    offsets = np.sort(offsets[np.abs(offsets) <= MAX_DIFFERENCE])  # drops NaN too
    if len(offsets) < MIN_COUNT:
        return None
    reach = SURFACE_DEPTH / expected + SENSOR_SPREAD * expected
    first = np.searchsorted(offsets, offsets - reach)
    last = np.searchsorted(offsets, offsets + reach, side='right')
    counts = last - first
    best = np.argmax(counts / (1.0 + np.square(offsets / (2.0 * spread))))
    surface = offsets[first[best] : last[best]]
    if len(surface) < max(MIN_COUNT, MIN_SHARE * len(faces)):
        return None
    # Refine around the mean, as the densest position has a random offset.
    middle = surface.mean()
    surface = offsets[np.abs(offsets - middle) <= reach]
    error = np.hypot(surface.std(), RELIEF_ERROR / expected)
    return Surface(float(expected * np.exp(surface.mean())), float(error))
