# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How far away a face is, measured by a depth camera.

A depth image is what REP-118 says: ``uint16`` millimetres or ``float32`` metres along the optical
axis, in the pixels of the colour image ("registered", "aligned"); 0 or not a number is nothing.
It may have another size as long as it shows the same view.
"""

from dataclasses import dataclass

import numpy as np

from headpose_ros.camera.line_of_sight import LineOfSight
from headpose_ros.landmarks import CHEEKBONES

# Landmarks count where the surface, taken as that of a ball around the middle of the head, is
# turned from the camera by less than 60 degrees: what is steeper is where depth cameras see holes
# and the background, and what is hidden lies beyond.
MIN_FACING = 0.5

# Relative: what is nearer or farther than expected by more than this is no face. A child of six
# has a face that is 17 % narrower than the default.
MAX_DIFFERENCE = 0.3

# Half of the depth within which landmarks count as one surface: the landmarks' own depth is right
# to about a centimetre, and structured light spreads by 1.4 mm times the square of the distance
# in metres (Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth Data for Indoor
# Mapping Applications", Sensors 12, 2012).
SURFACE_DEPTH, SENSOR_SPREAD = 0.015, 0.003  # metres, and per square metre of distance

# At least so many landmarks, and so many of those that face the camera, must be on the surface.
MIN_COUNT, MIN_SHARE = 15, 0.15

# Metres by which the surface as a whole is off from where the landmarks are, on the rendered head
# with exact depth: the landmarks' own depth is not that of the person.
RELIEF_ERROR = 0.004


@dataclass(frozen=True)
class Surface:
    """The surface of a face as a depth camera sees it.

    :ivar scale: metres that the unit of ``LineOfSight.points`` is.
    :ivar error: standard deviation of the scale, relative.
    """

    scale: float
    error: float


def metres_at(depth: np.ndarray, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Depths (n,) at pixels, metres; not a number where there is nothing.

    :param depth: ``uint16`` millimetres or ``float32`` metres (H, W).
    :param pixels: (n, 2) of the colour image, the middle of the first pixel being (0.5, 0.5).
    :param size: width and height of the colour image.
    """
    height, width = depth.shape
    at = np.floor(pixels * (width / size[0], height / size[1])).astype(int)
    x, y = at.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = np.full(len(pixels), np.nan)
    with np.errstate(invalid='ignore'):  # of whatever bytes there are
        found[inside] = depth[y[inside], x[inside]]
    if depth.dtype == np.uint16:
        found /= 1000.0
    found[~((found > 0.0) & (found < np.inf))] = np.nan
    return found


def find_surface(
    depth: np.ndarray, landmarks: np.ndarray, sight: LineOfSight, size: tuple[int, int],
    expected: float, spread: float,
) -> Surface | None:
    """The surface of a face: the most landmarks that agree on one distance, near what is expected.

    Each landmark tells the distance, as its own depth says where on the head it is. Hair, a hand
    and the background behind an edge agree on others.

    :param depth: see above.
    :param landmarks: (468, 3) pixels.
    :param sight: the line of sight to them.
    :param size: width and height of the colour image.
    :param expected: metres that the unit of ``sight.points`` is without depth.
    :param spread: standard deviation of that, relative.
    :return: ``None`` where too few landmarks have depth.
    """
    points = sight.points
    outward = points - points[list(CHEEKBONES)].mean(axis=0)
    lengths = np.sqrt(np.einsum('ij,ij->i', outward, outward) * (points * points).sum(axis=1))
    facing = -np.einsum('ij,ij->i', outward, points) / lengths
    faces = np.flatnonzero(facing > MIN_FACING)
    if not len(faces):
        return None
    measured = metres_at(depth, landmarks[faces, :2], size)
    with np.errstate(invalid='ignore'):  # of what a very wide lens sees beside the camera
        offsets = np.log(measured / (expected * (points[faces] @ sight.rotation[2])))
    offsets = np.sort(offsets[np.abs(offsets) <= MAX_DIFFERENCE])  # nor those without depth
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
    # Once more around its own middle, as the densest place is off by chance.
    middle = surface.mean()
    surface = offsets[np.abs(offsets - middle) <= reach]
    error = np.hypot(surface.std(), RELIEF_ERROR / expected)
    return Surface(float(expected * np.exp(surface.mean())), float(error))
