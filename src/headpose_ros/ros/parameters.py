# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters of the nodes: name, default, description and range of each, in one place."""

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
_ROTATIONS = f'one of: {", ".join(map(str, ROTATIONS))}'
_SIDE = "{} in pixels, of webcams and of the sample; 0 for the source's own."


def _parameter(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    constraints: str = '',
    live: bool = False,
) -> Any:
    """Field of a dataclass that is a parameter of a node.

    :param low: smallest value of a number, and ``high`` its largest.
    :param choices: values of a text.
    :param constraints: what else must hold, in words.
    :param live: whether it can change while the node runs.
    """
    if choices:
        constraints = f'one of: {", ".join(choices)}'
    plain = list(default) if isinstance(default, tuple) else default
    # Any type is taken, as "30" is a whole number to ROS where 30.0 is wanted; ``value_of`` looks.
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

    :raises ParameterError: a value has no meaning.
    """

    autostart: bool = _parameter(
        True, 'Configure and activate at the start; false leaves both to a lifecycle manager.'
    )
    detector: str = _parameter('face_mesh', 'Landmark network.', choices=DETECTORS)
    face_detector: str = _parameter(
        'auto', 'Network that finds faces far away; auto takes the best that is installed.',
        choices=FACE_DETECTORS
    )
    bundle: str = _parameter(
        '', 'Path of the .task bundle of the detector face_landmarker; empty for the one of '
        f'{VARIABLE}, or else the one that "headpose fetch-model" downloaded.'
    )
    model: str = _parameter(
        '', 'Path of a trained model (.npz), or of a .joblib with any regressor of scikit-learn; '
        'empty for the one of the package. joblib files run code when they are loaded: name only '
        'those you trust.'
    )
    max_faces: int = _parameter(5, 'Faces to follow at the most.', 1, 10)
    search_rate: float = _parameter(
        SEARCH_RATE, 'Looks per second for new faces, at most, while a face is followed; five '
        'times as many while there is none; fewer where nothing changes. 0: only in the first '
        'image.', 0.0, 1000.0
    )
    image_rotation: int = _parameter(
        0, 'Degrees by which the images have to be turned clockwise to be upright, for a camera '
        'that is mounted otherwise. Poses are in the axes of the image as it comes.',
        constraints=_ROTATIONS
    )
    image_transport: str = _parameter(
        'raw', 'Whether to subscribe to raw images (topic "image") or compressed ones (the same '
        'topic with "/compressed" after it).', choices=TRANSPORTS
    )
    mono16_max: int = _live(
        0, 'Sample that is white in images of more than 8 bits, 1023 for 10 bits; 0 learns it '
        'from the images.', 0, 65535
    )
    rectified: bool = _parameter(
        False, 'Whether the images are rectified already: then the projection matrix of '
        'camera_info counts, otherwise its camera matrix and distortion.'
    )
    use_depth: bool = _parameter(
        False, 'Subscribe to the topic "depth", registered to the images, and measure the '
        'distances of heads with it.'
    )
    publish_tf: bool = _parameter(
        False, 'Broadcast a TF frame face_<id> for each head, which needs tf2_ros and a '
        'calibrated camera.'
    )
    id_prefix: str = _parameter(
        '', 'Put before the track IDs, to tell several cameras apart.',
        constraints='letters, digits and _, no digit first, 64 at most'
    )
    publish_hri: bool = _parameter(
        False, 'Publish everybody as ROS4HRI (REP-155) has it, on /humans/faces, with their TF '
        'frames; needs hri_msgs and tf2_ros.'
    )
    hri_face_width: int = _parameter(
        128, 'Width in pixels of the images of faces on /humans/faces.', 16, 1024
    )
    hri_face_height: int = _parameter(
        128, 'Height in pixels of the images of faces on /humans/faces.', 16, 1024
    )
    min_detection_confidence: float = _live(
        MIN_DETECTION_CONFIDENCE, 'Confidence below which a found face is dropped.', 0.0, 1.0
    )
    min_tracking_confidence: float = _live(
        0.5, 'Confidence below which a followed face is looked for again.', 0.0, 1.0
    )
    max_std: float = _live(
        60.0, 'Degrees: heads are dropped of whose roll, pitch or yaw the standard deviation is '
        'larger, as of most things that are taken for a face and are none.', 0.0, 180.0
    )
    smoothing_min_cutoff: float = _live(
        MIN_CUTOFF, 'One Euro filter: cutoff in Hz while the head holds still; lower is calmer, '
        '0.0 turns smoothing off.', 0.0, MAX_MIN_CUTOFF
    )
    smoothing_beta: float = _live(
        BETA, 'One Euro filter: rise of the cutoff with the speed of the head, in Hz per rad/s; '
        'higher lags less.', 0.0, MAX_BETA
    )
    primary: str = _live(
        'largest', 'Which of several people head_pose is about.', choices=tuple(POLICIES)
    )
    neutral_rpy: tuple[float, ...] = _live(
        (0.0, 0.0, 0.0), 'Degrees: roll, pitch and yaw that count as straight ahead; head_pose '
        'is relative to them. ~/calibrate_neutral sets them.',
        constraints='three numbers from -180 to 180'
    )
    head_width: float = _live(
        HEAD_WIDTH, 'Metres from cheekbone to cheekbone in front of the ears, from which the '
        'distance follows.', 0.05, 0.5
    )
    attention_angle: float = _live(
        float(np.degrees(ATTENTION_ANGLE)), 'Degrees between the axis and the side of the cone '
        'into which a head must point to face something.', 0.1, 90.0
    )
    attention_frames: tuple[str, ...] = _parameter(
        ('',), 'TF frames: head_pose/heads says for each how probable it is that a person faces '
        'it, beside the camera. Needs tf2_ros and a calibrated camera.',
        constraints="names of frames; [''] for none"
    )
    lazy: bool = _live(False, 'Unsubscribe from the camera while nobody listens to any output.')
    draw_ids: bool = _live(True, 'Draw the track ID of each person.')
    draw_angles: bool = _live(True, 'Draw roll, pitch and yaw.')
    draw_axes: bool = _live(True, 'Draw the axes of each head.')
    draw_attention: bool = _live(True, 'Draw how probable it is that a head faces the camera.')
    draw_mesh: bool = _live(False, 'Draw the face mesh.')
    jpeg_quality: int = _live(80, 'Quality of the compressed annotated image, percent.', 1, 100)

    def __post_init__(self) -> None:
        _check_rotation(self.image_rotation)
        for each in fields(self):
            value, choices = getattr(self, each.name), each.metadata['choices']
            if choices and value not in choices:
                raise ParameterError(
                    f'{each.name} is {value!r}; want one of: {", ".join(choices)}'
                )
        try:
            check_prefix(self.id_prefix)
        except ValueError as error:
            raise ParameterError(str(error)) from error
        angles = np.asarray(self.neutral_rpy, float)
        if angles.shape != (3,) or not (np.abs(angles) <= 180.0).all():
            raise ParameterError(
                f'neutral_rpy is {list(self.neutral_rpy)}; want three numbers of degrees from '
                '-180 to 180'
            )

    @property
    def confidences(self) -> dict[str, float]:
        """Of the detector, by the names that ``HeadPoseEstimator`` knows."""
        return {
            'min_detection_confidence': self.min_detection_confidence,
            'min_tracking_confidence': self.min_tracking_confidence,
        }

    @property
    def follow_settings(self) -> FollowSettings:
        """What the core needs to follow people."""
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

    :raises ParameterError: a value has no meaning.
    """

    source: str = _parameter(
        SAMPLE, 'What to publish.',
        constraints=f'{SAMPLE!r} for the built-in moving head, the path of a webcam such as '
        '/dev/video0, a video file, an image file, or a folder of images'
    )
    loop: bool = _parameter(
        True, 'Start again at the end; otherwise the source is shown once, from when somebody '
        'subscribes, and the node ends with it.'
    )
    rate: float = _parameter(
        0.0, "Images a second, Hz; 0.0 for the source's own rate.", 0.0, 1000.0
    )
    width: int = _parameter(0, _SIDE.format('Width'), 0, MAX_SIDE)
    height: int = _parameter(0, _SIDE.format('Height'), 0, MAX_SIDE)
    frame_id: str = _parameter('camera_optical_frame', 'Optical frame of the images.')
    image_rotation: int = _parameter(
        0, 'Degrees by which the images are turned clockwise before they are published.',
        constraints=_ROTATIONS
    )

    def __post_init__(self) -> None:
        _check_rotation(self.image_rotation)


