# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The example that trains on one's own photographs; it needs no ROS, unlike the others."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from headpose_ros.rotation import rotation_from_rpy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
TOLERANCE = 8.0  # degrees, of a model of one face

PEOPLE = ('anna', 'ben', 'carla', 'dan')
YAWS_AND_PITCHES = ((0, 0), (-20, 0), (20, 5))  # degrees
LAST = (3.0, 2.0, 15.0)  # roll, pitch, yaw in degrees of the photograph that is kept


def run(*arguments):
    paths = [str(ROOT / 'src'), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, ROOT / 'examples' / 'train_on_my_photos.py', *arguments],
        capture_output=True, text=True, env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
    )


def write_photos(folder, head):
    lines = ['image,person,roll,pitch,yaw,remark']
    for person, name in enumerate(PEOPLE):
        for number, (yaw, pitch) in enumerate(YAWS_AND_PITCHES):
            lines.append(f'{name} {number}.jpg,{name},{3 * person},{pitch},{yaw},')
    lines.append('empty.png,anna,0,0,0,nobody is in it')
    lines.append('last.png,eve,' + ','.join(map(str, LAST)) + ',')
    for image, _, *rpy, _ in (line.split(',') for line in lines[1:]):
        bgr = head.render(rotation_from_rpy(np.radians(np.array(rpy, float))))
        cv2.imwrite(str(folder / image), bgr if image != 'empty.png' else np.full_like(bgr, 128))
    (folder / 'labels.csv').write_text('\n'.join(lines) + '\n')


def test_it_trains_on_photographs_and_reads_one_more(rendered_head, tmp_path):
    write_photos(tmp_path, rendered_head)
    result = run(tmp_path, '--regressor', 'ridge', '--folds', '2', '--repeats', '1')
    assert result.returncode == 0, result.stdout + result.stderr
    assert 'empty.png: no face found, left out' in result.stdout
    assert f'{len(PEOPLE) * len(YAWS_AND_PITCHES)} images' in result.stdout
    assert '2-fold' in result.stdout
    assert (tmp_path / 'training' / 'model' / 'face_mesh.md').is_file()
    name, _, *estimate, _, roll, pitch, yaw = result.stdout.splitlines()[-1].split()
    assert name == 'last.png' and (float(roll), float(pitch), float(yaw)) == LAST
    np.testing.assert_allclose(np.array(estimate, float), LAST, atol=TOLERANCE)


def test_a_column_that_is_missing_is_named(tmp_path):
    (tmp_path / 'labels.csv').write_text('image,roll,pitch,yaw\nanna.jpg,0,0,0\n')
    result = run(tmp_path)
    assert result.returncode != 0
    assert "['person']" in result.stderr.splitlines()[-1]
