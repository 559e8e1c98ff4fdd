# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Exceptions; each message says what was received, what was expected, and what to do.

All derive from ``HeadPoseError``, to catch everything that this package raises on purpose. Misuse
of the API, such as an image of the wrong shape, is a plain ``ValueError``.
"""


class HeadPoseError(Exception):
    """Base of all errors of headpose_ros."""


class DetectorUnavailableError(HeadPoseError, RuntimeError):
    """The requested detector cannot run with what is installed."""


class DownloadError(HeadPoseError, RuntimeError):
    """A file could not be downloaded."""


class ChecksumError(HeadPoseError, ValueError):
    """A file does not match its checksum."""


class ModelError(HeadPoseError, ValueError):
    """A model file cannot be used."""


class UnreadableImageError(HeadPoseError, ValueError):
    """An image message or file without readable pixels."""


class CalibrationError(HeadPoseError, ValueError):
    """A ``camera_info`` is not a valid calibration."""


class NeutralError(HeadPoseError, RuntimeError):
    """The neutral pose could not be calibrated."""


class SourceError(HeadPoseError, ValueError):
    """An image source cannot be opened."""


class FileError(HeadPoseError, RuntimeError):
    """A command on files failed."""


class ParameterError(HeadPoseError, ValueError):
    """Invalid value of a node parameter."""


class StartError(HeadPoseError, RuntimeError):
    """A node, or a program around one, cannot start."""


class TransformsUnavailableError(HeadPoseError, RuntimeError):
    """TF output or input is enabled, but tf2_ros is not installed."""


class NoAnswerError(HeadPoseError, RuntimeError):
    """A service did not respond."""


class ProcessEndedError(HeadPoseError, RuntimeError):
    """A process exited unexpectedly."""


def one_line(error: BaseException) -> str:
    """Message of an error of another library, on one line; its type if it has none."""
    return ' '.join(str(error).split()) or type(error).__name__


class HriUnavailableError(HeadPoseError, RuntimeError):
    """ROS4HRI is enabled but not installed."""
