# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Networks from face crops to ``R_opt``, and the process in which they run.

Their dependencies conflict with those of this project, so this folder runs in a separate Python,
see ``training.baselines.network_process``: it imports nothing else of this project, and the
packages of a network only when that is loaded.
"""

from training.baselines.networks.tddfa_v2 import TddfaV2
from training.baselines.networks.whenet import WHENet

NETWORKS: dict[str, type[WHENet] | type[TddfaV2]] = {
    each.NAME: each for each in (WHENet, TddfaV2)
}
