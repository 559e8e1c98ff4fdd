# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The test's own end of the topics, and the processes at the other end."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_domain import Domain
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from headpose_ros.ros.input.image_conversion import create_converter
from headpose_ros.ros.rclpy_extras.transport import large_image_environment

# Seconds; discovery and loading MediaPipe take long on a busy machine.
LIMIT = 60.0

# Seconds without a response after which it has gone astray: longer than any service takes.
RESPONSE_WAIT = 10.0


class Process:
    """A node in a process of its own; its output is kept."""

    def __init__(self, command, environment):
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **environment, 'PYTHONUNBUFFERED': '1'},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self):
        return ''.join(self._lines)

    @property
    def alive(self):
        return self._process.poll() is None

    def wait_for(self, text):
        end = time.monotonic() + LIMIT
        while text not in self.output:
            assert self.alive or text in self.output, f'ended without {text!r}:\n{self.output}'
            assert time.monotonic() < end, f'no {text!r} in:\n{self.output}'
            time.sleep(0.02)

    def signal(self, number):
        self._process.send_signal(number)

    @property
    def pid(self):
        return self._process.pid

    @property
    def memory(self):
        """Bytes in use."""
        return psutil.Process(self._process.pid).memory_info().rss

    @property
    def seconds_used(self):
        """Seconds of a core used so far."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def exit_code(self):
        """Wait for the end."""
        code = self._process.wait(LIMIT)
        self._reader.join(LIMIT)
        return code

    def end(self):
        """End it by Ctrl-C, cleanly."""
        self.signal(signal.SIGINT)
        assert self.exit_code() == 0, self.output
        assert 'Traceback' not in self.output

    def stop(self):
        if self.alive:
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reader.join(LIMIT)

    def _read(self):
        for line in self._process.stdout:
            self._lines.append(line)


class RosSide:
    """A node of the test's own in a domain of its own."""

    def __init__(self):
        self._domain = Domain()
        self.environment = {
            'ROS_DOMAIN_ID': str(self._domain.number),
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        }
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
        large_images = large_image_environment(os.environ)
        os.environ.update(large_images)
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self._domain.number)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.node = rclpy.create_node('test_side', context=self.context)
        for name in large_images:  # the processes decide for themselves
            del os.environ[name]
        self.executor.add_node(self.node)
        self._converter = create_converter()
        self._processes = []

    def start(self, name, *arguments):
        """Start a node of the package, as ``ros2 run`` would."""
        return self.run(sys.executable, '-m', 'headpose_ros.ros', name, *arguments)

    def run(self, *command, environment=None):
        """Start any program."""
        process = Process(command, {**(environment or {}), **self.environment})
        self._processes.append(process)
        return process

    def collect(self, kind, topic, reliability=ReliabilityPolicy.RELIABLE):
        """List that fills with the messages of a topic."""
        messages = []
        qos = QoSProfile(depth=50, reliability=reliability)
        self.node.create_subscription(kind, topic, messages.append, qos)
        return messages

    def image_publisher(self, topic='image', reliability=ReliabilityPolicy.RELIABLE, kind=Image):
        return self.node.create_publisher(
            kind, topic, QoSProfile(depth=1, reliability=reliability)
        )

    def image(self, bgr, stamp=None, frame_id='test_optical_frame'):
        """Message of an image, stamped now or with seconds."""
        header = Header(frame_id=frame_id)
        if stamp is None:
            header.stamp = self.node.get_clock().now().to_msg()
        else:
            header.stamp.sec, header.stamp.nanosec = int(stamp), round(stamp % 1 * 1e9)
        return self._converter.cv2_to_imgmsg(bgr, 'bgr8', header)

    def spin_until(self, condition, what, each=None, period=0.05):
        """Work until a condition holds, calling ``each`` every ``period`` seconds."""
        end = time.monotonic() + LIMIT
        due = 0.0
        while not condition():
            assert time.monotonic() < end, f'{what} did not happen in {LIMIT:.0f} s'
            if each is not None and time.monotonic() >= due:
                due = time.monotonic() + period
                each()
            self.executor.spin_once(timeout_sec=min(0.01, period))

    def call(self, kind, name, request, each=None):
        """Response of a service, calling ``each`` while it takes time.

        A response goes astray when the service does not know the client yet, which the client
        cannot see: then the request is sent again.
        """
        client = self.node.create_client(kind, name)
        self.spin_until(client.service_is_ready, f'the service {name}')
        futures = []

        def ask():
            if each is not None:
                each()
            if time.monotonic() >= len(futures) * RESPONSE_WAIT + begin:
                futures.append(client.call_async(request))

        begin = time.monotonic()
        self.spin_until(lambda: any(f.done() for f in futures), f'a response of {name}', ask)
        self.node.destroy_client(client)
        return next(f.result() for f in futures if f.done())

    def set_parameters(self, node='headpose_node', **values):
        """Result of setting parameters of a node, all at once."""
        request = SetParametersAtomically.Request(
            parameters=[Parameter(k, value=v).to_parameter_msg() for k, v in values.items()]
        )
        name = f'{node}/set_parameters_atomically'
        return self.call(SetParametersAtomically, name, request).result

    def change_state(self, label, node='headpose_node'):
        """Whether a transition of a lifecycle node went through."""
        self.state(node)  # from then on the node knows this end of the topics
        number = getattr(Transition, f'TRANSITION_{label.upper()}')
        request = ChangeState.Request(transition=Transition(id=number))
        return self.call(ChangeState, f'{node}/change_state', request).success

    def state(self, node='headpose_node'):
        """State of a lifecycle node, such as ``active``."""
        return self.call(GetState, f'{node}/get_state', GetState.Request()).current_state.label

    def connect(self, publisher):
        """Wait until somebody listens."""
        self.spin_until(lambda: publisher.get_subscription_count() > 0, 'a subscription')

    def close(self):
        for process in self._processes:
            process.stop()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        self._domain.close()