@dataclass(frozen=True)
class ViewParameters:
    """Parameters of ``view_node``."""

    host: str = _parameter(
        '127.0.0.1', 'Address to listen on. 127.0.0.1 is for this machine alone; with 0.0.0.0 '
        'anyone on the network can see the camera and change the parameters.'
    )
    port: int = _parameter(
        8080, 'Port to listen on; 0 for any free one, which the log tells.', 0, 65535
    )
    node: str = _parameter('headpose_node', 'Name of the node that is shown.')


def _check_rotation(degrees: int) -> None:
    if degrees not in ROTATIONS:
        raise ParameterError(f'image_rotation is {degrees}; want {_ROTATIONS}')


def declare_parameters(node: Node, kind: type[T]) -> T:
    """Declare the parameters of a dataclass above on a node, and read them.

    :raises rclpy.exceptions.ParameterException: a value is out of range.
    :raises ParameterError: a value has no meaning.
    """
    values = {}
    for each in fields(kind):
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        descriptor = each.metadata['descriptor']
        value = node.declare_parameter(each.name, default, descriptor).value
        values[each.name] = value_of(each, value)
    return kind(**values)


def changed_parameters(now: T, parameters: Sequence[Parameter]) -> T:
    """The values of a node with some of its parameters changed, all or none.

    :param parameters: those to change; names that ``now`` does not have are not its own.
    :raises ParameterError: a value has no meaning.
    """
    own = {each.name: each for each in fields(now)}
    changed = {p.name: p.value for p in parameters if p.name in own}
    return replace(now, **{name: value_of(own[name], value) for name, value in changed.items()})
