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
        ('detector:=crystal_ball', "detector is 'crystal_ball'; expected one of: face_mesh"),
        ('max_faces:=0', 'max_faces'),
        ('face_detector:=haar', "face_detector is 'haar'; expected one of: auto, full_range"),
        ('search_rate:=-1.0', 'search_rate'),
        ('image_rotation:=45', 'image_rotation is 45; expected one of: 0, 90, 180, 270'),
        ('image_transport:=pigeon', "image_transport is 'pigeon'; expected one of: raw"),
        ('primary:=loudest', "primary is 'loudest'; expected one of: largest"),
        ('neutral_rpy:=[1.0,2.0]', 'expected three numbers from'),
        ('head_width:=.nan', 'head_width'),
        ('id_prefix:=front-', "id_prefix is 'front-'; expected letters, digits and _"),
        ('id_prefix:=2nd_', "id_prefix is '2nd_'; expected letters, digits and _"),
        ('min_detection_confidence:=1.5', 'min_detection_confidence'),
        ('smoothing_beta:=fast', "smoothing_beta is 'fast'; expected a number from 0.0 to"),
        ('max_std:=200', 'max_std is 200; expected a number from 0.0 to 180.0'),
        ('max_std:=true', 'max_std is True; expected a number'),
        ('max_faces:=3.0', 'max_faces is 3.0; expected an integer from 1 to 10'),
        ('lazy:=1', 'lazy is 1; expected true or false'),
        ('model:=true', 'model is True; expected a string'),
        ('attention_frames:=[1.0,2.0]', 'attention_frames is [1.0, 2.0]; expected strings'),
        ('neutral_rpy:=5', 'neutral_rpy is 5; expected numbers'),
        ('neutral_rpy:=[]', 'neutral_rpy'),
        ('attention_frames:=[1,2]', 'attention_frames is [1, 2]; expected strings'),
        ('neutral_rpy:=[0,5.0,0]', 'use one number type per list'),
    ],
)
def test_bad_parameters_are_refused_with_a_reason(ros, parameter, told):
    process = ros.start('headpose_node', '--ros-args', '-p', parameter)
    assert process.exit_code() == 1
    assert told in process.output
    assert 'Traceback' not in process.output


WHOLE = {'max_std': 40, 'smoothing_beta': 8, 'neutral_rpy': [0, 5, 0], 'tf_prefix': 7}


def test_whole_numbers_are_numbers_on_the_command_line_and_in_a_file(ros, tmp_path):
    file = tmp_path / 'parameters.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': WHOLE}}))
    given = [word for name, value in WHOLE.items() for word in ('-p', f'{name}:={value}')]
    for arguments in (given, ['--params-file', str(file)]):
        process = ros.start('headpose_node', '--ros-args', *arguments)
        process.wait_for('images from /image')
        process.stop()


def test_whole_numbers_are_numbers_while_it_runs(ros):
    process = ros.start('headpose_node')
    process.wait_for('images from /image')
    assert ros.set_parameters(max_std=30, neutral_rpy=[0, 5, 0]).successful
    for values, told in (
        ({'max_std': 181}, 'max_std is 181; expected a number from 0.0 to 180.0'),
        ({'max_std': '30'}, "max_std is '30'; expected a number"),
        ({'neutral_rpy': '[0, 5.0, 0]'}, 'numbers of one type, such as [0.0, 5.0, 0.0]'),
        ({'neutral_rpy': [0, 5]}, 'expected three numbers'),
        ({'jpeg_quality': 80.0}, 'jpeg_quality is 80.0; expected an integer from 1 to 100'),
        ({'max_std': None}, 'max_std is None; expected a number'),
    ):
        result = ros.set_parameters(**values)
        assert not result.successful and told in result.reason, result.reason
    assert process.alive


def test_a_camera_takes_whole_numbers_too(ros):
    process = ros.start('camera_node', '--ros-args', '-p', 'rate:=5')
    process.wait_for('sample at 5 Hz')
    process = ros.start('camera_node', '--ros-args', '-p', 'source:=987')
    assert process.exit_code() == 1
    assert '987: cannot open the camera' in process.output


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
