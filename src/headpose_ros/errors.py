# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What can go wrong, each with a message for the user: what came, what was wanted, what to do.

All are ``HeadPoseError``, so that a program can catch whatever this package raises on purpose. A
call that makes no sense, such as an image of another shape, is a plain ``ValueError``.
"""


class HeadPoseError(Exception):
    """Base of all errors of headpose_ros."""


class DetectorUnavailableError(HeadPoseError, RuntimeError):
    """The detector asked for cannot run with what is installed."""


class DownloadError(HeadPoseError, RuntimeError):
    """A file could not be downloaded."""


class ChecksumError(HeadPoseError, ValueError):
    """A file is not the one that the list of checksums names."""


class ModelError(HeadPoseError, ValueError):
    """A model file cannot be used."""


class UnreadableImageError(HeadPoseError, ValueError):
    """An image message or file without readable pixels."""


class CalibrationError(HeadPoseError, ValueError):
    """A ``camera_info`` does not tell how the camera projects."""


class NeutralError(HeadPoseError, RuntimeError):
    """No neutral pose could be taken."""


class SourceError(HeadPoseError, ValueError):
    """A source of images cannot be opened."""


class FileError(HeadPoseError, RuntimeError):
    """A command on files cannot do what it was asked."""


class ParameterError(HeadPoseError, ValueError):
    """A value of a node's parameter has no meaning."""


class StartError(HeadPoseError, RuntimeError):
    """A node, or a program around one, cannot start."""


class TransformsUnavailableError(HeadPoseError, RuntimeError):
    """TF frames are asked for where they cannot be published."""


class NoAnswerError(HeadPoseError, RuntimeError):
    """A service did not answer."""


class ProcessEndedError(HeadPoseError, RuntimeError):
    """A process that should run has ended."""


def one_line(error: BaseException) -> str:
    """What an error of another library says, on one line; its name where it says nothing."""
    return ' '.join(str(error).split()) or type(error).__name__


class HriUnavailableError(HeadPoseError, RuntimeError):
    """The topics of ROS4HRI are asked for where they cannot be published."""
