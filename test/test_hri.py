# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""ROS4HRI: who is listed, what each face has, and that nobody stays when a camera or node ends."""

import signal
import sys

import numpy as np
import pytest
from installed import needs
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo, Image

from headpose_ros.ros.output.messages import camera_info_message

TRACKED = '/humans/faces/tracked'
NAMES = ('roi', 'landmarks', 'cropped', 'aligned')


needs_hri = needs('hri_msgs', 'tf2_ros')


class Room:
    """A camera that shows one picture, and all that is told of the people in it."""

    def __init__(self, ros, head, *arguments, namespace=''):
        from hri_msgs.msg import FacialLandmarks, IdsList, NormalizedRegionOfInterest2D

        self.kinds = {
            'roi': NormalizedRegionOfInterest2D, 'landmarks': FacialLandmarks,
            'cropped': Image, 'aligned': Image,
        }
        self.ros, self._head = ros, head
        self.process = ros.start(
            'headpose_node', '--ros-args', '-p', 'publish_hri:=true', '-p', 'max_faces:=4',
            '-r', f'__ns:=/{namespace}', *arguments,
        )
        self._images = ros.image_publisher(f'{namespace}/image')
        self._infos = ros.image_publisher(f'{namespace}/camera_info', kind=CameraInfo)
        self.lists = ros.collect(IdsList, TRACKED)
        self.picture = None
        self.stamps = []
        self.seconds = 100.0

    def show(self, *places):
        """One face at each place in the picture from now on: metres to the right, and away."""
        parts = [self._head.render(np.eye(3), (x, 0, z)) for x, z in places]
        self.picture = np.hstack(parts) if parts else np.full((480, 640, 3), 128, np.uint8)

    def send(self):
        # So close together that a machine that stalls does not make a new person of the old one.
        self.seconds += 0.005
        message = self.ros.image(self.picture, self.seconds)
        size = message.width, message.height
        matrix = np.array([[480.0, 0.0, size[0] / 2], [0.0, 480.0, size[1] / 2], [0.0, 0.0, 1.0]])
        self._infos.publish(camera_info_message(message.header, *size, matrix))
        self._images.publish(message)
        self.stamps.append(message.header.stamp)

    def wait(self, condition, what):
        self.ros.spin_until(condition, what, self.send)

    def wait_for(self, *ids):
        """Wait for a list of exactly these people."""
        self.lists.clear()
        self.wait(lambda: self.lists and set(self.lists[-1].ids) == set(ids), f'{ids}')

    def collect(self, track_id):
        """Messages about a face, by the names of its topics."""
        return {
            name: self.ros.collect(kind, f'/humans/faces/{track_id}/{name}')
            for name, kind in self.kinds.items()
        }

    def topics(self):
        """Names of the topics of faces that are published."""
        names = (name for name, _ in self.ros.node.get_topic_names_and_types())
        return {
            name.removeprefix('/humans/faces/') for name in names
            if name.startswith('/humans/faces/') and name != TRACKED
            and self.ros.node.count_publishers(name)
        }


@pytest.fixture
def room(ros, small_head):
    return Room(ros, small_head)


def test_without_hri_msgs_one_error_tells_what_to_do(ros, tmp_path):
    (tmp_path / 'hri_msgs.py').write_text('raise ImportError("not here")\n')
    path = {'PYTHONPATH': ':'.join(map(str, (tmp_path, *sys.path)))}
    process = ros.run(
        sys.executable, '-m', 'headpose_ros.ros', 'headpose_node', '--ros-args',
        '-p', 'publish_hri:=true', environment=path,
    )
    process.wait_for('publish_hri is true, but hri_msgs cannot be imported (not here); install it')
    assert ros.state() == 'unconfigured'
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0, process.output
    assert process.output.count('[ERROR]') == 1
    assert 'Traceback' not in process.output


@needs_hri
def test_people_come_and_go_with_their_topics(room):
    room.show()
    room.wait_for()
    assert not room.topics()
    room.show((0, 0.6), (0, 0.75))
    room.wait_for('f1', 'f2')
    assert room.lists[-1].header.frame_id == 'test_optical_frame'
    assert room.lists[-1].header.stamp in room.stamps
    both = {f'{i}/{name}' for i in ('f1', 'f2') for name in NAMES}
    room.wait(lambda: room.topics() == both, 'topics of both')
    room.show((0, 0.6))
    room.wait(lambda: len(room.lists[-1].ids) == 1, 'the end of one')
    (left,) = room.lists[-1].ids
    room.wait(lambda: room.topics() == {f'{left}/{name}' for name in NAMES}, 'topics of one')
    room.show()
    room.wait_for()
    room.wait(lambda: not room.topics(), 'the end of the topics')


