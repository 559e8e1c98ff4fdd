"""Parameters of the nodes: declared with description, type and range, read as one value."""

from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from headpose_ros.bundle import VARIABLE
from headpose_ros.detector import DETECTORS
from headpose_ros.image_source import SAMPLE


@dataclass(frozen=True)
class HeadPoseParameters:
    """Parameters of ``headpose_node``; see ``declare_headpose_parameters`` for their meaning."""

    detector: str
    bundle: str
    model: str
    max_faces: int
    min_detection_confidence: float
    min_tracking_confidence: float
    max_std: float
    smoothing_min_cutoff: float
    smoothing_beta: float


@dataclass(frozen=True)
class CameraParameters:
    """Parameters of ``camera_node``; see ``declare_camera_parameters`` for their meaning."""

    source: str
    loop: bool
    rate: float
    width: int
    height: int
    frame_id: str


def declare_headpose_parameters(node: Node) -> HeadPoseParameters:
    """Declare and read them.

    :raises rclpy.exceptions.ParameterException: a value has another type or is out of range.
    """
    confidence = FloatingPointRange(from_value=0.0, to_value=1.0)
    return HeadPoseParameters(
        detector=_declare(
            node, 'detector', 'face_mesh', 'Face detector.',
            constraints=f'one of: {", ".join(DETECTORS)}',
        ),
        bundle=_declare(
            node, 'bundle', '',
            'Path of the .task bundle of the detector face_landmarker; empty for the one of '
            f'{VARIABLE}, or else the one that "headpose fetch-model" downloaded.',
        ),
        model=_declare(
            node, 'model', '',
            'Path of a trained model; empty for the one of the package. joblib files run code '
            'when they are loaded: name only files you trust.',
        ),
        max_faces=_declare(
            node, 'max_faces', 1, 'Faces to look for at the most.',
            IntegerRange(from_value=1, to_value=10, step=1),
        ),
        min_detection_confidence=_declare(
            node, 'min_detection_confidence', 0.5,
            'Confidence, 0 to 1, below which a found face is dropped.', confidence,
        ),
        min_tracking_confidence=_declare(
            node, 'min_tracking_confidence', 0.5,
            'Confidence, 0 to 1, below which a followed face is looked for again.', confidence,
        ),
        max_std=_declare(
            node, 'max_std', 60.0,
            'Degrees: heads are dropped of whose roll, pitch or yaw the standard deviation is '
            'larger, as of most things that are taken for a face and are none.',
            FloatingPointRange(from_value=0.0, to_value=180.0),
        ),
        smoothing_min_cutoff=_declare(
            node, 'smoothing_min_cutoff', 1.0,
            'One Euro filter: cutoff in Hz while the head holds still; lower is calmer, 0.0 '
            'turns smoothing off.', FloatingPointRange(from_value=0.0, to_value=100.0),
        ),
        smoothing_beta=_declare(
            node, 'smoothing_beta', 5.0,
            'One Euro filter: rise of the cutoff with the speed of the head, in Hz per rad/s; '
            'higher lags less.', FloatingPointRange(from_value=0.0, to_value=1000.0),
        ),
    )


def declare_camera_parameters(node: Node) -> CameraParameters:
    """Declare and read them.

    :raises rclpy.exceptions.ParameterException: a value has another type or is out of range.
    """
    pixels = IntegerRange(from_value=0, to_value=16384, step=1)
    return CameraParameters(
        source=_declare(
            node, 'source', SAMPLE,
            'What to publish.',
            constraints=f'{SAMPLE!r} for the built-in moving head, the path of a webcam '
            'such as /dev/video0, a video file, an image file, or a folder of images',
        ),
        loop=_declare(
            node, 'loop', True,
            'Start again at the end; otherwise the source is shown once, from when somebody '
            'subscribes, and the node ends with it.',
        ),
        rate=_declare(
            node, 'rate', 0.0, "Images a second, Hz; 0.0 for the source's own rate.",
            FloatingPointRange(from_value=0.0, to_value=1000.0),
        ),
        width=_declare(
            node, 'width', 0,
            "Width in pixels, of webcams and of the sample; 0 for the source's own.", pixels,
        ),
        height=_declare(
            node, 'height', 0,
            "Height in pixels, of webcams and of the sample; 0 for the source's own.", pixels,
        ),
        frame_id=_declare(
            node, 'frame_id', 'camera_optical_frame', 'Optical frame of the images.'
        ),
    )


def _declare(
    node: Node,
    name: str,
    default: Any,
    description: str,
    value_range: FloatingPointRange | IntegerRange | None = None,
    constraints: str = '',
) -> Any:
    descriptor = ParameterDescriptor(
        description=description, additional_constraints=constraints, read_only=True
    )
    if isinstance(value_range, FloatingPointRange):
        descriptor.floating_point_range = [value_range]
    elif value_range is not None:
        descriptor.integer_range = [value_range]
    return node.declare_parameter(name, default, descriptor).value
