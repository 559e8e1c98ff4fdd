# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""From an image message to all messages about the people in it."""

from contextlib import ExitStack

from rclpy.lifecycle import LifecycleNode

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.images.stamps import stamp_seconds
from headpose_ros.people.follower import HeadFollower, People
from headpose_ros.regression.model import Model
from headpose_ros.ros.input.camera_info_input import CameraInfoInput
from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.input.image_input import ImageInput, ImageMessage, OnImage
from headpose_ros.ros.output.publishers import Outputs
from headpose_ros.ros.output.transforms import HeadTransforms
from headpose_ros.ros.parameters import HeadPoseParameters
from headpose_ros.ros.rclpy_extras.core_warnings import core_warnings_logged

LOGGED_FIGURES = ('MAE', 'geodesic')  # of the model's, degrees


class Pipeline:
    """What a node is made of while it is configured.

    :param node: the node, whose publishers and subscriptions they become.
    :param parameters: at the start.
    :param on_image: is called with each image message while it runs.
    :raises ValueError: detector or model cannot be used.
    :raises headpose_ros.errors.DetectorUnavailableError: the detector is not installed.
    :raises headpose_ros.errors.TransformsUnavailableError: TF is wanted and not installed.

    :ivar images: the camera's end.
    :ivar calibration: of the camera.
    :ivar outputs: the publishers.
    """

    def __init__(self, node: LifecycleNode, parameters: HeadPoseParameters, on_image: OnImage):
        with ExitStack() as closing:
            transforms = None
            if parameters.publish_tf:
                transforms = HeadTransforms(node, parameters.tf_prefix)
                closing.callback(transforms.close)
            with core_warnings_logged(node):
                self._estimator = closing.enter_context(HeadPoseEstimator(
                    detector=parameters.detector,
                    mode='video',
                    max_faces=parameters.max_faces,
                    model=parameters.model or None,
                    bundle=parameters.bundle or None,
                    input_width=parameters.input_width,
                    **parameters.confidences,
                ))
            self._follower = HeadFollower(self._estimator, parameters.follow_settings)
            self._converter = create_converter()
            self.images = ImageInput(
                node, parameters.image_transport, self._converter, on_image
            )
            self.calibration = CameraInfoInput(node, parameters.rectified)
            self.outputs = Outputs(node, self._converter, transforms)
            closing.callback(self.outputs.close)
            self._closing = closing.pop_all()
        self._node = node

    @property
    def model(self) -> Model:
        """The trained model in use."""
        return self._estimator.model

    def start(self) -> None:
        """Subscribe to the camera; everybody it shows is new."""
        self._follower.reset()
        self.calibration.start()
        self.images.start()

    def stop(self) -> None:
        """Unsubscribe from the camera."""
        self.images.stop()
        self.calibration.stop()

    def close(self) -> None:
        """Free everything; it cannot be used after it."""
        self.stop()
        self._closing.close()

    def change(self, before: HeadPoseParameters, after: HeadPoseParameters) -> None:
        """Take other values of the parameters that can change, all or none.

        :raises ValueError: they have no meaning.
        :raises headpose_ros.errors.DetectorUnavailableError: the detector cannot start anew.
        """
        settings = after.follow_settings
        if after.confidences != before.confidences:
            self._estimator.set_confidences(**after.confidences)
        self._follower.settings = settings

    def work_on(
        self, message: ImageMessage, parameters: HeadPoseParameters
    ) -> tuple[People, float]:
        """Publish all that an image tells.

        :return: the people in it, and the seconds from its stamp until their poses were out.
        :raises headpose_ros.errors.UnreadableImageError: it holds no readable image.
        """
        header, stamp = message.header, stamp_seconds(message.header)
        bgr = self.images.read(message)
        camera = self.calibration.camera_for(bgr.shape[1], bgr.shape[0])
        people = self._follower.update(bgr, stamp, camera, header.frame_id)
        self.outputs.publish_poses(header, people, bgr.shape, parameters)
        latency = self._node.get_clock().now().nanoseconds * 1e-9 - stamp
        self.outputs.publish_images(header, bgr, people, parameters)
        return people, latency

    def describe(self) -> str:
        """Detector, model and converter in a line."""
        figures = self.model.description.figures
        accuracy = ', '.join(
            f'{name} {figures[name]:.2f} deg' for name in LOGGED_FIGURES if name in figures
        )
        converter = self._converter
        reason = f' ({converter.reason})' if converter.reason else ''
        return (
            f'detector {self.model.description.detector}, model {self.model.path} ({accuracy}), '
            f'images converted by {converter.name}{reason}'
        )
