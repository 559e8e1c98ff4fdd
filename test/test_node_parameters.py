# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters and arguments of the node: which are refused, and where all of them are named."""

import pytest
import yaml

from headpose_ros.regression.model_file import find_model
from headpose_ros.ros import headpose_node


@pytest.mark.parametrize(
    ('parameter', 'told'),
    [
        ('detector:=crystal_ball', "detector is 'crystal_ball'; want one of: face_mesh, face_"),
        ('max_faces:=0', 'max_faces'),
        ('face_detector:=haar', "face_detector is 'haar'; want one of: auto, full_range, short_"),
        ('search_rate:=-1.0', 'search_rate'),
        ('image_rotation:=45', 'image_rotation is 45; want one of: 0, 90, 180, 270'),
        ('image_transport:=pigeon', "image_transport is 'pigeon'; want one of: raw, compressed"),
        ('primary:=loudest', "primary is 'loudest'; want one of: largest"),
        ('neutral_rpy:=[1.0,2.0]', 'want three numbers of degrees'),
        ('head_width:=.nan', 'head_width'),
        ('id_prefix:=front-', "id_prefix is 'front-'; want letters, digits and _"),
        ('id_prefix:=2nd_', "id_prefix is '2nd_'; want letters, digits and _"),
        ('min_detection_confidence:=1.5', 'min_detection_confidence'),
        ('smoothing_beta:=fast', 'smoothing_beta'),
    ],
)
def test_bad_parameters_are_refused_with_a_reason(ros, parameter, told):
    process = ros.start('headpose_node', '--ros-args', '-p', parameter)
    assert process.exit_code() == 1
    assert told in process.output
    assert 'Traceback' not in process.output


@pytest.mark.parametrize(
    'argument', [['--params-file', '/nowhere.yaml'], ['-r', 'image:=bad topic!'], ['-p', 'max']]
)
def test_arguments_that_cannot_be_read_are_told(ros, argument):
    process = ros.start('headpose_node', '--ros-args', *argument)
    assert process.exit_code() == 1
    assert 'cannot start: ' in process.output
    assert 'Traceback' not in process.output


def test_the_parameter_file_names_every_parameter_with_its_default(ros):
    path = find_model('face_mesh').parents[1] / 'config' / 'headpose.yaml'
    (content,) = yaml.safe_load(path.read_text()).values()
    node = headpose_node.HeadPoseNode(context=ros.context)
    try:
        own = {'use_sim_time', 'start_type_description_service'}
        declared = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix('').items()
            if name not in own and not name.startswith('qos_overrides')
        }
        assert content['ros__parameters'] == declared
        for name in declared:
            assert node.describe_parameter(name).description
    finally:
        node.destroy_node()
    process = ros.start('headpose_node', '--ros-args', '--params-file', str(path))
    process.wait_for('images from /image')
