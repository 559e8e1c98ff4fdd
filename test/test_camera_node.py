# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The camera node in a process of its own."""

import signal

import cv2
import numpy as np
import pytest
from files_made import rotate_video, write_video
from geometry_msgs.msg import Vector3Stamped
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from headpose_ros.errors import SourceError
from headpose_ros.media import device as device_module
from headpose_ros.media import sources
from headpose_ros.media.sources import WebcamSource, open_source
from headpose_ros.ros.camera_node import turned_matrix


def colored(value, size=(64, 48)):
    return np.full((size[1], size[0], 3), value, np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Folder with three images of one grey each."""
    for value in (50, 100, 150):
        cv2.imwrite(str(tmp_path / f'{value:03}.png'), colored(value))
    return tmp_path


@pytest.fixture
def video(tmp_path):
    """Video of ten images at 20 Hz."""
    path = tmp_path / 'grey.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 20.0, (64, 48))
    for i in range(10):
        writer.write(colored(20 * i))
    writer.release()
    return path


@pytest.mark.parametrize(('degrees', 'corner'), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_images_are_turned_before_they_are_published(ros, tmp_path, degrees, corner):
    image = colored(20)
    image[:8, :8] = 250  # upper left
    cv2.imwrite(str(tmp_path / 'image.png'), image)
    images = ros.collect(Image, 'image')
    options = ['-p', f'source:={tmp_path}', '-p', f'image_rotation:={degrees}']
    ros.start('camera_node', '--ros-args', *options)
    ros.spin_until(lambda: images, 'an image')
    message = images[0]
    size = (64, 48) if degrees == 180 else (48, 64)
    assert (message.width, message.height) == size
    pixels = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    assert pixels[corner].min() > 200
    assert pixels.mean() < 30


def test_a_phone_video_is_published_as_it_is_shown(ros, tmp_path):
    image = colored(20)
    image[:8, :8] = 250  # upper left
    rotate_video(write_video(tmp_path / 'phone.mp4', [image] * 5), 90)
    images = ros.collect(Image, 'image')
    ros.start('camera_node', '--ros-args', '-p', f'source:={tmp_path / "phone.mp4"}')
    ros.spin_until(lambda: images, 'an image')
    assert (images[0].width, images[0].height) == (48, 64)
    pixels = np.frombuffer(images[0].data, np.uint8).reshape(64, 48, 3)
    assert pixels[0, -1].min() > 200 and pixels.mean() < 30


def test_the_turned_calibration_of_the_sample_fits(ros):
    infos = ros.collect(CameraInfo, 'camera_info')
    ros.start('camera_node', '--ros-args', '-p', 'image_rotation:=90')
    ros.spin_until(lambda: infos, 'a calibration')
    assert (infos[0].width, infos[0].height) == (480, 640)
    assert infos[0].k[2] == pytest.approx(239.5) and infos[0].k[5] == pytest.approx(319.5)


@pytest.mark.parametrize('quarters', range(4))
def test_the_turned_calibration_projects_as_the_turned_image_shows(quarters):
    matrix = np.array([[500.0, 0.0, 300.0], [0.0, 600.0, 200.0], [0.0, 0.0, 1.0]])
    height, width, (x, y, z) = 480, 640, (0.1, -0.3, 2.0)
    u, v, _ = matrix @ (x / z, y / z, 1.0)
    turned = turned_matrix(matrix, height, width, quarters)
    for _ in range(quarters):
        x, y, u, v, height, width = -y, x, height - v, u, width, height
    np.testing.assert_allclose(turned @ (x / z, y / z, 1.0), (u, v, 1.0))


def test_a_rotation_that_cannot_be_is_refused(ros):
    process = ros.start('camera_node', '--ros-args', '-p', 'image_rotation:=45')
    assert process.exit_code() == 1
    assert 'image_rotation is 45; expected one of: 0, 90, 180, 270' in process.output
    assert 'Traceback' not in process.output


def grey(message):
    return round(float(np.frombuffer(message.data, np.uint8).mean()))


@pytest.mark.parametrize(
    'reliability', [ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT], ids=str
)
def test_the_sample_comes_with_its_calibration(ros, reliability):
    images = ros.collect(Image, 'image', reliability)
    infos = ros.collect(CameraInfo, 'camera_info', reliability)
    ros.start('camera_node')
    ros.spin_until(lambda: len(images) >= 10 and len(infos) >= 10, 'ten images')
    assert (images[0].width, images[0].height, images[0].encoding) == (640, 480, 'bgr8')
    assert images[0].header.frame_id == 'camera_optical_frame'
    (info,) = [i for i in infos if i.header == images[-1].header]
    assert (info.width, info.height) == (640, 480)
    assert info.k[0] > 0 and info.k[2] == pytest.approx(320, abs=1)


@pytest.mark.parametrize('degrees', [0, 90])
def test_the_sample_has_depth_with_the_same_stamps(ros, degrees):
    images = ros.collect(Image, 'image')
    depths = ros.collect(Image, 'depth')
    ros.start('camera_node', '--ros-args', '-p', f'image_rotation:={degrees}')
    ros.spin_until(lambda: images and len(depths) >= 3, 'depth')
    last = depths[-1]
    ros.spin_until(lambda: any(i.header == last.header for i in images), 'the image of it')
    size = (480, 640) if degrees else (640, 480)
    assert (last.width, last.height, last.encoding) == (*size, '16UC1')
    pixels = np.frombuffer(last.data, np.uint16).reshape(last.height, last.width)
    middle = pixels[last.height // 2 - 20:last.height // 2 + 20, last.width // 2 - 20:][:, :40]
    assert 480 < np.median(middle[middle > 0]) < 620  # the head is 0.6 m away, before its centre
    assert np.median(pixels[:40, -40:] if degrees else pixels[:40, :40]) > 1400  # the wall


def test_what_has_no_depth_publishes_none(ros, folder):
    images = ros.collect(Image, 'image')
    ros.start('camera_node', '--ros-args', '-p', f'source:={folder}', '-p', 'rate:=50.0')
    ros.spin_until(lambda: images, 'an image')
    assert not ros.node.get_publishers_info_by_topic('/depth')


def test_the_sample_may_have_another_size(ros):
    images = ros.collect(Image, 'image')
    ros.start('camera_node', '--ros-args', '-p', 'width:=320', '-p', 'height:=240')
    ros.spin_until(lambda: images, 'an image')
    assert (images[0].width, images[0].height) == (320, 240)


def test_a_folder_once_ends_by_itself(ros, folder):
    images = ros.collect(Image, 'image')
    infos = ros.collect(CameraInfo, 'camera_info')
    process = ros.start(
        'camera_node', '--ros-args', '-p', f'source:={folder}', '-p', 'loop:=false',
        '-p', 'rate:=5.0',
    )
    ros.spin_until(lambda: images and grey(images[-1]) == 150, 'the last image')
    assert process.exit_code() == 0
    assert [grey(m) for m in images] == [50, 100, 150]
    assert not any(infos[-1].k)  # not calibrated


def test_a_folder_in_a_loop_starts_again(ros, folder):
    images = ros.collect(Image, 'image')
    ros.start('camera_node', '--ros-args', '-p', f'source:={folder}', '-p', 'rate:=50.0')
    ros.spin_until(lambda: len(images) >= 8, 'eight images')
    greys = [grey(m) for m in images]
    start = greys.index(50)
    assert greys[start : start + 4] == [50, 100, 150, 50]


def test_a_file_that_is_no_image_is_told_and_passed_over(ros, folder):
    (folder / '075.png').write_text('not an image')
    images = ros.collect(Image, 'image')
    process = ros.start('camera_node', '--ros-args', '-p', f'source:={folder}', '-p', 'rate:=50.0')
    ros.spin_until(lambda: len(images) >= 4, 'images')
    process.wait_for('no image from')


def test_a_video_keeps_its_rate(ros, video):
    images = ros.collect(Image, 'image')
    process = ros.start('camera_node', '--ros-args', '-p', f'source:={video}')
    process.wait_for('at 20 Hz')
    ros.spin_until(lambda: len(images) >= 15, 'more images than the video has')
    assert len({grey(m) for m in images}) == 10


@pytest.mark.parametrize(
    ('options', 'told'),
    [
        (['source:=/nowhere.mp4'], '/nowhere.mp4: no such source'),
        (['width:=320'], 'width is 320 and height is 0'),
        (['rate:=-1.0'], 'rate'),
    ],
)
def test_what_cannot_be_is_told(ros, options, told):
    arguments = [word for option in options for word in ('-p', option)]
    process = ros.start('camera_node', '--ros-args', *arguments)
    assert process.exit_code() == 1
    assert told in process.output
    assert 'Traceback' not in process.output


def test_a_webcam_is_found_again_under_another_number(tmp_path, monkeypatch):
    """As udev has it; files stand for the devices, which OpenCV reads alike."""
    devices = [tmp_path / 'video0', tmp_path / 'video2']
    links = tmp_path / 'v4l' / 'by-id'
    links.mkdir(parents=True)
    for device, value in zip(devices, (50, 200), strict=True):
        cv2.imwrite(f'{device}.png', colored(value))
        (tmp_path / f'{device.name}.png').rename(device)
    monkeypatch.setattr(device_module, 'LINKS', tmp_path / 'v4l')
    monkeypatch.setattr(sources, 'REOPEN_PERIOD', 0.0)
    link = links / 'usb-Some_Webcam_1234-video-index0'
    link.symlink_to(devices[0])
    frames = WebcamSource(str(devices[0]), None).frames()
    assert next(frames).mean() == 50
    assert next(frames) is None  # unplugged
    link.unlink()
    devices[0].unlink()
    assert next(frames) is None
    link.symlink_to(devices[1])
    values = [next(frames) for _ in range(3)]
    assert any(value is not None and value.mean() == 200 for value in values)


def test_broken_sources(tmp_path):
    with pytest.raises(SourceError, match='no images in this folder'):
        open_source(str(tmp_path))
    text = tmp_path / 'film.mp4'
    text.write_text('not a film')
    with pytest.raises(SourceError, match='not a video'):
        open_source(str(text))


def test_signals_end_it_cleanly(ros):
    images = ros.collect(Image, 'image')
    process = ros.start('camera_node')
    ros.spin_until(lambda: images, 'an image')
    process.signal(signal.SIGINT)
    process.end()


def test_camera_and_node_are_two_processes_that_find_each_other(ros):
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.start('camera_node')
    ros.start('headpose_node')
    ros.spin_until(lambda: len(poses) >= 150, 'five seconds of poses')
    rpy = np.degrees([[p.vector.x, p.vector.y, p.vector.z] for p in poses])
    assert np.ptp(rpy, axis=0).max() > 15  # the head moves
    assert np.isfinite(rpy).all()


def test_people_on_video(ros, media):
    poses = ros.collect(Vector3Stamped, 'head_pose')
    ros.start('camera_node', '--ros-args', '-p', f'source:={media / "sister.mkv"}')
    ros.start('headpose_node')
    ros.spin_until(lambda: len(poses) >= 30, 'poses of a real person')
    rpy = np.degrees([[p.vector.x, p.vector.y, p.vector.z] for p in poses])
    assert np.abs(rpy).max() < 90
