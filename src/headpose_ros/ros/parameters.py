# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters of the nodes: name, default, description and range of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from headpose_ros.assets.bundle import VARIABLE
from headpose_ros.attention import ATTENTION_ANGLE
from headpose_ros.detection.factory import (
    DETECTORS,
    FACE_DETECTORS,
    MIN_DETECTION_CONFIDENCE,
    SEARCH_RATE,
)
from headpose_ros.errors import ParameterError
from headpose_ros.estimator import ROTATIONS
from headpose_ros.media.sources import SAMPLE
from headpose_ros.overlay import OverlayStyle
from headpose_ros.people.follower import MAX_BETA, MAX_MIN_CUTOFF, FollowSettings
from headpose_ros.people.one_euro import BETA, MIN_CUTOFF
from headpose_ros.people.primary import POLICIES
from headpose_ros.people.track_ids import check_prefix
from headpose_ros.ros.input.image_input import TRANSPORTS
from headpose_ros.ros.parameter_values import value_of
from headpose_ros.six_dof import HEAD_WIDTH

T = TypeVar('T')

MAX_SIDE = 16384  # pixels
_SIDE = '{} in pixels, for webcams and the sample; 0 for the native one.'


def _parameter(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] = (),
    constraints: str = '',
    live: bool = False,
) -> Any:
    """Dataclass field for a parameter of a node.

    :param low: smallest value of a number, and ``high`` the largest.
    :param choices: allowed values.
    :param constraints: any other constraint, in words.
    :param live: whether it can be changed at runtime.
    """
    if choices:
        constraints = f'one of: {", ".join(map(str, choices))}'
    plain = list(default) if isinstance(default, tuple) else default
    # Dynamic, as ROS takes 30 for an integer where a double is expected; ``value_of`` checks.
    descriptor = ParameterDescriptor(
        type=Parameter.Type.from_parameter_value(plain).value, dynamic_typing=True,
        description=description, additional_constraints=constraints, read_only=not live,
    )
    if low is not None and isinstance(default, int):
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    elif low is not None:
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return field(default=default, metadata={'descriptor': descriptor, 'choices': choices})


_live = partial(_parameter, live=True)