@needs_hri
def test_what_is_told_of_a_face(room):
    face = room.collect('f1')
    room.show((0.02, 0.5), (0, 5.0))  # the second one is too far away to be found
    room.wait(lambda: all(face.values()), 'all about a face')
    last = {name: messages[-1] for name, messages in face.items()}
    for message in last.values():
        assert message.header.frame_id == 'test_optical_frame'
        assert message.header.stamp in room.stamps

    roi, landmarks = last['roi'], last['landmarks']
    assert 0.0 < roi.xmin < roi.xmax < 0.5 and 0.0 < roi.ymin < roi.ymax < 1.0
    assert 0.5 < roi.c <= 1.0
    assert (landmarks.width, landmarks.height) == (640, 480)
    points = np.array([[p.x, p.y, p.c] for p in landmarks.landmarks])
    assert points.shape == (70, 3)
    low, high = (roi.xmin, roi.ymin), (roi.xmax, roi.ymax)
    assert (points[:, :2] >= np.subtract(low, 0.01)).all()
    assert (points[:, :2] <= np.add(high, 0.01)).all()
    np.testing.assert_allclose(points[:68, 2], roi.c, atol=0.1)
    assert (points[68:, 2] < points[0, 2]).all()
    kind = room.kinds['landmarks']
    # Right is the person's, and on the left of the image.
    assert points[kind.RIGHT_PUPIL, 0] < points[kind.NOSE, 0] < points[kind.LEFT_PUPIL, 0]
    assert points[kind.SELLION, 1] < points[kind.NOSE, 1] < points[kind.MENTON, 1]

    for image in last['cropped'], last['aligned']:
        assert (image.width, image.height, image.encoding) == (128, 128, 'bgr8')
        pixels = np.frombuffer(image.data, np.uint8).reshape(128, 128, 3)
        assert pixels[32:96, 32:96].mean() > 60  # skin
    # A face is higher than wide: the rest is black.
    cropped = np.frombuffer(last['cropped'].data, np.uint8).reshape(128, 128, 3)
    assert not cropped[:, [0, -1]].any() and cropped[[0, -1], 50:78].any()


@needs_hri
def test_images_of_faces_have_the_size_of_the_parameters(ros, small_head):
    room = Room(ros, small_head, '-p', 'hri_face_width:=96', '-p', 'hri_face_height:=160')
    face = room.collect('f1')
    room.show((0, 0.5))
    room.wait(lambda: face['cropped'] and face['aligned'], 'images of a face')
    for name in 'cropped', 'aligned':
        assert (face[name][-1].width, face[name][-1].height) == (96, 160)


@needs_hri
def test_a_face_at_the_border_of_the_image(room):
    face = room.collect('f1')
    room.show((-0.125, 0.5))
    room.wait(lambda: all(face.values()), 'all about a face')
    roi, landmarks = face['roi'][-1], face['landmarks'][-1].landmarks
    assert roi.xmin == 0.0 and 0.1 < roi.xmax < 1.0
    outside = [p for p in landmarks if p.c == 0.0]
    assert 0 < len(outside) < 40
    assert all(p.x == 0.0 and 0.0 < p.y < 1.0 for p in outside)


@needs_hri
def test_tf_has_face_and_gaze(room):
    from tf2_msgs.msg import TFMessage

    frames = room.ros.collect(TFMessage, '/tf')
    room.show((0, 0.5))
    room.wait(lambda: len(frames) > 2, 'frames')
    face, gaze = frames[-1].transforms
    assert (face.header.frame_id, face.child_frame_id) == ('test_optical_frame', 'face_f1')
    assert (gaze.header.frame_id, gaze.child_frame_id) == ('face_f1', 'gaze_f1')
    assert face.header.stamp == gaze.header.stamp and gaze.header.stamp in room.stamps
    t = gaze.transform.translation
    assert (t.x, t.y, t.z) == (0.0, 0.0, 0.0)

    def rotation(transform):
        q = transform.transform.rotation
        return Rotation.from_quat([q.x, q.y, q.z, q.w])

    right, down, ahead = rotation(gaze).as_matrix().T  # in the frame of the face
    np.testing.assert_allclose(ahead, [1, 0, 0], atol=1e-9)  # out of the face
    np.testing.assert_allclose(right, [0, -1, 0], atol=1e-9)  # y is to the person's left
    np.testing.assert_allclose(down, [0, 0, -1], atol=1e-9)  # z to the top of the head
    # Who faces the camera looks against its line of sight.
    towards = (rotation(face) * rotation(gaze)).apply([0, 0, 1])
    assert np.degrees(np.arccos(-towards[2])) < 15.0


