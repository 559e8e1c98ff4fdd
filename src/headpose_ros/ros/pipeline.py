# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Processing of an image, from its pixels to all messages about the people in it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import numpy as np
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.head_pose import HeadPose
from headpose_ros.images.exposure import exposure_problem
from headpose_ros.images.grey_range import GreyRange
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.people.follower import HeadFollower, People
from headpose_ros.people.track_ids import TrackIds
from headpose_ros.regression.model import Model
from headpose_ros.ros.input.camera_info_input import CameraInfoInput
from headpose_ros.ros.input.depth_input import DepthInput
from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.input.image_input import ImageInput
from headpose_ros.ros.input.stream_watch import StreamWatch
from headpose_ros.ros.output.publishers import HeadPublishers
from headpose_ros.ros.parameters import HeadPoseParameters
from headpose_ros.ros.rclpy_extras.lifecycle import core_warnings_logged

LOGGED_FIGURES = ('MAE', 'geodesic')  # of the model, degrees


class Pipeline:
    """Estimator, subscriptions and publishers of a configured node.

    :param node: owner of the publishers and subscriptions.
    :param ids: source of track IDs.
    :param on_primary: called with the primary face of each image, or ``None``.
    :raises ValueError: detector or model cannot be used.
    :raises headpose_ros.errors.DetectorUnavailableError: the detector is not installed.
    :raises headpose_ros.errors.TransformsUnavailableError: TF is enabled but not installed.
    :raises headpose_ros.errors.HriUnavailableError: ROS4HRI is enabled but not installed.

    :ivar people: in the last image; ``None`` before the first.
    """

    def __init__(
        self, node: LifecycleNode, parameters: HeadPoseParameters, watch: StreamWatch,
        ids: TrackIds, on_primary: Callable[[HeadPose | None], None],
    ):
        with ExitStack() as closing:
            with core_warnings_logged(node):
                self._estimator = closing.enter_context(HeadPoseEstimator(
                    detector=parameters.detector,
                    mode='video',
                    max_faces=parameters.max_faces,
                    model=parameters.model or None,
                    bundle=parameters.bundle or None,
                    face_detector=parameters.face_detector,
                    search_rate=parameters.search_rate,
                    image_rotation=parameters.image_rotation,
                    **parameters.confidences,
                ))
            self.model_paths = ', '.join(str(each.path) for each in self._estimator.models)
            self._follower = HeadFollower(self._estimator, parameters.follow_settings, ids)
            self._converter = create_converter()
            self._converter.grey_range = GreyRange(parameters.mono16_max)
            self.images = ImageInput(
                node, parameters.image_transport, self._converter, watch, self._process
            )
            self.camera_info = CameraInfoInput(node, parameters.rectified)
            self.depth = DepthInput(node) if parameters.use_depth else None
            self.publishers = HeadPublishers(node, self._converter, parameters)
            closing.callback(self.publishers.close)
            self._closing = closing.pop_all()
        self.people: People | None = None
        self._faceless: np.ndarray | None = None  # the last image, if no face is in it
        self._node = node
        self._watch = watch
        self._on_primary = on_primary

    def start(self) -> None:
        """Subscribe to the camera; all people get new track IDs."""
        self._follower.reset()
        self.camera_info.start()
        if self.depth is not None:
            self.depth.start()
        self.images.start()

    def stop(self) -> None:
        """Unsubscribe from the camera."""
        self.images.stop()
        self.camera_info.stop()
        if self.depth is not None:
            self.depth.stop()

    def close(self) -> None:
        """Release everything; it cannot be used afterwards."""
        self.stop()
        self._closing.close()

    def change(self, before: HeadPoseParameters, after: HeadPoseParameters) -> None:
        """Apply new values of the runtime parameters, all or none.

        :raises ValueError: invalid values.
        :raises headpose_ros.errors.DetectorUnavailableError: the detector cannot be restarted.
        """
        settings = after.follow_settings
        if after.confidences != before.confidences:
            self._estimator.set_confidences(**after.confidences)
        self._follower.settings = settings
        self.publishers.parameters = after
        if after.mono16_max != before.mono16_max:
            self._converter.grey_range = GreyRange(after.mono16_max)

    def _process(self, header: Header, bgr: np.ndarray) -> None:
        stamp = stamp_seconds(header)
        height, width = bgr.shape[:2]
        camera = self.camera_info.camera_for(width, height)
        depth_at = self.depth and partial(self.depth.image_at, width=width, height=height)
        people = self._follower.update(bgr, stamp, camera, header.frame_id, depth_at)
        self.people = people
        self._faceless = None if people.heads else bgr
        self.publishers.publish_poses(header, people)
        latency = self._node.get_clock().now().nanoseconds * 1e-9 - stamp
        self.publishers.publish_images(header, bgr, people)
        self._watch.on_processed(time.monotonic(), latency)
        self._on_primary(people.primary)

    @property
    def exposure_problem(self) -> str:
        """Why no face can be detected in the last image, in words; else empty."""
        problem = exposure_problem(self._faceless) if self._faceless is not None else ''
        white = self.publishers.parameters.mono16_max
        return f'{problem}, or set mono16_max ({white}) to 0' if problem and white else problem

    def describe(self) -> str:
        """Detector, model and image converter in one line."""
        converter = self._converter
        reason = f' ({converter.reason})' if converter.reason else ''
        models = [_describe_model(each) for each in self._estimator.models]
        return (
            f'detector {self.publishers.parameters.detector}, model {" and ".join(models)}, '
            f'converting images with {converter.name}{reason}'
        )


def _describe_model(model: Model) -> str:
    figures = model.description.figures
    accuracy = [f'{name} {figures[name]:.2f} deg' for name in LOGGED_FIGURES if name in figures]
    return f'{model.path} ({", ".join(accuracy)})'
