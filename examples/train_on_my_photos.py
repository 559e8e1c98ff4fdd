# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Train on your own photographs: cell by cell (# %%) in an editor, or as a script.

labels.csv, in their folder, has image, person, roll, pitch, yaw: degrees, 0 facing the camera,
positive to the person's right, down, and to the person's left.
"""

# %% Read the labels. Arguments: the folder, then options of "training fit" (--regressor ridge).
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy.io import savemat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # training/ is not installed
from headpose_ros import HeadPoseEstimator  # noqa: E402
from headpose_ros.images.compressed import read_image_file  # noqa: E402
from headpose_ros.rotation import rotation_from_rpy  # noqa: E402
from training.rotation import label_from_rotation  # noqa: E402

photos, options = Path(sys.argv[1]).resolve(), sys.argv[2:]
table = pd.read_csv(photos / 'labels.csv', usecols=['image', 'person', 'roll', 'pitch', 'yaw'])
*rows, last = table.itertuples()  # the last photograph is held out for the end
work, faces = photos / 'training', photos / 'training' / 'data' / 'faces'
faces.mkdir(parents=True, exist_ok=True)

# %% Convert them to what training/ reads: image and .mat of each face, with 300W-LP's signs.
with HeadPoseEstimator(max_faces=1) as estimator:
    for row in rows:
        bgr = read_image_file(photos / row.image)
        heads = estimator.estimate(bgr)
        if not heads:
            print(f'{row.image}: no face found, left out')
            continue
        x, y, width, height = heads[0].bbox  # of the labelled face, if there are several
        box = np.array([[x, x + width], [y, y + height]])[:, np.arange(68) % 2]
        label = label_from_rotation(rotation_from_rpy(np.radians([row.roll, row.pitch, row.yaw])))
        path = faces / f'{row.person}_{row.Index}'  # splits are by person
        cv2.imwrite(f'{path}.png', bgr)
        savemat(f'{path}.mat', {'Pose_Para': [[*label, 0, 0, 0, 0]], 'pt2d': box})

# %% Extract landmarks, measure the shipped model on your photographs, train your own.
for command in (
    ['landmarks', faces.parent, '--out', work / 'mine.npz'],
    ['evaluate', work / 'mine.npz', '--out', work / 'before'],
    ['fit', work / 'mine.npz', '--out', work / 'model', *options],
):
    arguments = [sys.executable, '-m', 'training', *map(str, command)]
    subprocess.run(arguments, cwd=sys.path[0], check=True)

# %% Use your model, if the errors that "fit" printed are below those of "evaluate".
with HeadPoseEstimator(model=work / 'model' / 'face_mesh.npz') as estimator:
    for head in estimator.estimate(read_image_file(photos / last.image)):
        print(last.image, 'estimate', *np.degrees(head.rpy).round(1), 'label', *last[3:])
