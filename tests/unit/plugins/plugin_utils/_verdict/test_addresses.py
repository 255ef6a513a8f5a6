"""IP addresses: every reason of the rule table is shared, its nearest harmful neighbour is not; statuses, evidence,
fix, hostile input.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._list import RULES
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import PROXY_ADDRESSES
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import (
    SCHEMA,
    STATUSES,
    ip_conflicts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import read_exceptions
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..builders import GATEWAY, guest, hypervisor, neighbour, nic, server, snapshot

A, B, C, OLD, R = (f"00:25:90:00:aa:0{number}" for number in (1, 2, 3, 8, 9))
IP, VIP, V6 = "192.168.100.9", "192.168.100.77", "2001:db8::9"
VRRP = "00:00:5e:00:01:05"
SILENT = {
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.all.arp_announce": "2",
    "net.ipv4.conf.default.arp_ignore": "0",
    "net.ipv4.conf.default.arp_announce": "0",
}
LOUD = dict.fromkeys(SILENT, "0")


def _v6(host: str, mac: str, *flags: str, address: str = V6, **more):
    one = server(host, mac, f"192.168.100.{int(mac[-2:]) + 200}/23", **more)
    one["interfaces"][0]["addresses"].append({"address": address, "prefix": 64, "flags": list(flags)})
    return one


def _without_mac(host: str, **more):
    return snapshot(host, nic("eth0", None, f"{IP}/23"), **more)


def _real(host: str, mac: str, sysctls=None, name: str = "lo", address: str = f"{VIP}/32", **more):
    """A real server of a load balancer: the VIP is on its loopback, dummy or tunnel."""
    kinds = {
        "lo": {"link_type": "loopback", "mac": "00:00:00:00:00:00"},
        "tunl0": {"link_type": "ipip", "mac": None, "kind": "ipip"},
    }
    one = server(
        host, mac, f"192.168.100.{10 + int(mac[-2:])}/23", **({} if sysctls is None else {"sysctls": sysctls}), **more
    )
    one["interfaces"].append(
        {
            **nic(name, "02:00:00:00:00:01", address, **({"kind": "dummy"} if name not in kinds else {})),
            **kinds.get(name, {}),
        }
    )
    return one


def _director(mac: str = C):
    return server("lvs", mac, f"{VIP}/32", neighbours=[neighbour("eth0", f"192.168.100.250 {R}")])


def _router_with_vip(host: str, mac: str, up: bool = True, kind: str = "macvlan", vmac: str = VRRP):
    one = server(host, mac, f"192.168.100.{10 + int(mac[-2:])}/23")
    one["interfaces"].append(nic("vrrp5", vmac, f"{VIP}/32", kind=kind, link="eth0", up=up))
    return one


def _svi(host: str, number: int, *addresses: str, mac: str = "", bridge: str = "bridge", seen: bool = True):
    own = mac or f"00:25:90:00:02:0{number}"
    return snapshot(
        host,
        nic("swp1", f"00:25:90:00:03:0{number}", master=bridge),
        nic(bridge, f"00:25:90:00:01:0{number}", kind="bridge"),
        *[
            nic(f"vlan1{index}", own, address, kind="vlan", link=bridge, vlan={"id": 10 + index})
            for index, address in enumerate(addresses)
        ],
        neighbours=[neighbour("vlan10", "10.0.0.200 00:25:90:00:04:01")] if seen else [],
    )


def _docker(host: str, number: int, *more):
    return snapshot(
        host,
        nic("eth0", f"00:25:90:00:00:0{number}", f"192.168.100.{30 + number}/23"),
        nic("docker0", f"02:42:ac:00:00:0{number}", "172.17.0.1/16", kind="bridge"),
        *more,
        neighbours=[neighbour("eth0", GATEWAY)],
    )


def _seen(pair: str, state: str = "REACHABLE", host: str = "watcher", mac: str = "00:25:90:00:bb:01", **more):
    return server(
        host,
        mac,
        f"192.168.100.{100 + int(mac[-2:])}/23",
        neighbours=[neighbour("eth0", pair).replace("REACHABLE", state)],
        **more,
    )


def _two(**more):
    return [server("a", A, f"{IP}/23"), server("b", B, f"{IP}/23", **more)]


CASES = {
    "link-local address in two networks": (
        "link_local",
        [server("a", A, "169.254.169.254/16", sees=""), server("b", B, "169.254.169.254/16", sees="")],
    ),
    "fe80::1 in two networks": (
        "link_local",
        [server("a", A, "fe80::1/64", sees=""), server("b", B, "fe80::1/64", sees="")],
    ),
    "stand-in of BGP unnumbered": (
        "link_local",
        [_seen(f"169.254.0.1 {A}"), _seen(f"169.254.0.1 {B}", "REACHABLE", "other", C)],
    ),
    "software answers on both NICs of one machine": (
        "one_machine",
        [
            snapshot(
                "k",
                nic("eth0", A, "192.168.100.31/23"),
                nic("eth1", B, "192.168.100.32/23"),
                neighbours=[neighbour("eth0", GATEWAY)],
            ),
            _seen(f"{IP} {A}"),
            _seen(f"{IP} {B}", "REACHABLE", "other", C),
        ],
    ),
    "a cloud answers for everybody": (
        "proxy_arp",
        [
            server("a", A, f"{IP}/23"),
            server("b", B, "192.168.100.10/23", neighbours=[neighbour("eth0", f"{IP} 12:34:56:78:9a:bc")]),
        ],
    ),
    "VRRP on virtual MACs": ("virtual_router", [_router_with_vip("r1", A), _router_with_vip("r2", B)]),
    "VIP seen at its virtual MAC": ("virtual_router", [server("r1", A, f"{VIP}/32"), _seen(f"{VIP} {VRRP}")]),
    "HSRP of routers that are not asked": (
        "virtual_router",
        [_seen(f"{VIP} 00:00:0c:07:ac:01"), _seen(f"{VIP} {R}", "REACHABLE", "other", C)],
    ),
    "GLBP: several virtual MACs": (
        "virtual_router",
        [_seen(f"{VIP} 00:07:b4:00:01:01"), _seen(f"{VIP} 00:07:b4:00:01:02", "REACHABLE", "other", C)],
    ),
    "keepalived: one has it up": (
        "standby_vip",
        [server("k1", A, f"{VIP}/32"), server("k2", B, f"{VIP}/32", nic={"up": False})],
    ),
    "macvlan in standby, MACs of their own": (
        "standby_vip",
        [
            _router_with_vip("k1", A, vmac="02:00:00:00:01:01"),
            _router_with_vip("k2", B, False, vmac="02:00:00:00:01:02"),
        ],
    ),
    "LVS, VIP on lo": ("load_balancer_vip", [_director(), _real("r1", A, SILENT), _real("r2", B, SILENT)]),
    "LVS, VIP on tunl0": (
        "load_balancer_vip",
        [_director(), _real("r1", A, SILENT, "tunl0"), _real("r2", B, SILENT, "tunl0")],
    ),
    "LVS, VIP on a dummy, silent by its NIC": (
        "load_balancer_vip",
        [
            _director(),
            _real(
                "r1",
                A,
                {**LOUD, "net.ipv4.conf.eth0.arp_ignore": "1", "net.ipv4.conf.eth0.arp_announce": "2"},
                "dummy0",
            ),
        ],
    ),
    "LVS, set by default": (
        "load_balancer_vip",
        [
            _director(),
            _real(
                "r1", A, {**LOUD, "net.ipv4.conf.default.arp_ignore": "8", "net.ipv4.conf.default.arp_announce": "2"}
            ),
        ],
    ),
    "LVS, the director is not asked": (
        "load_balancer_vip",
        [_seen(f"{VIP} {C}"), _real("r1", A, SILENT), _real("r2", B, SILENT)],
    ),
    "anycast gateway, one MAC": (
        "anycast_gateway",
        [_svi("l1", 1, "10.0.0.1/24", mac="00:00:00:11:12:10"), _svi("l2", 2, "10.0.0.1/24", mac="00:00:00:11:12:10")],
    ),
    "gateway of an MLAG pair, a MAC each": (
        "anycast_gateway",
        [_svi("l1", 1, "10.0.0.1/24", "10.0.1.1/24"), _svi("l2", 2, "10.0.0.1/24", "10.0.1.1/24")],
    ),
    "gateway of one VLAN that hosts route through": (
        "anycast_gateway",
        [
            _svi("l1", 1, "10.0.0.1/24"),
            _svi("l2", 2, "10.0.0.1/24"),
            server("h", A, "10.9.0.7/24", routes=[{"via": "10.0.0.1"}]),
        ],
    ),
    "MLAG system address": (
        "mlag",
        [
            snapshot(host, nic("peer", "44:39:39:ff:40:94", "10.0.0.1/30", kind="vlan", link="bond0"))
            for host in ("a", "b")
        ],
    ),
    "anycast on loopbacks": (
        "anycast",
        [_real("a", A, LOUD, address="10.255.0.1/32"), _real("b", B, LOUD, address="10.255.0.1/32")],
    ),
    "service addresses of Kubernetes nodes": (
        "anycast",
        [_real("a", A, LOUD, "kube-ipvs0", "10.96.0.1/32"), _real("b", B, LOUD, "kube-ipvs0", "10.96.0.1/32")],
    ),
    "VIP on tunl0 in another segment than the director": (
        "anycast",
        [
            server("lvs", C, "203.0.113.7/24", sees="203.0.113.1 00:1b:21:aa:00:77"),
            _real("r1", A, LOUD, "tunl0", "203.0.113.7/32"),
        ],
    ),
    "IPv6 VIP on lo, which nobody answers for": (
        "anycast",
        [_v6("lvs", C), _real("r1", A, LOUD, address=f"{V6}/128"), _real("r2", B, LOUD, address=f"{V6}/128")],
    ),
    "docker0 on two hosts": ("isolated_bridge", [_docker("d1", 1), _docker("d2", 2)]),
    "virbr0 on two hosts": (
        "isolated_bridge",
        [
            snapshot(host, nic("virbr0", f"52:54:00:11:22:3{number}", "192.168.122.1/24", kind="bridge"))
            for number, host in enumerate(("a", "b"))
        ],
    ),
    "proxy ARP of a router with many addresses": (
        "proxy_arp",
        [
            server("a", A, f"{IP}/23"),
            _seen(f"{IP} {A}"),
            server(
                "b",
                B,
                "192.168.100.8/23",
                neighbours=[neighbour("eth0", f"192.168.100.{n} {R}") for n in (9, *range(20, 20 + PROXY_ADDRESSES))],
            ),
        ],
    ),
    "proxy ARP of a host that forwards": (
        "proxy_arp",
        [
            server("a", A, f"{IP}/23"),
            server("r", R, "192.168.100.3/23", sysctls={"net.ipv4.ip_forward": "1"}),
            _seen(f"{IP} {R}"),
        ],
    ),
    "proxy ARP switched on": (
        "proxy_arp",
        [
            server("a", A, f"{IP}/23"),
            _seen(f"{IP} {R}"),
            server(
                "r",
                R,
                "192.168.100.3/23",
                sysctls={"net.ipv4.conf.all.proxy_arp": "0", "net.ipv4.conf.eth0.proxy_arp": "1"},
            ),
        ],
    ),
    "proxy ARP of the gateway": (
        "proxy_arp",
        [server("a", A, f"{IP}/23", routes=[{"via": "192.168.100.1"}]), _seen(f"{IP} 00:1b:21:aa:00:01")],
    ),
    "replaced NIC in an old cache": (
        "old_entry",
        [server("a", A, f"{IP}/23"), _seen(f"{IP} {OLD}", "STALE"), _seen(f"{IP} {A}", host="w2", mac=C)],
    ),
    "lease that went to another machine": (
        "old_entry",
        [_seen(f"{IP} {OLD}", "STALE"), _seen(f"{IP} {R}", host="w2", mac=C)],
    ),
    "VIP that moved from one asked host to another": (
        "old_entry",
        [server("a", A, f"{VIP}/32"), server("b", B, "192.168.100.8/23"), _seen(f"{VIP} {B}", "STALE")],
    ),
    "guest that is shut off and had it": (
        "old_entry",
        [server("a", A, f"{IP}/23"), hypervisor("hv", 5, guest("was", OLD, "shut off")), _seen(f"{IP} {OLD}")],
    ),
}
RULE_NAMES = {"gateway_mac": "anycast_gateway", "virtual_router_address": "virtual_router"}


@pytest.mark.parametrize(("rule", "fleet"), CASES.values(), ids=CASES.keys())
def test_a_legitimate_reason_is_named_and_nothing_else_is_said(rule, fleet):
    verdict = ip_conflicts(fleet, list_shared=True)
    assert verdict["coverage"]["quarantined"] == []
    assert {(finding["status"], finding["rule"]) for finding in verdict["findings"]} == {("shared", rule)}
    assert verdict["summary"]["shared"] == len(verdict["findings"]) and ip_conflicts(fleet)["findings"] == []


def test_every_rule_has_a_case():
    assert {rule for rule, _fleet in CASES.values()} >= {RULE_NAMES.get(rule.__name__, rule.__name__) for rule in RULES}


SILENT_FACTS = {
    "loopback addresses": [
        snapshot(
            host,
            nic("eth0", mac, f"192.168.100.{10 + int(mac[-2:])}/23"),
            nic("mgmt", "02:00:00:00:00:07", "127.0.0.1/8", "::1/128", kind="vrf"),
            neighbours=[neighbour("eth0", GATEWAY)],
        )
        for host, mac in (("a", A), ("b", B))
    ],
    "one host, several NICs (unnumbered)": [
        snapshot(
            "a",
            nic("eth0", A, f"{IP}/32"),
            nic("eth1", B, f"{IP}/32"),
            neighbours=[neighbour("eth0", GATEWAY), neighbour("eth1", GATEWAY)],
        )
    ],
    "ARP flux": [
        snapshot(
            "a",
            nic("eth0", A, f"{IP}/23"),
            nic("eth1", B, "192.168.100.10/23"),
            neighbours=[neighbour("eth0", GATEWAY)],
        ),
        _seen(f"{IP} {A}"),
        _seen(f"{IP} {B}", host="w2", mac=C),
    ],
    "one machine under two names": [
        server(h, A, f"{IP}/23", identity={"machine_id": "m", "boot_id": "b"}) for h in ("a", "alias")
    ],
    "a guest that is an inventory host": [
        hypervisor("hv", 5, guest("w", A, uuid="u-u")),
        server("w", A, f"{IP}/23", identity={"product_uuid": "U-U"}),
        _seen(f"{IP} {A}"),
    ],
    "a group address": [_seen(f"224.0.0.5 {A}"), _seen(f"224.0.0.5 {B}", host="w2", mac=C)],
    "one subnet's address in two unproven segments, only seen": [
        _seen(f"10.0.0.1 {A}", sees="192.168.7.1 00:25:90:00:07:01"),
        _seen(f"10.0.0.1 {B}", host="w2", mac=C, sees=""),
    ],
}


@pytest.mark.parametrize("fleet", SILENT_FACTS.values(), ids=SILENT_FACTS.keys())
def test_what_concerns_one_owner_is_not_even_listed(fleet):
    assert ip_conflicts(fleet, list_shared=True)["findings"] == []


def _container(name: str, number: int):
    return [
        nic(
            f"veth{number}",
            f"02:42:00:00:00:0{number}",
            kind="veth",
            master="docker0",
            link_netns=f"docker-{name}",
            link="eth0",
        ),
        nic(
            "eth0",
            f"02:42:ac:11:00:0{number}",
            "172.17.0.9/16",
            kind="veth",
            netns=f"docker-{name}",
            link_netns="",
            link=f"veth{number}",
        ),
    ]


JUDGED = {
    "two servers": ("conflict", "two_owners", _two()),
    "two servers, IPv6": ("conflict", "two_owners", [_v6("a", A), _v6("b", B)]),
    "a deprecated address is still answered for": ("conflict", "two_owners", [_v6("a", A, "deprecated"), _v6("b", B)]),
    "split brain: the VIP is up twice": (
        "conflict",
        "two_owners",
        [server("a", A, f"{VIP}/32"), server("b", B, f"{VIP}/32")],
    ),
    "two containers on one bridge": (
        "conflict",
        "two_owners",
        [_docker("d1", 1, *_container("x", 3), *_container("y", 4))],
    ),
    "two SVIs with one address, and nothing else in common": (
        "conflict",
        "two_owners",
        [_svi("l1", 1, "10.0.0.7/24", "10.0.1.1/24"), _svi("l2", 2, "10.0.0.7/24", "10.0.1.2/24")],
    ),
    "somebody took the gateway's address": (
        "conflict",
        "two_owners",
        [
            server("gw", A, "192.168.100.1/23", sees=f"192.168.100.9 {B}", sysctls={"net.ipv4.ip_forward": "1"}),
            snapshot("b", nic("eth0", B, "192.168.100.9/23", "192.168.100.1/23"), routes=[{"via": "192.168.100.1"}]),
        ],
    ),
    "real server that answers for the VIP": ("conflict", "vip_answers", [_director(), _real("r1", A, LOUD)]),
    "arp_ignore on the wrong interface": (
        "conflict",
        "vip_answers",
        [
            _director(),
            _real("r1", A, {**LOUD, "net.ipv4.conf.lo.arp_ignore": "1", "net.ipv4.conf.lo.arp_announce": "2"}),
        ],
    ),
    "service addresses in the nodes' own subnet": (
        "conflict",
        "vip_answers",
        [_real("a", A, LOUD, "kube-ipvs0"), _real("b", B, LOUD, "kube-ipvs0")],
    ),
    "real server that announces the VIP": (
        "latent",
        "vip_announced",
        [_director(), _real("r1", A, {**SILENT, "net.ipv4.conf.all.arp_announce": "1"})],
    ),
    "real server whose sysctls were not read": ("suspected", "vip_may_answer", [_director(), _real("r1", A)]),
    "DAD failed, the other is known": (
        "conflict",
        "proven_otherwise",
        [_v6("a", A), _v6("b", B, "dadfailed", "tentative")],
    ),
    "DAD failed, no segment proven": (
        "conflict",
        "proven_otherwise",
        [_v6("a", A, sees=""), _v6("b", B, "dadfailed", sees="")],
    ),
    "DAD failed, the other is unknown": ("suspected", "unknown_owner", [_v6("b", B, "dadfailed")]),
    "a tentative address": ("latent", "one_is_off", [_v6("a", A), _v6("b", B, "tentative")]),
    "one is down": ("latent", "one_is_off", _two(nic={"up": False})),
    "no carrier": ("latent", "one_is_off", _two(nic={"carrier": False})),
    "no common segment, one subnet": (
        "latent",
        "probably_one_segment",
        [server("a", A, f"{IP}/23", sees=""), server("b", B, f"{IP}/23", sees="")],
    ),
    "the operator says: apart": (
        "latent",
        "different_segments",
        [
            server("a", A, f"{IP}/23", sees="", layer2_segment="x"),
            server("b", B, f"{IP}/23", sees="", layer2_segment="y"),
        ],
    ),
    "the operator says: together": (
        "conflict",
        "two_owners",
        [
            server("a", A, f"{IP}/23", sees="", layer2_segment="x"),
            server("b", B, f"{IP}/23", sees="", layer2_segment="x"),
        ],
    ),
    "only a virtual gateway in common": (
        "suspected",
        "weakly_proven",
        [server(host, mac, f"{IP}/23", sees=f"192.168.100.1 {VRRP}") for host, mac in (("a", A), ("b", B))],
    ),
    "full clones": ("handed_over", "one_mac", [server("a", A, f"{IP}/23"), server("b", A, f"{IP}/23")]),
    "full clones, no common segment": (
        "handed_over",
        "one_mac",
        [server("a", A, f"{IP}/23", sees=""), server("b", A, f"{IP}/23", sees="")],
    ),
    "nobody knows their MACs": ("latent", "probably_one_segment", [_without_mac("a"), _without_mac("b")]),
    "nobody knows their MACs, one segment": (
        "conflict",
        "two_owners",
        [_without_mac("a", layer2_segment="x"), _without_mac("b", layer2_segment="x")],
    ),
    "an unknown machine answers too": (
        "suspected",
        "unknown_owner",
        [server("a", A, f"{IP}/23"), _seen(f"{IP} {OLD}")],
    ),
    "an unknown machine, its state is not told": (
        "suspected",
        "unknown_owner",
        [server("a", A, f"{IP}/23"), _seen(f"{IP} {OLD}", "-")],
    ),
    "a running guest answers too": (
        "suspected",
        "unknown_owner",
        [server("a", A, f"{IP}/23"), hypervisor("hv", 5, guest("w", OLD)), _seen(f"{IP} {OLD}", "STALE")],
    ),
    "two unknown machines": ("suspected", "several_macs", [_seen(f"{IP} {OLD}"), _seen(f"{IP} {R}", host="w2", mac=C)]),
    "two unknown machines, all entries old": (
        "suspected",
        "several_macs",
        [_seen(f"{IP} {OLD}", "STALE"), _seen(f"{IP} {R}", "STALE", "w2", C)],
    ),
    "two running guests": (
        "suspected",
        "several_macs",
        [
            hypervisor("hv1", 5, guest("x", OLD)),
            hypervisor("hv2", 6, guest("y", R)),
            _seen(f"{IP} {OLD}"),
            _seen(f"{IP} {R}", host="w2", mac=C),
        ],
    ),
    "a router's own address at an unknown MAC": (
        "suspected",
        "several_macs",
        [
            _seen("192.168.100.1 00:1b:21:aa:00:01", routes=[{"via": "192.168.100.1"}]),
            _seen(f"192.168.100.1 {OLD}", host="w2", mac=C),
        ],
    ),
}


@pytest.mark.parametrize(("status", "rule", "fleet"), JUDGED.values(), ids=JUDGED.keys())
def test_what_no_reason_explains_is_judged(status, rule, fleet):
    verdict = ip_conflicts(fleet, list_shared=True)
    assert [(row["status"], row["rule"]) for row in verdict["findings"]] == [(status, rule)], verdict["findings"]
    assert verdict["summary"][status] == 1 and sum(verdict["summary"][name] for name in STATUSES) == 1
    assert verdict["findings"][0]["fix"] and verdict["findings"][0]["evidence"]


def _only(fleet, **options):
    verdict = ip_conflicts(fleet, **options)
    assert len(verdict["findings"]) == 1, verdict["findings"]
    return verdict["findings"][0]


def test_a_conflict_names_owners_macs_proof_and_hint():
    found = _only([*_two(), _seen(f"{IP} {A}")])
    assert (found["address"], found["macs"], found["segment"], found["confidence"]) == (
        IP,
        [A, B],
        "192.168.100.0/23",
        "high",
    )
    assert {(row["host"], row["interface"], row["mac"], row["state"]) for row in found["owners"]} == {
        ("a", "eth0", A, "up"), ("b", "eth0", B, "up")}
    assert found["segment_proof"] and found["seen_with"] == [A] and found["cause"] == "set_twice"
    assert any("eth0 of watcher" in line and A in line for line in found["evidence"])
    assert found["fix"].startswith(f"on b: ip address del {IP}/23 dev eth0"), (
        "neighbours know a with it, so b gives way"
    )


def test_neighbours_that_have_it_at_both_macs_make_it_certain():
    assert _only([*_two(), _seen(f"{IP} {A}"), _seen(f"{IP} {B}", host="w2", mac=C)])["confidence"] == "certain"


def _flagged(host: str, mac: str, *flags: str, **more):
    one = server(host, mac, f"{IP}/23", **more)
    one["interfaces"][0]["addresses"][0]["flags"] = list(flags)
    return one


def _both(subnet: str):
    beside = [neighbour("eth0", GATEWAY)]
    return [snapshot(host, nic("eth0", mac, subnet), neighbours=beside) for host, mac in (("a", A), ("b", B))]


@pytest.mark.parametrize(
    ("cause", "hint", "fleet"),
    [
        (
            "cloned_machine_id",
            "systemd-machine-id-setup",
            [_flagged(h, m, "dynamic", identity={"machine_id": "one"}) for h, m in (("a", A), ("b", B))],
        ),
        (
            "static_in_pool",
            "take 192.168.100.9 out of the DHCP server's pool",
            [_flagged("a", A, "dynamic"), _flagged("b", B)],
        ),
        (
            "leased_twice",
            "only deleted comes back with the renewal",
            [_flagged("a", A, "dynamic"), _flagged("b", B, "dynamic")],
        ),
        ("set_twice", "ip address del", _two()),
        ("self_assigned", "why a and b get no lease", _both("169.254.7.9/16")),
        ("set_twice", "ip address del 169.254.7.9/30", _both("169.254.7.9/30")),
        ("set_twice", "ip address del 169.254.0.9/16", _both("169.254.0.9/16")),
        ("set_twice", "ip address del 169.254.255.9/16", _both("169.254.255.9/16")),
        ("set_twice", "ip address del 169.254.169.254/16", _both("169.254.169.254/16")),
        ("unknown", "arping -c 3 -I eth0", [server("a", A, f"{IP}/23"), _seen(f"{IP} {OLD}")]),
        ("unknown", f"ndisc6 -m {V6} eth0", [_v6("a", A), _seen(f"{V6} {OLD}")]),
        ("unknown", "arp_ignore=1", [_director(), _real("r1", A, LOUD)]),
        ("one_mac", "mac_collisions", [server("a", A, f"{IP}/23"), server("b", A, f"{IP}/23")]),
    ],
)
def test_the_cause_leads_to_the_fix(cause, hint, fleet):
    found = _only(fleet)
    assert found["cause"] == cause and hint in found["fix"]


def test_full_clones_are_one_conflict_in_all():
    fleet = [server("a", A, f"{IP}/23"), server("b", A, f"{IP}/23")]
    assert (mac_collisions(fleet)["summary"]["conflict"], ip_conflicts(fleet)["summary"]["conflict"]) == (1, 0)
    assert A in _only(fleet)["reason"] and "mac_collisions" in _only(fleet)["reason"]


def test_an_address_made_from_a_twins_mac_says_so():
    made = "fe80::225:90ff:fe00:aa01"
    found = _only(
        [
            snapshot(h, nic("eth0", A, f"{made}/64", f"192.168.100.{n}/23"), neighbours=[neighbour("eth0", GATEWAY)])
            for h, n in (("a", 7), ("b", 8))
        ]
    )
    assert (found["address"], found["status"]) == (made, "handed_over") and "made from" in found["reason"]


def test_one_address_in_two_segments_is_judged_in_each():
    other = "192.168.100.2 00:1b:21:aa:00:02"
    pairs = [server("a", A, f"{IP}/23"), server("b", B, f"{IP}/23"), server("c", C, f"{IP}/23", sees=other),
             server("d", OLD, f"{IP}/23", sees=other)]
    rows = [row for row in ip_conflicts(pairs)["findings"] if row["status"] == "conflict"]
    assert sorted(sorted(owner["host"] for owner in row["owners"]) for row in rows) == [["a", "b"], ["c", "d"]]
    assert len({row["id"] for row in rows}) == 2


def test_identical_networks_behind_nat_do_not_prove_each_other():
    """VirtualBox, QEMU and clouds give every network the same gateway at the same MAC."""
    for gateway in (
        "10.0.2.2 52:54:00:12:35:02",
        "10.0.2.2 52:55:0a:00:02:02",
        "10.0.0.1 12:34:56:78:9a:bc",
        "10.0.0.1 ee:ff:ff:ff:ff:ff",
    ):
        fleet = [server("a", A, "10.0.2.15/24", sees=gateway), server("b", B, "10.0.2.15/24", sees=gateway)]
        assert _only(fleet)["rule"] == "segment_not_proven", gateway


def test_the_id_is_stable_whatever_the_order():
    assert _only(_two())["id"] == _only(_two()[::-1])["id"]
    assert _only(_two())["id"] != _only([server("a", A, f"{IP}/23"), server("c", B, f"{IP}/23")])["id"]


def test_an_exception_holds_until_it_expires():
    rows = [{"match": f"address == '{IP}' && contains(macs, '{A}')", "reason": "change 4711", "expires": "2026-12-31"}]
    kept = ip_conflicts(_two(), exceptions=read_exceptions(rows, datetime.date(2026, 12, 31)))
    assert (kept["summary"]["conflict"], kept["summary"]["excepted"]) == (0, 1)
    over = ip_conflicts(_two(), exceptions=read_exceptions(rows, datetime.date(2027, 1, 1)))
    assert (over["summary"]["conflict"], over["summary"]["excepted"]) == (1, 0)


def test_coverage_says_who_was_not_judged():
    verdict = ip_conflicts(
        {"a": {"layer2_snapshot": json.dumps(server("a", A, f"{IP}/23"))}},
        hosts=["a", "b"],
        unreachable={"b": "no route"},
    )
    assert verdict["schema"] == SCHEMA == "netops.layer2/ip-verdict" and verdict["version"] == 1
    assert verdict["coverage"]["missing"] == [{"host": "b", "reason": "no route"}]
    assert (
        verdict["summary"]["hosts_judged"],
        verdict["summary"]["hosts_missing"],
        verdict["summary"]["addresses_judged"],
    ) == (1, 1, 1)


def test_what_is_no_address_is_quarantined_and_the_rest_judged():
    fleet = _two()
    for one in fleet:
        one["interfaces"][0]["addresses"].append({"address": "<script>", "prefix": 24})
    verdict = ip_conflicts(fleet)
    assert verdict["summary"]["conflict"] == 1
    assert [(row["host"], row["problem"]) for row in verdict["coverage"]["quarantined"]] == [
        ("a", "not an IP address: <script>")
    ]


_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.text(max_size=6),
    st.just([]),
    st.just({}),
    st.sampled_from(
        [
            IP,
            V6,
            "fe80::1",
            "127.0.0.1",
            "0.0.0.0",
            "ff02::1",
            "1.2.3",
            "10.0.0.1%eth0",
            "999.1.1.1",
            A,
            "dadfailed",
            "lo",
        ]
    ),
)
_ADDRESS = st.fixed_dictionaries(
    {"address": _ODD, "prefix": _ODD, "flags": st.one_of(_ODD, st.lists(_ODD, max_size=2))}
)
_NIC = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["eth0", "lo", "tunl0", "br0", ""]),
        "mac": st.one_of(st.sampled_from([A, B]), _ODD),
        "link_type": st.sampled_from(["ether", "loopback", "ipip", None]),
        "kind": st.sampled_from([None, "dummy", "bridge", "vlan", "macvlan"]),
        "link": _ODD,
        "up": _ODD,
        "netns": st.sampled_from([None, "docker-x"]),
        "addresses": st.one_of(_ODD, st.lists(_ADDRESS, max_size=3)),
    }
)
_ROW = st.one_of(_ODD, st.builds(
    "- {} {} {} {} -".format, st.sampled_from(["eth0", "lo", "nic9"]), st.sampled_from([IP, V6, "x", "10.0.0.1"]),
    st.sampled_from([A, B, OLD, "y"]), st.sampled_from(["REACHABLE", "STALE", "-"])))
_HOST = st.fixed_dictionaries(
    {
        "schema": st.just("netops.layer2/snapshot"),
        "version": st.just(1),
        "host": st.sampled_from("abc"),
        "interfaces": st.one_of(_ODD, st.lists(_NIC, max_size=3)),
        "neighbors": st.fixed_dictionaries({"rows": st.lists(_ROW, max_size=4)}),
        "sysctls": st.one_of(_ODD, st.dictionaries(st.sampled_from(list(SILENT)), _ODD, max_size=3)),
        "routes": st.lists(_ODD, max_size=1),
        "layer2_segment": st.sampled_from([None, "x"]),
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_HOST, max_size=4))
def test_hostile_snapshots_never_break_the_verdict(fleet):
    verdict = ip_conflicts(fleet, list_shared=True)
    assert json.loads(json.dumps(verdict)) == verdict
    assert len(verdict["findings"]) == sum(verdict["summary"][name] for name in (*STATUSES, "excepted"))
    assert len({row["id"] for row in verdict["findings"]}) <= len(verdict["findings"])
    assert all(row["status"] in STATUSES and (row["owners"] or row["macs"]) for row in verdict["findings"])