@needs_hri
def test_a_lazy_node_works_for_who_asks_for_people(ros, small_head):
    room = Room(ros, small_head, '-p', 'lazy:=true')
    room.show((0, 0.5))
    room.wait_for('f1')


@needs_hri
@pytest.mark.parametrize('end', [signal.SIGINT, signal.SIGTERM, 'deactivate', 'active_shutdown'])
def test_nobody_stays_at_the_end(room, end):
    room.show((0, 0.5))
    room.wait_for('f1')
    room.ros.spin_until(lambda: room.lists[-1].ids, 'a face')
    if isinstance(end, str):
        assert room.ros.change_state(end)
    else:
        room.process.signal(end)
        assert room.process.exit_code() == 0, room.process.output
    room.ros.spin_until(lambda: not room.lists[-1].ids, 'an empty list')
    room.ros.spin_until(lambda: not room.topics(), 'the end of the topics')
    assert 'Traceback' not in room.process.output


@needs_hri
def test_nobody_stays_when_the_camera_ends(room):
    room.show((0, 0.5))
    room.wait_for('f1')
    room.ros.spin_until(lambda: not room.lists[-1].ids, 'an empty list')
    room.seconds += 10.0
    room.wait(lambda: room.lists[-1].ids, 'somebody')
    assert room.lists[-1].ids == ['f2']  # nobody knows who it is


@needs_hri
def test_several_cameras_have_one_list(ros, small_head):
    merging = ros.start('faces_node', '--ros-args', '-p', 'cameras:=front,rear')
    front, rear = (
        Room(
            ros, small_head, '-p', f'id_prefix:={name}_',
            '-r', f'{TRACKED}:={TRACKED[1:]}', namespace=name,
        )
        for name in ('front', 'rear')
    )
    front.show((0, 0.6), (0, 0.75))
    rear.show((0, 0.6))
    rear_face = rear.collect('rear_f1')
    lists = front.lists

    def send():
        front.send()
        rear.send()

    everybody = {'front_f1', 'front_f2', 'rear_f1'}
    ros.spin_until(lambda: lists and set(lists[-1].ids) == everybody, 'everybody', send)
    lists.clear()
    ros.spin_until(lambda: len(lists) > 20, 'more lists', send)
    # None deletes the faces of the other camera, unless that one stalls for a second.
    assert np.mean([set(each.ids) == everybody for each in lists]) > 0.5
    ros.spin_until(lambda: all(rear_face.values()), 'all about the one at the rear', send)

    rear.process.signal(signal.SIGKILL)
    ros.spin_until(
        lambda: set(lists[-1].ids) == {'front_f1', 'front_f2'}, 'the end of one', front.send
    )
    merging.signal(signal.SIGINT)
    assert merging.exit_code() == 0, merging.output
    ros.spin_until(lambda: not lists[-1].ids, 'an empty list')
    assert 'Traceback' not in merging.output and 'has another publisher' not in merging.output


@needs_hri
def test_two_lists_are_told(ros, small_head):
    room = Room(ros, small_head)
    ros.start('headpose_node', '--ros-args', '-p', 'publish_hri:=true', '-r', '__ns:=/other')
    room.process.wait_for(f'{TRACKED} has another publisher: each list deletes the faces of the')


@pytest.mark.parametrize('cameras', ['', 'front,front', 'a b', '2nd'])
def test_cameras_that_cannot_be_are_told(ros, cameras):
    process = ros.start('faces_node', '--ros-args', '-p', f'cameras:="{cameras}"')
    assert process.exit_code() == 1
    assert f'cannot start: cameras is {cameras!r}; expected unique' in process.output
    assert 'Traceback' not in process.output
