# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Large images over Fast DDS, the default middleware of ROS 2, and where they get lost.

On one machine Fast DDS uses shared memory: each process has its own segment in ``/dev/shm``. No
API reports which transport a camera uses, so that is read from internals: bytes 0 and 1 of a gid
are the vendor, 2 and 3 the host, 4 and 5 the lowest bits of the process ID; and each process keeps
the lock of its segment open, ``/dev/shm/fastrtps_<16 digits>_el`` (``fastdds_`` from 3.0 on). True
of Fast DDS 2.6 (Humble), 2.14 (Jazzy) and 3.2 (Kilted); ``test/test_transport.py`` fails where it
no longer is.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from rclpy.node import Node

from headpose_ros.assets.paths import find_resource

# Fast DDS reads the first up to Jazzy and the second from Kilted on.
PROFILE_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
PROFILE = 'config/fastdds_large_images.xml'
TRANSPORTS_VARIABLE = 'FASTDDS_BUILTIN_TRANSPORTS'
RANGE_VARIABLE = 'ROS_AUTOMATIC_DISCOVERY_RANGE'
SWITCH = 'HEADPOSE_LARGE_IMAGES'  # 0 leaves Fast DDS unchanged
# Read from the working directory of a process.
_PROFILES_HERE = (Path('DEFAULT_FASTRTPS_PROFILES.xml'), Path('DEFAULT_FASTDDS_PROFILES.xml'))

SHARED_MEMORY = Path('/dev/shm')
MIN_FREE = 112 * 2**20  # bytes: four segments of the profile, as other processes need some too
_DEFAULT_SEGMENT = 2**20  # bytes, and no less: it is half of that without a profile
_LOCK = re.compile(rf'{SHARED_MEMORY}/fast(rtps|dds)_[0-9a-f]{{16}}_el')
_FAST_DDS = b'\x01\x0f'

SEPARATE = (
    'share /dev/shm, which Fast DDS uses, with its container (docker run --ipc=host), or set '
    'FASTDDS_BUILTIN_TRANSPORTS=UDPv4 in both (overridden by '
    'ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST)'
)
NO_PROFILE = (
    'start the camera with the Fast DDS profile for large images (see docs/installation.md, '
    '"Images get lost")'
)
PACKETS = (
    'use compressed images (parameter image_transport), or raise the limit of the receive buffers '
    '(net.core.rmem_max)'
)


def large_image_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment with which a process can publish large images over Fast DDS.

    Without it, most best-effort images of 640x480 and more are lost in the default segment of
    0.5 MB.

    :return: variables to add; none where the user has configured Fast DDS, ``SWITCH`` is 0, or
        ``/dev/shm`` is too small.
    """
    profile = find_resource(PROFILE)
    names = (*PROFILE_VARIABLES, TRANSPORTS_VARIABLE)
    is_chosen = environment.get(SWITCH) == '0' or any(name in environment for name in names)
    if is_chosen or any(path.exists() for path in _PROFILES_HERE) or profile is None:
        return {}
    try:
        room = os.statvfs(SHARED_MEMORY)
    except OSError:  # not on this system
        return {}
    if room.f_bavail * room.f_frsize < MIN_FREE:
        return {}
    return dict.fromkeys(PROFILE_VARIABLES, str(profile))


def use_large_image_profile() -> None:
    """Set that environment for this process; call it before ``rclpy.init``."""
    os.environ.update(large_image_environment(os.environ))


def why_silent(
    node: Node, topic: str, kind: type, twin: str, use_twin: str, no_publisher: str,
    if_sending: str, has_no_clock: bool = False,
) -> str:
    """Probable reason why nothing is received on a topic, with the remedy.

    :param kind: of its messages.
    :param twin: topic of the same with another transport, and ``use_twin`` the remedy if only that
        has a publisher.
    :param no_publisher: sentence if neither has one.
    :param if_sending: words before the remedy for lost messages.
    :param has_no_clock: whether simulated time is not advancing.
    """
    publishers = node.get_publishers_info_by_topic(topic)
    if not publishers and node.count_publishers(twin):
        return f'no publisher, but {twin} has one; {use_twin}'
    if not publishers:
        return no_publisher
    expected = f'sensor_msgs/msg/{kind.__name__}'
    foreign = {p.topic_type for p in publishers} - {expected}
    if foreign:
        return f'topic type is {", ".join(sorted(foreign))}, expected {expected}'
    if has_no_clock:
        return 'the camera is waiting for simulated time too'
    plural = 's' if len(publishers) > 1 else ''
    return (
        f'{len(publishers)} publisher{plural}, but no messages received; {if_sending}, '
        f'{cure_of_loss(node, topic, is_silent=True)}'
    )


def cure_of_loss(node: Node, topic: str, is_silent: bool) -> str:
    """Remedy where images are lost between a camera and a node.

    :param is_silent: whether no image arrives at all.
    """
    cameras = [bytes(p.endpoint_gid) for p in node.get_publishers_info_by_topic(topic)]
    name = node.get_name(), node.get_namespace()
    own = [
        bytes(s.endpoint_gid) for s in node.get_subscriptions_info_by_topic(topic)
        if (s.node_name, s.node_namespace) == name
    ]
    if not cameras or not own:  # the camera has just gone, or the node has just started
        return NO_PROFILE
    camera = cameras[0]
    if camera[:4] != own[0][:4] or camera[:2] != _FAST_DDS:  # another machine or middleware
        return PACKETS
    try:
        segment = _segment(int.from_bytes(camera[4:6], 'little'))
    except OSError:  # another user's process, or one that is exiting
        return NO_PROFILE
    if segment is None:
        is_set = 'UDP' in os.environ.get(TRANSPORTS_VARIABLE, '')
        is_local = os.environ.get(RANGE_VARIABLE) == 'LOCALHOST'
        return SEPARATE if is_silent and (is_local or not is_set) else PACKETS
    if segment <= _DEFAULT_SEGMENT:
        return NO_PROFILE
    return (
        f'if images exceed {segment // 10**6} MB, increase segment_size in the Fast DDS profile '
        'of the camera'
    )


def _segment(process: int) -> int | None:
    """Size in bytes of the segment of another process; ``None`` where it is not visible here.

    :param process: the lowest 16 bits of its ID.
    """
    for folder in Path('/proc').glob('[0-9]*'):
        if int(folder.name) % 2**16 != process:
            continue
        for file in (folder / 'fd').iterdir():
            target = str(file.readlink())
            if _LOCK.fullmatch(target) and file.stat().st_dev == SHARED_MEMORY.stat().st_dev:
                return Path(target.removesuffix('_el')).stat().st_size
    return None
