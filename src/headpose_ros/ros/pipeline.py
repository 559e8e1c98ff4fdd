# Copyright 2026 headpose_ros maintainers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""From an image message to all messages about the people in it."""

from contextlib import ExitStack

from rclpy.lifecycle import LifecycleNode

from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.following import HeadFollower, People
from headpose_ros.model import Model
from headpose_ros.ros.camera_calibration import CameraCalibration
from headpose_ros.ros.core_warnings import core_warnings_logged
from headpose_ros.ros.image_conversion import create_converter
from headpose_ros.ros.image_input import ImageInput, ImageMessage, OnImage
from headpose_ros.ros.outputs import Outputs
from headpose_ros.ros.parameters import HeadPoseParameters
from headpose_ros.ros.transforms import HeadTransforms
from headpose_ros.stamps import stamp_seconds

LOGGED_FIGURES = ('MAE', 'geodesic')  # of the model's, degrees


class Pipeline:
    """What a node is made of while it is configured.

    :param node: the node, whose publishers and subscriptions they become.
    :param parameters: at the start.
    :param on_image: is called with each image message while it runs.
    :raises ValueError: detector or model cannot be used.
    :raises headpose_ros.face_detector.DetectorUnavailable: the detector is not installed.
    :raises headpose_ros.ros.transforms.TransformsUnavailable: TF is wanted and not installed.

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
            self.calibration = CameraCalibration(node, parameters.rectified)
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
        :raises headpose_ros.face_detector.DetectorUnavailable: the detector cannot start anew.
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
        :raises headpose_ros.raw_images.UnreadableImage: it holds no readable image.
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
