"""Which interfaces lead outside: what a sample listens at by default, and what the verdict takes for a way out, are the
same.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import is_uplink
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import observe

from ..builders import nic, snapshot

MAC = "52:54:00:00:00:01"
CABLE = {"kind": "veth", "link_foreign": True}
TUNNEL = {"link_type": "ipip", "kind": "ipip"}
PLACES = {
    "a NIC": (nic("eth0", MAC), True),
    "a NIC in a bridge": (nic("tapestry0", MAC, master="br0"), True),
    "a port of a switch chip": (nic("lan1", MAC, kind="dsa"), True),
    "a container's NIC, seen from inside": (nic("eth0", MAC, **CABLE), True),
    "a switch's cable": (nic("swp1", MAC, master="br0", **CABLE), True),
    "a container's cable that could not be followed": (nic("veth12", MAC, master="br0", **CABLE), False),
    "a pod's cable": (nic("cali0123", MAC, master="br0", **CABLE), False),
    "LVS's tunnel": ({**nic("tunl0", "00:00:00:00:00:00", "203.0.113.80/32"), **TUNNEL}, False),
    "LVS's tunnel without its kind": ({**nic("tunl0", "00:00:00:00:00:00"), "link_type": "ipip"}, False),
    "a tunnel's transport, which is a cable to elsewhere": (nic("tunl-site2", MAC, master="br0", **CABLE), True),
}


@pytest.mark.parametrize(("interface", "outside"), PLACES.values(), ids=PLACES.keys())
def test_what_leads_outside(interface, outside):
    assert is_uplink(interface) is outside
    bridge = [{"name": "br0", "kind": "linux", "ports": [interface["name"]]}] if interface.get("master") else []
    topology = observe(Hosts(Fleet([snapshot("h1", interface, bridges=bridge)]))).model.topologies["h1"]
    assert topology.is_external(topology.point(("", interface["name"]))) is outside
