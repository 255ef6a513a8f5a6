"""Ageing: platform defaults, ARP against MAC in each segment, right units, what was not observed, and switch facts that
cannot be used.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._bridge import timers
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import (
    PLATFORMS,
    SwitchFactsError,
    read_switches,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import ageing_mismatches

from ..builders import learned, neighbour, nic
from ..flood_builders import CORE_MAC, GATEWAY_IP, SERVER_MAC, host, incident2, routes, switch, switch2

ROUTER = {"core1": {"platform": "nxos", "addresses": [GATEWAY_IP]}}


def _rows(fleet, switches=None):
    return {row["segment"]: row for row in ageing_mismatches(fleet, read_switches(switches))}


def _lone(ageing=300.0, base="30000", **more):
    """A server, and a switch between it and nobody else: no gateway, but a port that leads outside."""
    server = host(
        "server1",
        nic("eth0", SERVER_MAC, "192.0.2.101/24"),
        sysctls={"net.ipv4.neigh.default.base_reachable_time_ms": base},
        **more,
    )
    return [server, switch("sw2", learned("swp2", SERVER_MAC, "br0"), ageing=ageing)]


@pytest.mark.parametrize(
    ("platform", "arp", "mac"),
    [
        ("ios", 14400, 300),
        ("nxos", 1500, 1800),
        ("eos", 14400, 300),
        ("junos", 1200, 300),
        ("vrp", 1200, 300),
        ("comware", 1200, 300),
        ("linux", None, 300),
        ("cumulus", 1080, 1800),
        ("openvswitch", None, 300),
    ],
)
def test_platform_defaults(platform, arp, mac):
    assert (PLATFORMS[platform].arp, PLATFORMS[platform].mac) == (arp, mac) and PLATFORMS[platform].source


@pytest.mark.parametrize(
    ("platform", "verdict"),
    [
        ("ios", "mismatch"),
        ("nxos", "ok"),
        ("eos", "mismatch"),
        ("junos", "mismatch"),
        ("vrp", "mismatch"),
        ("comware", "mismatch"),
        ("cumulus", "ok"),
        ("arista.eos.eos", "mismatch"),
        ("huawei", "mismatch"),
    ],
)
def test_defaults_of_one_platform_against_each_other(platform, verdict):
    row = _rows(_lone(ageing=1800.0), {"sw": {"platform": platform}})["192.0.2.0/24"]
    assert row["verdict"] == verdict and ("platform default" in row["reason"] or verdict == "ok")


def test_a_router_that_keeps_arp_for_hours():
    row = _rows(incident2(), {"core1": {"platform": "ios", "addresses": [GATEWAY_IP]}, "access": {"mac": 300}})[
        "192.0.2.0/24"
    ]
    assert (row["verdict"], row["arp"]["seconds"], row["arp"]["from"], row["mac"]["seconds"]) == (
        "mismatch",
        14400,
        "platform default",
        300,
    )
    assert row["not_observed"] == [] and "14400 s" in row["reason"]
    assert row["cure"]["role"] == "ageing_timers" and row["cure"]["mac_ageing"] > 14400
    assert {"device": "access", "platform": None} in row["cure"]["devices"] and {"host": "sw2", "bridge": "br0"} in row[
        "cure"
    ]["devices"]


@pytest.mark.parametrize(("switches", "verdict", "missing"), [
    (None, "not_observed", ["ARP timer of the router at 192.0.2.1", "MAC ageing of the switches"]),
    (ROUTER, "ok", []),
    ({"sw": {"mac": 1800}}, "not_observed", ["ARP timer of the router"]),
    ({"core1": {"arp": 100, "addresses": [GATEWAY_IP]}}, "not_observed", ["MAC ageing of the switches"]),
    ({"sw": {"mac": 1800, "segment": "another"}}, "not_observed", ["ARP timer", "MAC ageing"]),
    ({"sw": {"mac": 1800, "arp": 100, "segments": ["192.0.2.0/24"]}}, "ok", []),
])
def test_what_was_not_observed_never_reads_as_right(switches, verdict, missing):
    row = _rows(incident2(sw2=switch2(ageing=1800.0)), switches)["192.0.2.0/24"]
    assert row["verdict"] == verdict
    assert len(row["not_observed"]) == len(missing) and all(
        word in text for word, text in zip(missing, row["not_observed"], strict=True)
    )


def test_centiseconds_of_the_kernel_are_seconds_here():
    """300 s is 30000 for `ip -d`, sysfs and netlink: taken for seconds it would hide every mismatch."""
    ageing = timers({"ageing_time": 30000})["ageing"]
    row = _rows(_lone(ageing=ageing, base="400000"))["192.0.2.0/24"]
    assert (row["mac"]["seconds"], row["arp"]["seconds"], row["verdict"]) == (300.0, 605.0, "mismatch")


@pytest.mark.parametrize(
    ("base", "seconds", "origin"), [("30000", 50.0, "read"), ("1000", 6.5, "read"), ("junk", 50.0, "platform default")]
)
def test_a_linux_host_asks_again(base, seconds, origin):
    row = _rows(_lone(base=base))["192.0.2.0/24"]
    assert (row["arp"]["seconds"], row["arp"]["from"]) == (seconds, origin)


def test_a_bridge_that_remembers_nothing():
    row = _rows(_lone(ageing=0.0))["192.0.2.0/24"]
    assert row["verdict"] == "mismatch" and "like a hub" in row["reason"]


def test_an_own_value_of_the_interface_counts():
    server = host(
        "server1",
        nic("eth0", SERVER_MAC, "192.0.2.101/24"),
        sysctls={"net.ipv4.neigh.eth0.base_reachable_time_ms": "2000"},
    )
    assert _rows([server])["192.0.2.0/24"]["arp"]["seconds"] == 8.0


def test_segments_stand_alone():
    far = host(
        "far1",
        nic("eth0", "52:54:00:00:99:01", "198.51.100.5/24"),
        neighbours=[neighbour("eth0", f"198.51.100.1 {CORE_MAC}")],
        routes=routes("default via 198.51.100.1 dev eth0"),
    )
    rows = _rows(
        [*incident2(sw2=switch2(ageing=1800.0)), far],
        {**ROUTER, "old": {"platform": "eos", "addresses": ["198.51.100.1"]}},
    )
    assert (rows["192.0.2.0/24"]["verdict"], rows["198.51.100.0/24"]["verdict"]) == ("ok", "mismatch")


def test_a_switch_of_a_segment_that_nobody_is_in_is_told():
    rows = _rows(
        incident2(sw2=switch2(ageing=1800.0)), {**ROUTER, "sw9": {"platform": "ios", "segment": "192.0.2.0/23"}}
    )
    assert rows["192.0.2.0/24"]["verdict"] == "ok"
    told = rows["192.0.2.0/23"]
    assert (told["verdict"], told["hosts"], told["mac"]["seconds"], told["arp"]["seconds"]) == (
        "not_observed",
        0,
        300,
        14400,
    )
    assert "sw9 is said to be in 192.0.2.0/23, but no host is" in told["reason"] and "192.0.2.0/24" in told["reason"]
    assert "`switches` of sw9" in told["fix"]


@pytest.mark.parametrize(("switches", "message"), [
    ([], "switches: list instead of a mapping"),
    ({"sw": 300}, "switches.sw: int instead of a mapping"),
    ({"sw": {}}, "switches.sw: says nothing of its timers"),
    ({"sw": {"platform": "catos"}}, "switches.sw.platform: catos is none of ios, nxos"),
    ({"sw": {"mac": "five minutes"}}, "switches.sw.mac: five minutes is no time in seconds"),
    ({"sw": {"mac": -1}}, "switches.sw.mac: -1 is no time"),
    ({"sw": {"mac": 10**400}}, "switches.sw.mac: 1000"),
    ({"sw": {"mac": True}}, "switches.sw.mac: True is no time"),
    ({"sw": {"mac": float("nan")}}, "switches.sw.mac: nan is no time"),
    ({"sw": {"mac": 10_000_001}}, "switches.sw.mac"),
    ({"sw": {"mac": 300, "ageing": 1}}, "switches.sw: unknown key ageing; it takes addresses, arp, mac"),
    ({"sw": {"mac": 300, "segments": 7}}, "switches.sw.segments: must be a text or a list"),
])
def test_switch_facts_that_cannot_be_used(switches, message):
    with pytest.raises(SwitchFactsError, match=message):
        read_switches(switches)
