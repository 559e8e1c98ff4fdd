# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Node that estimates head poses from camera images."""

import re
import time
from collections.abc import Iterator
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from headpose_ros.errors import (
    DetectorUnavailableError,
    HriUnavailableError,
    TransformsUnavailableError,
)
from headpose_ros.people.track_ids import TrackIds
from headpose_ros.ros import diagnostics
from headpose_ros.ros.input.clock_watch import ClockWatch
from headpose_ros.ros.input.stream_watch import Load, StreamWatch, machine_load
from headpose_ros.ros.neutral_services import NeutralServices
from headpose_ros.ros.parameters import HeadPoseParameters, changed_parameters, declare_parameters
from headpose_ros.ros.pipeline import Pipeline
from headpose_ros.ros.rclpy_extras.lifecycle import log_exceptions, refuse_impossible_transitions
from headpose_ros.ros.rclpy_extras.run import run_node
from headpose_ros.ros.rclpy_extras.shortcuts import steady_timer

NAME = 'headpose_node'

WARNING_PERIOD = 10.0  # seconds between warnings of one kind
NUMBER = re.compile(r'[\d.]+')  # warnings of one kind differ in their numbers only
LISTENER_PERIOD = 0.25  # seconds between checks for subscribers


class HeadPoseNode(LifecycleNode):
    """Subscribes to ``image`` and ``camera_info`` and publishes head poses.

    Single-threaded: all work is done in the thread that spins the node, as the detector requires.

    :raises headpose_ros.errors.ParameterError: invalid parameter value.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(NAME, **options)
        refuse_impossible_transitions(self)
        self._settings = declare_parameters(self, HeadPoseParameters)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._ids = TrackIds(self._settings.id_prefix)
        self._pipeline: Pipeline | None = None
        self._is_active = False
        self._failure = ''  # why the last transition failed
        self._watch = StreamWatch(time.monotonic())
        self._clock_watch = ClockWatch(self)
        self._warned: dict[str, float] = {}  # kind of warning to the time it was last logged
        self._neutral = NeutralServices(self, lambda: self._is_active)
        diagnostics.start_diagnostics(self, self._status)
        self._listener_timer = steady_timer(self, LISTENER_PERIOD, self._look_for_listeners)
        self._listener_timer.cancel()
        self._autostart_timer = steady_timer(self, 0.0, self._on_autostart)

    @log_exceptions
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load detector and model, and create the publishers."""
        try:
            self._pipeline = Pipeline(
                self, self._settings, self._watch, self._ids, self._neutral.add
            )
        except (
            ValueError, DetectorUnavailableError, TransformsUnavailableError, HriUnavailableError
        ) as error:
            self._failure = f'configuration failed: {error}'
            self.get_logger().error(
                f'{self._failure}; after fixing this, run: '
                f'ros2 lifecycle set {self.get_fully_qualified_name()} configure'
            )
            return TransitionCallbackReturn.FAILURE
        self._failure = ''
        self.get_logger().info(self._pipeline.describe())
        return super().on_configure(state)

    @log_exceptions
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the camera."""
        self._is_active = True
        self._look_for_listeners()
        self.get_logger().info(
            f'images from {self._pipeline.images.topic}, results on '
            f'{", ".join(self._pipeline.publishers.topics)}'
        )
        return super().on_activate(state)

    @log_exceptions
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe from the camera."""
        self._deactivate()
        return super().on_deactivate(state)

    @log_exceptions
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release detector, model and publishers."""
        self._free()
        return super().on_cleanup(state)

    @log_exceptions
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from any state."""
        self._free()
        return super().on_shutdown(state)

    @log_exceptions
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, so that the node can be configured again."""
        self._failure = 'lifecycle transition failed; see the log'
        self._free()
        return super().on_error(state)

    def destroy_node(self) -> None:
        """Release the detector as well."""
        self._free()
        super().destroy_node()

    def _deactivate(self) -> None:
        if self._is_active:
            self._is_active = False
            self._listener_timer.cancel()
            self._pipeline.stop()
            try:
                self._pipeline.publishers.clear()
            except Exception:  # RCLError, which rclpy does not export
                if self.context.ok():  # a signal may shut it down at any time
                    raise

    def _free(self) -> None:
        self._deactivate()
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None

    def _on_autostart(self) -> None:
        self.destroy_timer(self._autostart_timer)
        # A lifecycle manager may have been faster.
        if not self._settings.autostart or self._pipeline is not None:
            return
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _look_for_listeners(self) -> None:
        """Subscribe to the camera or unsubscribe; repeated while ``lazy`` is set."""
        if self._settings.lazy:
            self._listener_timer.reset()
        else:
            self._listener_timer.cancel()
        pipeline = self._pipeline
        is_wanted = (
            not self._settings.lazy
            or self._neutral.is_recording
            or pipeline.publishers.has_listeners()
        )
        if is_wanted and not pipeline.images.is_running:
            self._watch.restart(time.monotonic())
            pipeline.start()
        elif not is_wanted and pipeline.images.is_running:
            pipeline.stop()

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            changed = changed_parameters(self._settings, parameters)
            if self._pipeline is not None:
                self._pipeline.change(self._settings, changed)
        except (ValueError, DetectorUnavailableError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._settings = changed
        if self._is_active:
            self._look_for_listeners()
        return SetParametersResult(successful=True)

    def _status(self) -> DiagnosticStatus:
        now = time.monotonic()
        pipeline, watch = self._pipeline, self._watch
        load, people = None, None
        if self._is_active:
            load, people = watch.load(now, machine_load()), pipeline.people
        findings = sorted(self._findings(load, now), key=lambda each: each.level, reverse=True)
        values = {
            'detector': self._settings.detector,
            'model': pipeline.model_paths if pipeline else '-',
            'faces': len(people.heads) if people else '-',
            'faces with depth': (
                sum(map(people.poses.is_measured, people.heads)) if people else '-'
            ),
            'frames in': watch.processed + watch.dropped + watch.missed,
            'frames processed': watch.processed,
            'frames skipped': watch.missed,
            'frames dropped': watch.dropped,
            **diagnostics.load_values(load),
            **dict(diagnostics.write_faces(people, self._settings.attention_radians)),
        }
        return DiagnosticStatus(
            level=findings[0].level if findings else DiagnosticStatus.OK,
            message='; '.join(each.text for each in findings) or self._state(),
            hardware_id=pipeline.images.topic if pipeline else '',
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )

    def _state(self) -> str:
        if self._pipeline is None:
            return 'unconfigured'
        if not self._is_active:
            return 'inactive'
        is_running = self._pipeline.images.is_running
        return 'running' if is_running else 'idle: no subscribers (lazy)'

    def _findings(self, load: Load | None, now: float) -> Iterator[diagnostics.Finding]:
        if self._failure:
            yield diagnostics.Finding(diagnostics.ERROR, self._failure)
        if not self._is_active or not self._pipeline.images.is_running:
            return
        for finding in diagnostics.stream_findings(
            self._watch, self._pipeline.images, load, now, self._clock_watch.problem()
        ):
            kind = NUMBER.sub('', finding.text)
            if now - self._warned.get(kind, -WARNING_PERIOD) >= WARNING_PERIOD:
                self._warned[kind] = now
                self.get_logger().warning(finding.text)
            yield finding
        pipeline = self._pipeline
        yield from diagnostics.camera_findings(
            self._watch, pipeline.images, pipeline.camera_info, pipeline.exposure_problem
        )
        for finding in diagnostics.depth_findings(pipeline.depth, pipeline.people):
            self.get_logger().warning(finding.text, throttle_duration_sec=WARNING_PERIOD)
            yield finding


def main(args: list[str] | None = None) -> int:
    """Run the node; return the exit code of the process."""
    return run_node(HeadPoseNode, NAME, args, publishes_images=True)
