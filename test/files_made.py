# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Files that the command line is tried on, made here, and what it says of them."""

import csv
import io
import struct
from fractions import Fraction

import av
import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from headpose_ros.cli.main import main
from headpose_ros.media.sample_head.rendered_head import sample_rotation

TYPES = get_typestore(Stores.ROS2_HUMBLE)
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
TOPIC = '/camera/image_raw'

START = 1_700_000_000.0  # seconds, of the first stamp
RATE = 30.0  # Hz

STORAGES = {'mcap': StoragePlugin.MCAP, 'db3': StoragePlugin.SQLITE3}


class HeadPose:
    """The command ``headpose``, run in this process."""

    def __init__(self, capfd):
        self._captured = capfd

    def __call__(self, *arguments):
        """Exit code, standard output and standard error."""
        self._captured.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = self._captured.readouterr()
        return code, captured.out, captured.err

    def rows(self, *arguments):
        """Rows of a run that goes well."""
        code, out, error = self(*arguments)
        assert code == 0, error
        return rows_of(out)

    def refusal(self, *arguments):
        """The one sentence of a run that goes wrong."""
        code, _, error = self(*arguments)
        *_, sentence = error.splitlines()
        assert code == 1 and sentence.startswith('error: ') and 'Traceback' not in error
        assert not error.replace(sentence, '').count('error: ')
        return sentence


def rows_of(text):
    """Rows of CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def angles(rows):
    """(n, 3) roll, pitch and yaw in degrees."""
    names = ('roll_deg', 'pitch_deg', 'yaw_deg')
    return np.array([[float(row[name]) for name in names] for row in rows])


def moving_head(head, count):
    """Images of a head that moves."""
    return [head.render(sample_rotation(i / RATE)) for i in range(count)]


def write_video(path, images, codec='mp4v'):
    size = images[0].shape[1], images[0].shape[0]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), RATE, size)
    for image in images:
        writer.write(image)
    writer.release()
    return path


def rotate_video(path, degrees):
    """Write into an MP4 file that it is to be shown rotated so far clockwise."""
    a, b = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    content = bytearray(path.read_bytes())
    start = content.index(b'tkhd') + 44  # of the matrix, in version 0 of the box
    matrix = [a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30]
    content[start:start + 36] = struct.pack('>9i', *matrix)
    path.write_bytes(content)
    return path


def timed_video(path, images, seconds, codec='libvpx'):
    """A video whose images have these times."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=30)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = 'yuvj420p' if codec == 'mjpeg' else 'yuv420p'
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, time in zip(images, seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(image, 'bgr24')
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def header(stamp, frame_id='camera_optical_frame'):
    time = TYPES.types['builtin_interfaces/msg/Time'](int(stamp), round(stamp % 1 * 1e9))
    return TYPES.types['std_msgs/msg/Header'](time, frame_id)


def image_message(bgr, stamp, encoding='bgr8'):
    height, width = bgr.shape[:2]
    return IMAGE, TYPES.types[IMAGE](
        header(stamp), height, width, encoding, 0, width * 3, bgr.ravel()
    )


def compressed_message(bgr, stamp):
    data = cv2.imencode('.png', bgr)[1].ravel()
    return COMPRESSED, TYPES.types[COMPRESSED](header(stamp), 'bgr8; png compressed bgr8', data)


def camera_info_message(matrix, width, height, stamp, model='plumb_bob', distortion=(0.0,) * 5):
    roi = TYPES.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    projection = np.hstack([matrix, np.zeros((3, 1))])
    return CAMERA_INFO, TYPES.types[CAMERA_INFO](
        header(stamp), height, width, model, np.array(distortion), matrix.ravel(),
        np.eye(3).ravel(), projection.ravel(), 0, 0, roi,
    )


def depth_message(depth, stamp):
    """Raw, of ``uint16`` millimetres."""
    height, width = depth.shape
    return IMAGE, TYPES.types[IMAGE](
        header(stamp), height, width, '16UC1', 0, width * 2, depth.view(np.uint8).ravel()
    )


def compressed_depth_message(depth, stamp):
    data = np.concatenate([np.zeros(12, np.uint8), cv2.imencode('.png', depth)[1].ravel()])
    return COMPRESSED, TYPES.types[COMPRESSED](
        header(stamp), '16UC1; compressedDepth png', data
    )


def write_bag(path, recorded, storage='mcap', compression=CompressionMode.NONE):
    """A bag of (topic, (type, message)), recorded one after the other."""
    writer = Writer(path, version=9, storage_plugin=STORAGES[storage])
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        connections = {}
        for i, (topic, (kind, message)) in enumerate(recorded):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=TYPES)
            # A serialized message is written as it is.
            data = (
                message if isinstance(message, bytes) else TYPES.serialize_cdr(message, kind)
            )
            writer.write(connections[topic], int((START + i / RATE) * 1e9), data)
    return path


def image_bag(path, images, storage='mcap', stamps=None, compression=CompressionMode.NONE):
    """A bag of one topic of raw images."""
    stamps = stamps or [START + i / RATE for i in range(len(images))]
    recorded = [
        (TOPIC, image_message(image, stamp)) for image, stamp in zip(images, stamps, strict=True)
    ]
    return write_bag(path, recorded, storage, compression)


def storage_file(bag):
    """The file with the messages of a bag."""
    return next(path for path in bag.iterdir() if path.suffix != '.yaml')
