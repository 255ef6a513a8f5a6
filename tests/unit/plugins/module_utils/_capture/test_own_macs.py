"""Whose MACs count as a host's own: bonds, VLANs, taps, guests, containers, virtual routers, and what a bridge only
passes on.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _own_macs
from ansible_collections.netops.layer2.plugins.module_utils._capture._own_macs import Own

from .shared import GUEST, NIC, OTHER_NIC, PEER, SHUT_OFF, ether


def fdb(*rows):
    return {"columns": ["netns", "interface", "mac", "vlan", "bridge", "dst", "flags"], "rows": list(rows)}


def macs(snapshot, interface=("", "eth0")):
    return {own.mac for own in _own_macs.own_macs(snapshot, interface)}


INTERFACES = {
    "a bond's port has the bond's MAC and its own": (
        [ether("eth0", NIC, permanent_mac=OTHER_NIC, master="bond0", master_kind="bond")],
        {NIC, OTHER_NIC},
    ),
    "a virtual router's macvlan": (
        [ether("eth0", NIC), ether("vrrp.7", "00:00:5e:00:01:07", kind="macvlan", link="eth0", link_netns="")],
        {NIC, "00:00:5e:00:01:07"},
    ),
    "a container's NIC": (
        [ether("eth0", NIC), ether("eth0", OTHER_NIC, netns="docker-1", kind="veth")],
        {NIC, OTHER_NIC},
    ),
    "no MAC at all": (
        [ether("eth0", NIC), {"name": "tun0", "link_type": "none"}, {"name": "lo", "mac": "00:00:00:00:00:00"}],
        {NIC},
    ),
}


@pytest.mark.parametrize(("interfaces", "wanted"), INTERFACES.values(), ids=INTERFACES.keys())
def test_interfaces(interfaces, wanted):
    assert macs({"interfaces": interfaces}) == wanted


def test_the_guest_behind_a_tap_has_another_first_octet():
    tap = ether("vnet0", "fe:54:00:00:00:01", kind="tun", mode="tap")
    assert Own("fe:54:00:00:00:01", True) in _own_macs.own_macs({"interfaces": [tap]}, ("", "eth0"))
    bridge = ether("br0", "fe:54:00:00:00:01", kind="bridge")
    assert _own_macs.own_macs({"interfaces": [bridge]}, ("", "eth0")) == [Own("fe:54:00:00:00:01", False)]


def test_running_guests_only_since_a_flood_for_one_that_is_shut_off_is_a_flood():
    guests = [{"state": "running", "nics": [{"mac": GUEST, "live_mac": GUEST}, {"type": "user"}]},
              {"state": "shut off", "nics": [{"mac": SHUT_OFF}]}]
    assert macs({"interfaces": [], "guests": guests}) == {GUEST}


def test_a_guest_that_only_waits_is_running_and_one_of_another_node_is_not_here():
    guests = [{"hypervisor": "libvirt", "state": "idle", "nics": [{"mac": GUEST}]},
              {"hypervisor": "proxmox", "state": "unknown", "node": "pve2", "nics": [{"mac": SHUT_OFF}]}]
    assert macs({"interfaces": [], "guests": guests}) == {GUEST}


def test_a_changed_definition_does_not_count_before_the_power_cycle():
    guests = [{"state": "running", "nics": [{"live_mac": GUEST, "persistent_mac": SHUT_OFF, "mac": GUEST}]}]
    assert macs({"interfaces": [], "guests": guests}) == {GUEST}


def test_the_user_knows_more():
    assert _own_macs.own_macs({"interfaces": []}, ("", "eth0"), ["02:bf:0a:00:00:01"]) == [
        Own("02:bf:0a:00:00:01", False)
    ]


BRIDGED = [
    ether("eth0", NIC, master="br0", master_kind="bridge"),
    ether("eth1", OTHER_NIC, master="br0", master_kind="bridge"),
    ether("eth2", "00:1b:21:00:00:03", master="br1", master_kind="bridge"),
    ether("br0", NIC, kind="bridge"),
    ether("br1", "00:1b:21:00:00:03", kind="bridge"),
    ether("vnet0", "fe:54:00:00:00:77", master="br1", master_kind="bridge", kind="tun", mode="tap"),
    ether("eth0.5", NIC, kind="vlan", link="eth0", link_netns="", master="br5", master_kind="bridge"),
    ether("eth1.5", OTHER_NIC, kind="vlan", link="eth1", link_netns="", master="br5", master_kind="bridge"),
]
ENTRIES = {
    "learned at the sampled interface itself": ("- eth0 %s - br0 - -", False),
    "in a VLAN of the sampled interface": ("- eth0.5 %s - br5 - -", False),
    "passed on to another port of its bridge": ("- eth1 %s - br0 - -", True),
    "passed on to another VLAN port of a bridge above it": ("- eth1.5 %s - br5 - -", True),
    "learned at an uplink of another bridge": ("- eth2 %s - br1 - -", False),
    "a guest on another bridge": ("- vnet0 %s - br1 - -", True),
    "static": ("- eth0 %s - - - self,permanent", True),
}


@pytest.mark.parametrize(("entry", "is_own"), ENTRIES.values(), ids=ENTRIES.keys())
def test_forwarding_tables(entry, is_own):
    snapshot = {"interfaces": BRIDGED, "fdb": fdb(entry % PEER)}
    assert (PEER in macs(snapshot)) is is_own


def test_frames_from_itself():
    interfaces = [
        ether("eth0", NIC, master="bond0", master_kind="bond"),
        ether("bond0", NIC, kind="bond"),
        ether("eth9", OTHER_NIC),
        ether("mac0", PEER, kind="macvlan", link="bond0", link_netns=""),
    ]
    assert _own_macs.sent_through(("", "eth0"), interfaces) == {NIC, PEER}
