# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Published figures of baselines that are not run here."""

import pandas as pd

# MAE over pitch, yaw and roll, degrees. Networks that see the face's pixels.
_FROM_300W_LP = (
    ('HopeNet', 6.16, 'Ruiz, Chong, Rehg, CVPR workshops 2018'),
    ('FSA-Net', 5.07, 'Yang, Chen, Lin, Chuang, CVPR 2019'),
    ('WHENet-V', 4.83, 'Zhou, Gregson, BMVC 2020'),
    ('TriNet', 4.67, 'Cao, Chu, Liu, Chen, WACV 2021'),
    ('3DDFA_V2', 4.27, 'Guo, Zhu, Yang, Yang, Lei, Li, ECCV 2020'),
    ('6DRepNet', 3.97, 'Hempel, Abdelrahman, Al-Hamadi, ICIP 2022'),
    ('img2pose', 3.91, 'Albiero, Chen, Yin, Pang, Hassner, CVPR 2021'),
    ('SynergyNet', 3.35, 'Wu, Xu, Neumann, 3DV 2021'),
    ('OPAL', 3.27, 'Cobo, Valle, Buenaposada, Baumela, Pattern Recognition 2024'),
    ("opentrack's NeuralNet", '3.11 to 3.26', 'authors of opentrack, by version of the network'),
)
_RESTRICTED = ('NLML-HPE', 3.08, 'its authors, 2025; landmarks, on a restricted range of angles')

TEXT = (
    'Figures by their authors, not directly comparable: trained on 300W-LP or more, labelled in '
    'the same way as AFLW2000-3D, and tested on 1969 faces of AFLW2000-3D, mostly cropped by '
    'their labels, so that none is missed. The tables above are of detected faces; what is '
    'trained there is cross-validated on AFLW2000-3D.'
)


def published_table() -> str:
    """The figures with their sources, Markdown."""
    rows = (*_FROM_300W_LP, _RESTRICTED)
    table = pd.DataFrame(rows, columns=['method', 'MAE', 'source']).astype(str)
    return table.to_markdown(index=False, disable_numparse=True)
