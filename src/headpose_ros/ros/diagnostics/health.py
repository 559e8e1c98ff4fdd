# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What is not as it should be with a stream of images, in words."""

from collections.abc import Iterator

from headpose_ros.ros.diagnostics.report import ERROR, WARN, Finding
from headpose_ros.ros.input.camera_info_input import CameraInfoInput
from headpose_ros.ros.input.image_input import PROFILE_CURE, ImageInput
from headpose_ros.ros.input.stream_watch import Load, StreamWatch

RATE_CURE = 'this machine does not hold the rate: lower the rate or the size of the images'


def stream_findings(
    watch: StreamWatch, images: ImageInput, load: Load | None, now: float
) -> Iterator[Finding]:
    """What keeps images from being worked on.

    :param load: of ``watch``, now.
    :param now: seconds of the clock of ``watch``.
    """
    if reason := watch.failure(now):
        yield Finding(ERROR, f'no image on {images.topic} can be worked on: {reason}')
    silence = watch.silence(now)
    if silence is not None:
        yield Finding(
            WARN, f'no image on {images.topic} for {silence:.0f} s: {images.why_silent()}'
        )
    # Two publishers count their images each for itself.
    if load is not None and load.too_high and images.has_one_publisher():
        missed = 'some' if load.missed is None else f'{load.missed:.0%}'
        cure = f'they are lost on the way: {PROFILE_CURE}' if load.lost_on_the_way else RATE_CURE
        yield Finding(
            WARN,
            f'{missed} of the images on {images.topic} are missed, {load.rate:.1f} a second are '
            f'worked on, which takes {load.busy:.0%} of the time; {cure}',
        )


def camera_findings(watch: StreamWatch, calibration: CameraInfoInput) -> Iterator[Finding]:
    """What the camera should tell and does not."""
    if calibration.problem:
        yield Finding(WARN, f'uncalibrated: {calibration.problem}')
    if watch.stands_still:
        yield Finding(
            WARN,
            'the stamps of the images stand still, so nothing is smoothed; let the camera driver '
            'stamp each image with its time',
        )
