"""The list of network managers. A new one is a file with its class, and a row here."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Tuple, Type

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifcfg import Ifcfg
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifupdown import Ifupdown
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._link import Link
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._netplan import Netplan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import Networkd
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import Keyfile

# In the order in which they are asked, and named where two have one interface.
MANAGERS: Tuple[Type[Adapter], ...] = (Keyfile, Networkd, Netplan, Ifupdown, Ifcfg, Link)
