"""The rule table: every row of "same MAC, and nothing is wrong" is shared, and its nearest harmful neighbour is not."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import PROXY_ADDRESSES
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._list import RULES
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import guest, hypervisor, neighbour, nic, server, snapshot

UUID = "11111111-2222-3333-4444-555555555555"
M = "00:25:90:00:aa:01"
N = "00:25:90:00:aa:02"
VIRTIO = "52:54:00:aa:bb:01"


def _pair(mac: str, **more):
    return [
        snapshot("r1", nic("eth0", "00:25:90:00:00:01"), nic("vip", mac, "10.0.0.9/24", **more)),
        snapshot("r2", nic("eth0", "00:25:90:00:00:02"), nic("vip", mac, "10.0.0.9/24", **more)),
    ]


def _svi(host: str, mac: str, address: str):
    return snapshot(
        host, nic("swp1", f"00:25:90:00:03:{host[-2:]}", master="bridge"),
        nic("bridge", f"00:25:90:00:01:{host[-2:]}", kind="bridge"),
        nic("vlan13", f"00:25:90:00:02:{host[-2:]}", kind="vlan", link="bridge", vlan={"id": 13}),
        nic("vlan13-v0", mac, address, kind="macvlan", link="vlan13"),
    )


def _docker(host: str, number: int):
    return snapshot(
        host,
        nic("eth0", f"00:25:90:00:00:{number:02x}", f"10.0.0.{number}/24"),
        nic("docker0", "02:42:ac:11:00:01", "172.17.0.1/16", kind="bridge"),
        nic("veth12ab", "02:42:ac:11:00:77", kind="veth", master="docker0", link_netns="docker-a", link="eth0"),
        nic(
            "eth0", "02:42:ac:11:00:02", "172.17.0.2/16", kind="veth", netns="docker-a", link_netns="", link="veth12ab"
        ),
        containers=[{"id": "docker-a", "name": "web"}],
        neighbours=[neighbour("docker0", "172.17.0.2 02:42:ac:11:00:02")],
    )


BOND = [
    nic("eth1", M, master="bond0", permanent_mac=M), nic("eth2", M, master="bond0", permanent_mac=N),
    nic("bond0", M, "10.0.0.1/24", kind="bond"), nic("bond0.5", M, kind="vlan", link="bond0", vlan={"id": 5}),
    nic("br5", M, kind="bridge"),
]

FAILOVER = guest("w", M, teaming={"type": "persistent"})
FAILOVER["nics"].append(
    {**FAILOVER["nics"][0], "alias": "hostdev0", "type": "hostdev", "teaming": {"type": "transient"}}
)


def _network_node(host: str, number: int, *addresses: str, port: str = "qg-1", more: tuple = ()):
    """A node of OpenStack with a router's port in a namespace, on Open vSwitch."""
    return snapshot(
        host,
        nic("eth0", f"00:25:90:00:00:{number:02x}", master="ovs-system"),
        nic(port, "fa:16:3e:77:03:5b", *addresses, kind="openvswitch", netns="netns:qrouter-1"),
        *more,
        bridges=[
            {
                "name": "br-int",
                "kind": "openvswitch",
                "ports": [port, "int-br-ex"],
                "port_vlans": {port: [{"id": 1, "pvid": True}]},
            },
            {"name": "br-ex", "kind": "openvswitch", "ports": ["eth0", "phy-br-ex"]},
        ],
        containers=[{"id": "netns:qrouter-1", "name": "qrouter-1", "runtime": "netns"}],
        neighbours=[neighbour(port, "203.0.113.1 00:1c:73:aa:aa:aa", netns="netns:qrouter-1")],
    )