@dataclass(frozen=True)
class HeadPoseParameters:
    """Parameters of ``headpose_node``.

    :raises ParameterError: invalid value.
    """

    autostart: bool = _parameter(
        True, 'Configure and activate at startup; false leaves both to a lifecycle manager.'
    )
    detector: str = _parameter(
        'face_mesh', 'Landmark network; both averages the poses of the two.', choices=DETECTORS
    )
    face_detector: str = _parameter(
        'auto', 'Detector for distant faces; auto uses the best one installed.',
        choices=FACE_DETECTORS
    )
    bundle: str = _parameter(
        '', 'Path of the .task bundle for face_landmarker and both; empty for the one in '
        f'{VARIABLE}, else the one downloaded by "headpose fetch-model".'
    )
    model: str = _parameter(
        '', 'Path of a trained model: .npz, or .joblib with any scikit-learn regressor; empty for '
        'the built-in model. Loading a .joblib file can run code: use only files you trust.'
    )
    max_faces: int = _parameter(5, 'Maximum number of faces tracked.', 1, 10)
    search_rate: float = _parameter(
        SEARCH_RATE, 'Maximum rate of searches for new faces in Hz while a face is tracked; five '
        'times as high while there is none, lower in a static scene. 0: first image only.',
        0.0, 1000.0
    )
    image_rotation: int = _parameter(
        0, 'Clockwise rotation in degrees that makes the images upright, for a rotated camera. '
        'Poses stay in the axes of the original image.',
        choices=ROTATIONS
    )
    image_transport: str = _parameter(
        'raw', 'Subscribe to raw images (topic "image") or to compressed ones '
        '("image/compressed").', choices=TRANSPORTS
    )
    mono16_max: int = _live(
        0, 'White level of images with more than 8 bits per sample, 1023 for 10 bits; 0 estimates '
        'it from the images.', 0, 65535
    )
    rectified: bool = _parameter(
        False, 'Images are rectified: use the projection matrix of camera_info instead of its '
        'camera matrix and distortion.'
    )
    use_depth: bool = _parameter(
        False, 'Subscribe to the topic "depth", registered to the images, to measure distances.'
    )
    publish_tf: bool = _parameter(
        False, 'Broadcast a TF frame face_<id> for each head; needs tf2_ros and a calibrated '
        'camera.'
    )
    id_prefix: str = _parameter(
        '', 'Prefix of the track IDs, to keep those of several cameras apart.',
        constraints='letters, digits and _, no leading digit, at most 64 characters'
    )
    publish_hri: bool = _parameter(
        False, 'Publish all faces as ROS4HRI (REP-155) on /humans/faces, with their TF frames; '
        'needs hri_msgs and tf2_ros.'
    )
    hri_face_width: int = _parameter(
        128, 'Width of the face images on /humans/faces, pixels.', 16, 1024
    )
    hri_face_height: int = _parameter(
        128, 'Height of the face images on /humans/faces, pixels.', 16, 1024
    )
    min_detection_confidence: float = _live(
        MIN_DETECTION_CONFIDENCE, 'Minimum confidence of a detected face.', 0.0, 1.0
    )
    min_tracking_confidence: float = _live(
        0.5, 'Minimum confidence of a tracked face; below it the face is detected again.', 0.0, 1.0
    )
    max_std: float = _live(
        60.0, 'Discard heads whose roll, pitch or yaw std exceeds this, in degrees; it is large '
        'for most false detections.', 0.0, 180.0
    )
    smoothing_min_cutoff: float = _live(
        MIN_CUTOFF, 'One Euro filter: cutoff frequency of a still head, Hz; lower is smoother, '
        '0.0 disables smoothing.', 0.0, MAX_MIN_CUTOFF
    )
    smoothing_beta: float = _live(
        BETA, 'One Euro filter: increase of the cutoff with head speed, Hz per rad/s; higher lags '
        'less.', 0.0, MAX_BETA
    )
    primary: str = _live(
        'largest', 'Which face is reported on head_pose.', choices=tuple(POLICIES)
    )
    neutral_rpy: tuple[float, ...] = _live(
        (0.0, 0.0, 0.0), 'Roll, pitch and yaw of the neutral pose in degrees; head_pose is '
        'relative to it. Set by ~/calibrate_neutral.',
        constraints='three numbers from -180 to 180'
    )
    head_width: float = _live(
        HEAD_WIDTH, 'Distance between the cheekbones in front of the ears in metres, for '
        'estimating how far away a head is.', 0.05, 0.5
    )
    attention_angle: float = _live(
        float(np.degrees(ATTENTION_ANGLE)), 'Half-angle in degrees of the cone within which a '
        'head faces a target.', 0.1, 90.0
    )
    attention_frames: tuple[str, ...] = _parameter(
        ('',), 'TF frames used as targets besides the camera: head_pose/heads has the probability '
        'that each person faces them. Needs tf2_ros and a calibrated camera.',
        constraints="frame names; [''] for none"
    )
    lazy: bool = _live(False, 'Unsubscribe from the camera while no output has subscribers.')
    draw_ids: bool = _live(True, 'Draw the track ID of each person.')
    draw_angles: bool = _live(True, 'Draw roll, pitch and yaw.')
    draw_axes: bool = _live(True, 'Draw the axes of each head.')
    draw_attention: bool = _live(True, 'Draw the probability that a head faces the camera.')
    draw_mesh: bool = _live(False, 'Draw the face mesh.')
    jpeg_quality: int = _live(80, 'JPEG quality of the compressed annotated image.', 1, 100)

    def __post_init__(self) -> None:
        _check_choices(self)
        try:
            check_prefix(self.id_prefix)
        except ValueError as error:
            raise ParameterError(str(error)) from error
        angles = np.asarray(self.neutral_rpy, float)
        if angles.shape != (3,) or not (np.abs(angles) <= 180.0).all():
            raise ParameterError(
                f'neutral_rpy is {list(self.neutral_rpy)}; expected three numbers from -180 to '
                '180 degrees'
            )

    @property
    def confidences(self) -> dict[str, float]:
        """Confidence thresholds, as keyword arguments of ``HeadPoseEstimator``."""
        return {
            'min_detection_confidence': self.min_detection_confidence,
            'min_tracking_confidence': self.min_tracking_confidence,
        }

    @property
    def follow_settings(self) -> FollowSettings:
        """Settings of the tracker in the core."""
        return FollowSettings(
            max_std=float(np.radians(self.max_std)),
            smoothing_min_cutoff=self.smoothing_min_cutoff,
            smoothing_beta=self.smoothing_beta,
            primary=self.primary,
            neutral_rpy=tuple(np.radians(self.neutral_rpy).tolist()),
            head_width=self.head_width,
        )

    @property
    def attention_radians(self) -> float:
        """``attention_angle`` in radians."""
        return float(np.radians(self.attention_angle))

    @property
    def overlay_style(self) -> OverlayStyle:
        """What is drawn on the annotated image."""
        return OverlayStyle(
            ids=self.draw_ids, angles=self.draw_angles, axes=self.draw_axes, mesh=self.draw_mesh,
            attention_angle=self.attention_radians if self.draw_attention else None,
        )


