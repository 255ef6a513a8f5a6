"""The list of network managers. A new one is a file with its class, a row here, and one of its pins
(_manager_pins.py).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import List, Tuple, Type

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifcfg import Ifcfg
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifupdown import Ifupdown
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._keepalived import Keepalived
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._link import Link
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._netplan import Netplan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import Networkd
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import Keyfile
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._uci import Uci

# In the order in which they are asked, and named where two have one interface.
MANAGERS: Tuple[Type[Adapter], ...] = (Keyfile, Networkd, Netplan, Ifupdown, Ifcfg, Uci, Keepalived, Link)


def is_at_boot(argv: List[str]) -> bool:
    """Whether a revert has to repeat the command ARGV at boot."""
    return any(argv[0] in each.at_boot for each in MANAGERS)


def holds(path: str) -> bool:
    """Whether PATH lies where a network manager has its files."""
    return any(path.startswith(folder) for each in MANAGERS for folder in each.folders)


def taking_away(commands: List[List[str]]) -> List[Type[Adapter]]:
    """The managers that one of COMMANDS has configure their interfaces anew."""
    return [each for each in MANAGERS if any(map(each.takes_away, commands))]
