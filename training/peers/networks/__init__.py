# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Networks from the crop of a face to ``R_opt``, and the process in which they run.

What they need does not go together with what this project needs, so that this folder runs in a
Python of its own, see ``training.peers.network_process``: it imports nothing else of this project,
and its modules import the packages of a network only where one is loaded.
"""

from training.peers.networks.tddfa_v2 import TddfaV2
from training.peers.networks.whenet import WHENet

NETWORKS: dict[str, type[WHENet] | type[TddfaV2]] = {
    each.NAME: each for each in (WHENet, TddfaV2)
}