@dataclass(frozen=True)
class CameraParameters:
    """Parameters of ``camera_node``.

    :raises ParameterError: invalid value.
    """

    source: str = _parameter(
        SAMPLE, 'Image source.',
        constraints=f'{SAMPLE!r} for the built-in moving head, the path of a webcam such as '
        '/dev/video0, a video file, an image file, or a folder of images'
    )
    loop: bool = _parameter(
        True, 'Repeat the source; otherwise it is played once, starting with the first '
        'subscriber, and the node exits at its end.'
    )
    rate: float = _parameter(0.0, 'Frame rate, Hz; 0.0 for the native rate.', 0.0, 1000.0)
    width: int = _parameter(0, _SIDE.format('Width'), 0, MAX_SIDE)
    height: int = _parameter(0, _SIDE.format('Height'), 0, MAX_SIDE)
    frame_id: str = _parameter('camera_optical_frame', 'Optical frame of the images.')
    image_rotation: int = _parameter(
        0, 'Clockwise rotation of the published images, degrees.',
        choices=ROTATIONS
    )

    def __post_init__(self) -> None:
        _check_choices(self)


@dataclass(frozen=True)
class ViewParameters:
    """Parameters of ``view_node``."""

    host: str = _parameter(
        '127.0.0.1', 'Address to listen on. 127.0.0.1 is this machine only; with 0.0.0.0 anyone '
        'on the network can see the camera and change the parameters.'
    )
    port: int = _parameter(8080, 'Port to listen on; 0 for any free one (logged).', 0, 65535)
    node: str = _parameter('headpose_node', 'Name of the node to show.')


def _check_choices(parameters: HeadPoseParameters | CameraParameters) -> None:
    for each in fields(parameters):
        value, choices = getattr(parameters, each.name), each.metadata['choices']
        if choices and value not in choices:
            raise ParameterError(
                f'{each.name} is {value!r}; expected one of: {", ".join(map(str, choices))}'
            )


def declare_parameters(node: Node, kind: type[T]) -> T:
    """Declare the parameters of a dataclass above on a node, and read them.

    :raises rclpy.exceptions.ParameterException: value out of range.
    :raises ParameterError: invalid value.
    """
    values = {}
    for each in fields(kind):
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        descriptor = each.metadata['descriptor']
        value = node.declare_parameter(each.name, default, descriptor).value
        values[each.name] = value_of(each, value)
    return kind(**values)


def changed_parameters(now: T, parameters: Sequence[Parameter]) -> T:
    """The settings of a node with some parameters changed, all or none.

    :param parameters: those to change; names unknown to ``now`` are ignored.
    :raises ParameterError: invalid value.
    """
    own = {each.name: each for each in fields(now)}
    changed = {p.name: p.value for p in parameters if p.name in own}
    return replace(now, **{name: value_of(own[name], value) for name, value in changed.items()})
