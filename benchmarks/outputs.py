# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Cost of messages per frame with three people, by topic; needs vision_msgs and hri_msgs."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from benchmarks.frames import HD, RATE, make_frames
from benchmarks.options import Turns
from headpose_ros.attention import ATTENTION_ANGLE
from headpose_ros.camera.camera import Camera
from headpose_ros.estimator import HeadPoseEstimator
from headpose_ros.people.follower import HeadFollower, People
from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.output.attention import AttentionTargets
from headpose_ros.ros.output.hri import FACES, QOS, TRACKED, HriPublishers, hri_messages

HEADS = 3
SIZE = (128, 128)  # pixels, face images

Frames = list[tuple[np.ndarray, People]]


def run(turns: Turns = 8) -> None:
    """Measure and print: CPU time of the publishing thread, median of all frames."""
    messages = hri_messages()
    kinds = {
        'roi': messages.NormalizedRegionOfInterest2D, 'landmarks': messages.FacialLandmarks,
        'cropped': Image, 'aligned': Image,
    }
    frames = _followed()
    listened: dict[str, tuple[str, ...]] = {
        'none': (), 'roi': ('roi',), 'landmarks': ('landmarks',), 'cropped': ('cropped',),
        'aligned': ('aligned',), 'all': tuple(kinds),
    }
    rclpy.init()
    node = rclpy.create_node('detections_cost')
    times = _measure_detections(node, frames * turns)
    node.destroy_node()
    rows = [{'subscribed topics': 'head_pose/heads and detections', **_median(times)}]
    for name, topics in listened.items():
        node = rclpy.create_node('hri_cost')
        times = _measure(node, frames * turns, {topic: kinds[topic] for topic in topics})
        node.destroy_node()
        rows.append({'subscribed topics': f'ROS4HRI: {name}', **_median(times)})
    rclpy.shutdown()
    print(pd.DataFrame(rows).to_markdown(index=False))


def _median(times: list[float]) -> dict[str, str]:
    return {'ms per frame': f'{1e3 * np.median(times):.2f}'}


def _followed() -> Frames:
    with HeadPoseEstimator(mode='video', max_faces=HEADS) as estimator:
        follower = HeadFollower(estimator)
        images = make_frames(HD, heads=HEADS)
        camera = Camera.nominal(*HD)
        found = [(bgr, follower.update(bgr, i / RATE, camera)) for i, bgr in enumerate(images)]
    frames = [(bgr, people) for bgr, people in found if len(people.heads) == HEADS]
    assert len(frames) > len(images) / 2
    return frames


def _measure_detections(node: Node, frames: Frames) -> list[float]:
    from headpose_ros.ros.output import detections

    kinds = detections.Detection3DArray, detections.Detection2DArray
    heads, boxes = (node.create_publisher(kind, kind.__name__, QOS) for kind in kinds)
    for kind in kinds:
        node.create_subscription(kind, kind.__name__, lambda _: None, QOS)
    time.sleep(1.0)
    attention = AttentionTargets(node, ())
    times = []
    for _, people in frames:
        # Poses that nobody has asked for yet.
        people = replace(people, heads=[replace(head) for head in people.heads])
        begin = time.thread_time()
        facing = attention.facing(Header(), people, ATTENTION_ANGLE)
        heads.publish(detections.heads_message(Header(), people, facing))
        boxes.publish(detections.detections_message(Header(), people))
        times.append(time.thread_time() - begin)
    return times


def _measure(node: Node, frames: Frames, kinds: dict[str, type]) -> list[float]:
    publishers = HriPublishers(node, create_converter(), SIZE)
    _, people = frames[0]
    for head in people.heads:
        for name, kind in kinds.items():
            node.create_subscription(kind, f'{FACES}/{head.track_id}/{name}', lambda _: None, QOS)
    if kinds:
        node.create_subscription(hri_messages().IdsList, TRACKED, lambda _: None, QOS)
    publishers.publish(Header(), *frames[0])  # creates the face topics
    time.sleep(1.0)  # discovery
    times = []
    for bgr, people in frames:
        begin = time.thread_time()
        publishers.publish(Header(), bgr, people)
        times.append(time.thread_time() - begin)
    publishers.close()
    return times