CASES = {
    "router of OpenStack in standby": (
        "neutron_router",
        [_network_node("n1", 1, "203.0.113.50/24"), _network_node("n2", 2)],
    ),
    "distributed router of OpenStack": (
        "neutron_router",
        [_network_node(f"n{number}", number, "10.0.10.1/24", port="qr-1") for number in (1, 2)],
    ),
    "a cloud answers for everybody": (
        "cloud_network",
        [
            server(
                "a",
                M,
                "10.0.0.5/24",
                sees="",
                neighbours=[neighbour("eth0", f"10.0.0.{n} 12:34:56:78:9a:bc") for n in (1, 6)],
            )
        ],
    ),
    "failover pair of a guest": ("failover_pair", [hypervisor("hv1", 1, FAILOVER)]),
    "bond, ports, VLAN, bridge": ("one_host", [snapshot("a", *BOND)]),
    "team": ("one_host", [snapshot("a", nic("team0", M, kind="team"), nic("eth1", M, master="team0"))]),
    "ipvlan": ("one_host", [snapshot("a", nic("eth0", M), nic("ipvl0", M, kind="ipvlan", link="eth0"))]),
    "macsec": ("one_host", [snapshot("a", nic("eth0", M), nic("macsec0", M, kind="macsec", link="eth0"))]),
    "vrf": ("one_host", [snapshot("a", nic("eth0", M, master="blue"), nic("blue", M, kind="vrf"))]),
    "macvlan passthru into a container": (
        "one_host",
        [
            snapshot(
                "a",
                nic("eth1", M),
                nic("mv", M, kind="macvlan", link="eth1", link_netns="", netns="lxc-w", mode="passthru"),
            )
        ],
    ),
    "VF and synthetic NIC": (
        "one_host",
        [snapshot("a", nic("eth0", M, driver="hv_netvsc"), nic("enP1", M, driver="mlx5_core", master="eth0"))],
    ),
    "DSA ports": ("one_host", [snapshot("a", nic("lan1", M, kind="dsa"), nic("lan2", M, kind="dsa"))]),
    "two NICs of one machine, ARP flux": ("one_host", [snapshot("a", nic("eth0", M), nic("eth1", M))]),
    "Xen vif": ("xen_vif", _pair("fe:ff:ff:ff:ff:ff")),
    "Calico": ("calico", _pair("ee:ee:ee:ee:ee:ee")),
    "VRRP": ("virtual_router", _pair("00:00:5e:00:01:05", kind="macvlan", link="eth0")),
    "VRRP for IPv6": ("virtual_router", _pair("00:00:5e:00:02:05")),
    "HSRP": ("virtual_router", _pair("00:00:0c:07:ac:01")),
    "HSRP version 2": ("virtual_router", _pair("00:00:0c:9f:f0:01")),
    "GLBP": ("virtual_router", _pair("00:07:b4:00:01:01")),
    "NLB unicast": ("load_balancer", _pair("02:bf:0a:00:00:09")),
    "NLB multicast": ("multicast", _pair("03:bf:0a:00:00:09")),
    "anycast gateway": (
        "anycast_gateway",
        [_svi("l01", "00:00:00:11:12:10", "10.0.0.1/24"), _svi("l02", "00:00:00:11:12:10", "10.0.0.1/24")],
    ),
    "MLAG": ("mlag", _pair("44:39:39:ff:40:94", kind="vlan", link="bridge")),
    "placeholder of BMC NICs": ("placeholder", _pair("00:a0:c9:00:00:00")),
    "all zero": ("placeholder", _pair("00:00:00:00:00:00")),
    "InfiniBand": (
        "not_ethernet",
        [snapshot(h, nic("ib0", "80:00:02:08:fe:80", link_type="infiniband")) for h in ("a", "b")],
    ),
    "docker0 on two hosts": ("isolated_bridge", [_docker("d1", 1), _docker("d2", 2)]),
    "virbr0 of cloned images": (
        "isolated_bridge",
        [snapshot(h, nic("virbr0", "52:54:00:11:22:33", "192.168.122.1/24", kind="bridge")) for h in ("a", "b")],
    ),
    "domain defined on two hypervisors": (
        "one_domain",
        [hypervisor("hv1", 1, guest("w", M, uuid=UUID)), hypervisor("hv2", 2, guest("w", M, "shut off", UUID))],
    ),
    "domain off on both": (
        "one_domain",
        [hypervisor("hv1", 1, guest("w", M, "shut off", UUID)), hypervisor("hv2", 2, guest("w", M, "shut off", UUID))],
    ),
    "migrating domain": (
        "one_domain",
        [hypervisor("hv1", 1, guest("w", M, uuid=UUID)), hypervisor("hv2", 2, guest("w", M, "paused", UUID))],
    ),
    "guest that is an inventory host": (
        "inventory_guest",
        [
            hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
            server("w", M, "192.168.100.9/23", identity={"product_uuid": UUID.upper()}),
        ],
    ),
    "guest in the inventory that was read without root": (
        "inventory_guest",
        [
            hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
            server("w", M, "192.168.100.9/23", identity={"virtualization": "kvm"}),
        ],
    ),
    "guest in the inventory, of which nothing but raw text is known": (
        "inventory_guest",
        [
            hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
            server("w", M, "192.168.100.9/23", identity={"machine_id": None, "boot_id": None, "netns": None}),
        ],
    ),
    "guest on a machine whose firmware says nothing": (
        "inventory_guest",
        [
            hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
            server("w", M, "192.168.100.9/23", nic={"driver": "virtio_net"}),
        ],
    ),
    "guest in the inventory, and a tap instead of its definition": (
        "inventory_guest",
        [
            {**hypervisor("hv1", 1, guest("w", VIRTIO)), "guests": []},
            server("w", VIRTIO, "192.168.100.9/23", identity={"product_uuid": UUID, "virtualization": "kvm"}),
        ],
    ),
    "macvtap in passthrough mode lends the guest's address to the NIC": (
        "one_host",
        [
            snapshot(
                "hv",
                nic("eth0", N, permanent_mac=N),
                nic("eth0.5", N, kind="vlan", link="eth0", vlan={"id": 5}),
                nic("eth1", M, permanent_mac=N[:-1] + "8"),
                nic("macvtap0", M, kind="macvtap", link="eth1", mode="passthru"),
                guests=[guest("g", M, type="direct", source="eth1", bridge=None, tap="macvtap0", mode="passthrough")],
            )
        ],
    ),
    "container that is an inventory host": (
        "inventory_guest",
        [
            hypervisor(
                "hv1",
                1,
                containers=[{"id": "lxc-w", "name": "w", "netns": "4026532281", "machine_id": "id-w"}],
                more=[
                    nic("vethw", "fe:16:3e:00:00:01", kind="veth", master="br0", link="eth0", link_netns="lxc-w"),
                    nic("eth0", M, "192.168.100.9/23", kind="veth", netns="lxc-w", link="vethw", link_netns=""),
                ],
            ),
            server("w", M, "192.168.100.9/23", identity={"netns": "4026532281", "container": "lxc"}),
        ],
    ),
    "several addresses of one host": (
        "one_owner",
        [
            snapshot("a", nic("eth0", M, "10.0.0.1/24", "10.0.0.2/24"), nic("lo0", N, "10.0.0.3/32")),
            server(
                "b", N[:-1] + "9", "10.0.0.8/24", neighbours=[neighbour("eth0", f"10.0.0.{n} {M}") for n in (1, 2, 3)]
            ),
        ],
    ),
    "several addresses of one container": (
        "one_owner",
        [
            snapshot(
                "a",
                nic("br0", N, kind="bridge"),
                nic("vethc", N[:-1] + "7", kind="veth", master="br0", link="eth0", link_netns="lxc-w"),
                nic("eth0", M, "10.0.0.1/24", "10.0.0.2/24", kind="veth", netns="lxc-w", link="vethc", link_netns=""),
                containers=[{"id": "lxc-w", "name": "w"}],
                neighbours=[neighbour("br0", f"10.0.0.{n} {M}") for n in (1, 2)],
            )
        ],
    ),
    "router that hosts send through": (
        "router",
        [
            server(
                "b",
                N,
                "10.0.0.8/24",
                neighbours=[neighbour("eth0", f"10.0.0.{n} {M}") for n in (1, 2)],
                routes=[{"via": "10.0.0.1"}],
            )
        ],
    ),
    "proxy ARP": (
        "router",
        [
            server(
                "b",
                N,
                "10.0.0.8/24",
                neighbours=[neighbour("eth0", f"10.0.0.{n} {M}") for n in range(20, 20 + PROXY_ADDRESSES)],
            )
        ],
    ),
    "router in the inventory": (
        "router",
        [
            server("r", M, "10.0.0.1/24", sysctls={"net.ipv4.ip_forward": "1"}),
            server("b", N, "10.0.0.8/24", neighbours=[neighbour("eth0", f"10.0.0.{n} {M}") for n in (1, 77)]),
        ],
    ),
}


