# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Services that set the neutral head pose."""

import time
from collections.abc import Callable

import numpy as np
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from std_srvs.srv import Trigger

from headpose_ros.errors import NeutralError
from headpose_ros.head_pose import HeadPose
from headpose_ros.people.neutral import NeutralRecorder
from headpose_ros.ros.rclpy_extras.shortcuts import steady_timer

DURATION = 1.0  # seconds of images that are averaged
PATIENCE = 4.0  # seconds, timeout of a calibration
DECIMALS = 2  # of the degrees kept


class NeutralServices:
    """``~/calibrate_neutral`` and ``~/reset_neutral``, which set the parameter ``neutral_rpy``.

    :param node: the node, with that parameter.
    :param is_active: returns whether the node is active.
    """

    def __init__(self, node: Node, is_active: Callable[[], bool]):
        self._node = node
        self._is_active = is_active
        self._recorder: NeutralRecorder | None = None
        self._started: float | None = None
        self._done: Future | None = None
        # Callbacks must go on while a calibration waits for images.
        aside = ReentrantCallbackGroup()
        node.create_service(Trigger, '~/calibrate_neutral', self._calibrate, callback_group=aside)
        node.create_service(Trigger, '~/reset_neutral', self._reset, callback_group=aside)

    @property
    def is_recording(self) -> bool:
        """Whether a calibration is running."""
        return self._recorder is not None

    def add(self, primary: HeadPose | None) -> None:
        """Add the primary face of an image, or none, to a running calibration."""
        if self._recorder is None:
            return
        now = time.monotonic()
        if self._started is None:
            self._started = now
        self._recorder.add(primary)
        if now - self._started >= DURATION:
            self._done.set_result(None)

    async def _calibrate(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            response.message = await self._record()
            response.success = True
        except NeutralError as error:
            response.message = str(error)
            self._node.get_logger().warning(f'neutral pose not set: {error}')
        return response

    async def _record(self) -> str:
        if not self._is_active():
            raise NeutralError('the node is inactive; activate it first')
        if self.is_recording:
            raise NeutralError('a calibration is already running; wait for it to finish')
        self._recorder, self._started, self._done = NeutralRecorder(), None, Future()
        timer = steady_timer(self._node, PATIENCE, lambda: self._done.set_result(None))
        try:
            await self._done
            if self._started is None:
                raise NeutralError(
                    f'no image received within {PATIENCE:.0f} s; is the camera running?'
                )
            neutral = self._recorder.result()
        finally:
            self._recorder = None
            self._node.destroy_timer(timer)
        angles = np.round(np.degrees(neutral.rpy), DECIMALS).tolist()
        self._set(angles)
        roll, pitch, yaw = angles
        return (
            f'neutral pose set to roll {roll:+.1f}, pitch {pitch:+.1f}, yaw {yaw:+.1f} degrees '
            f'(mean of {neutral.poses} poses, spread {np.degrees(neutral.spread):.1f} degrees); '
            f'to keep it across restarts, set the parameter neutral_rpy: {angles}'
        )

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            self._set([0.0, 0.0, 0.0])
            response.success = True
            response.message = 'neutral pose reset: zero is a head facing the camera'
        except NeutralError as error:
            response.message = str(error)
        return response

    def _set(self, degrees: list[float]) -> None:
        (result,) = self._node.set_parameters([Parameter('neutral_rpy', value=degrees)])
        if not result.successful:
            raise NeutralError(result.reason)
        self._node.get_logger().info(f'neutral_rpy is now {degrees}')
