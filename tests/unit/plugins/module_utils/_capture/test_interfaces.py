"""Which interfaces are meant, which lead out of a host, and what is stacked on which."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _interfaces

from .shared import NIC, OTHER_NIC, PEER, ether

INTERFACES = [
    ether("eth0", NIC, altnames=["enp1s0"]), ether("eth1", OTHER_NIC), ether("eth2", OTHER_NIC, up=False),
    ether("br0", NIC, kind="bridge"), {"name": "lo", "link_type": "loopback", "up": True},
    ether("eth0", "02:00:00:00:00:77", netns="docker-1", kind="macvlan"),
]
CHOICES = {
    "by default what is up and leads out": ([], ["eth0", "eth1"]),
    "all but one": (["!eth1"], ["eth0"]),
    "by name, in this order, once": (["eth2", "eth0", "eth2"], ["eth2", "eth0"]),
    "by another name": (["enp1s0"], ["eth0"]),
    "of a container": (["docker-1/eth0"], ["docker-1/eth0"]),
}


@pytest.mark.parametrize(("wanted", "names"), CHOICES.values(), ids=CHOICES.keys())
def test_which_interfaces(wanted, names):
    assert [_interfaces.label(record) for record in _interfaces.chosen(INTERFACES, wanted)] == names


@pytest.mark.parametrize("name", ["eth9", "!eth9", "docker-1/eth9", ""])
def test_an_unknown_interface_is_named_with_the_known_ones(name):
    with pytest.raises(
        _interfaces.ChoiceError, match=r"interfaces: there is no .* here. This host has br0, eth0, eth1, eth2, lo"
    ):
        _interfaces.chosen(INTERFACES, [name])


UPLINKS = {
    "a NIC": (ether("eth0", NIC), True),
    "a bond's port": (ether("eth0", NIC, master="bond0"), True),
    "a port of a switch chip": (ether("lan1", NIC, kind="dsa"), True),
    "a container's cable": (ether("eth0", NIC, kind="veth", link_foreign=True), True),
    "a cable into a container": (ether("veth1", NIC, kind="veth", link="eth0", link_netns="docker-1"), False),
    "a cable into a container that could not be read": (
        ether("veth1", NIC, kind="veth", master="br0", link_foreign=True),
        False,
    ),
    "a lab's switch": (ether("sw-eth0", NIC, kind="veth", master="br0", link_foreign=True), True),
    "a VLAN": (ether("eth0.5", NIC, kind="vlan"), False),
    "a bond": (ether("bond0", NIC, kind="bond"), False),
    "a tap": (ether("tap0", NIC, mode="tap"), False),
    "the loopback": ({"name": "lo", "link_type": "loopback"}, False),
}


@pytest.mark.parametrize(("record", "wanted"), UPLINKS.values(), ids=UPLINKS.keys())
def test_what_leads_out_of_the_host(record, wanted):
    assert _interfaces.is_uplink(record) is wanted


def test_what_is_stacked_on_an_interface():
    interfaces = [
        ether("eth0", NIC, master="bond0", master_kind="bond"),
        ether("bond0", NIC, kind="bond", master="br0", master_kind="bridge"),
        ether("bond0.7", NIC, kind="vlan", link="bond0", link_netns=""),
        ether("mac0", PEER, kind="macvlan", link="bond0.7", link_netns=""),
        ether("br0", NIC, kind="bridge"),
        ether("eth9", OTHER_NIC),
    ]
    assert {name for _netns, name in _interfaces.above(("", "eth0"), interfaces)} == {
        "eth0",
        "bond0",
        "bond0.7",
        "mac0",
    }


def test_a_macvlan_in_a_container_is_stacked_on_the_hosts_nic():
    interfaces = [ether("eth0", NIC), ether("eth0", PEER, netns="docker-1", kind="macvlan", link="eth0", link_netns="")]
    assert ("docker-1", "eth0") in _interfaces.above(("", "eth0"), interfaces)
