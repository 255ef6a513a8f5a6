"""Files that netplan generated for systemd-networkd and NetworkManager, told from their own."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Optional

GENERATED = (re.compile(r"/run/systemd/network/\d+-netplan-(.+)\.network\Z"),
             re.compile(r"/run/NetworkManager/system-connections/netplan-(.+)\.nmconnection\Z"))


def netplan_id(path: str) -> Optional[str]:
    """The name of the definition in the YAML behind a file that netplan generated; None for a file of somebody else."""
    for pattern in GENERATED:
        match = pattern.match(path)
        if match:
            return match.group(1)
    return None