@pytest.mark.parametrize(("rule", "fleet"), CASES.values(), ids=CASES.keys())
def test_a_legitimate_reason_is_named_and_nothing_else_is_said(rule, fleet):
    verdict = mac_collisions(fleet, list_shared=True)
    assert verdict["coverage"]["quarantined"] == []
    assert {finding["status"] for finding in verdict["findings"]} == {"shared"}
    assert rule in {finding["rule"] for finding in verdict["findings"]}
    assert verdict["summary"]["shared"] == len(verdict["findings"])


def test_every_rule_has_a_case():
    assert {rule for rule, _fleet in CASES.values()} >= {
        {"one_owner_several_addresses": "one_owner", "virtual_router_address": "virtual_router"}.get(
            rule.__name__, rule.__name__
        )
        for rule in RULES
    }


HARMFUL = {
    "a server on a gateway's macvlan MAC with another address": [
        _svi("l01", M, "10.0.0.1/24"),
        _svi("l02", M, "10.0.0.2/24"),
    ],
    "two servers, one copied MAC": [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23")],
    "full clones with one address too": [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.4/23")],
    "guests on isolated bridges can migrate": [
        hypervisor("hv1", 1, guest("x", M, bridge="virbr0")),
        hypervisor("hv2", 2, guest("y", M, bridge="virbr0")),
    ],
    "two containers on one isolated bridge": [
        snapshot(
            "d",
            nic("docker0", N, kind="bridge"),
            *[
                nic(
                    f"veth{c}",
                    f"02:42:00:00:00:0{c}",
                    kind="veth",
                    master="docker0",
                    link_netns=f"docker-{c}",
                    link="eth0",
                )
                for c in (1, 2)
            ],
            *[nic("eth0", M, kind="veth", netns=f"docker-{c}", link_netns="", link=f"veth{c}") for c in (1, 2)],
        )
    ],
    "a physical server with a guest's MAC": [
        hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
        server("w", M, "192.168.100.9/23"),
    ],
    "a guest of another UUID": [
        hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
        server("w", M, "192.168.100.9/23", identity={"product_uuid": UUID[:-1] + "6", "virtualization": "kvm"}),
    ],
    "two guests that could be it": [
        hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
        *[server(f"w{n}", M, f"192.168.100.{n}/23", identity={"virtualization": "kvm"}) for n in (7, 8)],
    ],
    "a host that could be either of two guests": [
        hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
        hypervisor("hv2", 2, guest("v", M)),
        server("w", M, "192.168.100.9/23", identity={"virtualization": "kvm"}),
    ],
    "clones that claim to be one product": [
        hypervisor("hv1", 1, guest("w", M, uuid=UUID)),
        server("w", M, "192.168.100.9/23", identity={"product_uuid": UUID}),
        server("v", M, "192.168.100.10/23", identity={"product_uuid": UUID}),
    ],
}


@pytest.mark.parametrize("fleet", HARMFUL.values(), ids=HARMFUL.keys())
def test_what_only_looks_legitimate_is_not_shared(fleet):
    found = [row for row in mac_collisions(fleet, list_shared=True)["findings"] if row["mac"] == M]
    assert [row["status"] for row in found] != ["shared"]
    assert found[0]["status"] in ("conflict", "latent")
