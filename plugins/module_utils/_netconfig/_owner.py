"""Which network manager really has an interface now, asked of each of them; two at once are an error."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
from typing import Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifcfg import Ifcfg, legacy_file
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._ifupdown import Ifupdown, logical_name
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._link import Link, link_file
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._netplan import Netplan, netplan_id
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import Networkd, network_file
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import Keyfile, active_profile
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Nic
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

_Claim = Tuple[str, Adapter]


def owner_of(runner: Runner, nic: Nic) -> Optional[Adapter]:
    """The adapter of the network manager that has NIC now; None where none has.

    Raises ConfigError where two have it (whichever acts last would win), or where the one that has it does not tell its files.
    """
    claims = [claim for claim in (_networkmanager(runner, nic), _networkd(runner, nic), _ifupdown(runner, nic)) if claim]
    claims = claims or [claim for claim in (_legacy_ifcfg(runner, nic),) if claim]
    if len(claims) > 1:
        raise ConfigError("%s: owned by %s at once, and whichever acts last wins: take it from all but one of them"
                          % (nic.name, " and by ".join(claim[0] for claim in claims)))
    return claims[0][1] if claims else None


def adapter_for(runner: Runner, nic: Nic) -> Adapter:
    """The owner's adapter, or the .link file's for an interface that no manager owns; ConfigError where there is neither."""
    found = owner_of(runner, nic)
    if found is not None:
        return found
    path = link_file(runner, nic)
    if path is None:
        raise ConfigError("%s: no network manager owns it, and udev does not run: nothing would set its MAC at the next boot. "
                          "Configure it in a network manager first, or change it only until then (persistent: false)" % nic.name)
    return Link(runner, nic, path)


def _networkmanager(runner: Runner, nic: Nic) -> Optional[_Claim]:
    path = active_profile(runner, nic.name)
    if path is None:
        return None
    claim = "NetworkManager (%s)" % path
    if netplan_id(path):
        return claim, Netplan(runner, nic, path)
    if posixpath.basename(path).startswith("ifcfg-"):
        return claim, Ifcfg(runner, nic, path, through=True)
    return claim, Keyfile(runner, nic, path)


def _networkd(runner: Runner, nic: Nic) -> Optional[_Claim]:
    path = network_file(runner, nic)
    if path is None:
        return None
    return "systemd-networkd (%s)" % path, Netplan(runner, nic, path) if netplan_id(path) else Networkd(runner, nic, path)


def _ifupdown(runner: Runner, nic: Nic) -> Optional[_Claim]:
    logical = logical_name(runner, nic.name)
    return ("ifupdown (iface %s)" % logical, Ifupdown(runner, nic, logical)) if logical else None


def _legacy_ifcfg(runner: Runner, nic: Nic) -> Optional[_Claim]:
    path = legacy_file(runner, nic)
    return ("the network service (%s)" % path, Ifcfg(runner, nic, path, through=False)) if path else None
