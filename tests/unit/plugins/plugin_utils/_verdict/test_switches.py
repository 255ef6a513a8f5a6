"""Tests of what switches prove: the direction rule, fights between ports, loops, MLAG, links that join VLANs, and
hostile tables.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ...growth import assert_grows_with_its_input
from ..builders import TWIN, guest, hypervisor, learned, nic, server, snapshot

MACS = {"sw1": "00:1c:73:00:00:01", "sw2": "00:1c:73:00:00:02", "sw3": "00:1c:73:00:00:03"}
OTHER = "52:54:00:99:99:99"


def cable(port, to, far="uplink", chassis=None):
    return f"{port} {chassis or MACS[to]} {far} {to} bridge"


def moved(mac, source, target, times=1, vlan="10", bridge="switch"):
    return f"{bridge} {vlan} {mac} {source} {target} {times} -"


def switch(host, *entries, cables=(), moves=None, readings=1, ports=(), vlans=None, chassis=True, kind="switch"):
    """A switch with FDB rows 'port mac vlan flags' and a base MAC of its own; PORTS are further interfaces."""
    rows = [
        learned(port, mac, "switch", vlan, flags)
        for port, mac, vlan, flags in (tuple([*entry, "10", "-"][:4]) for entry in entries)
    ]
    names = {row.split()[1] for row in rows} | {row.split()[0] for row in cables}
    given = {one["name"] for one in ports}
    own = {
        name: f"00:1c:73:{number:02x}:01:{int(host[2:]):02x}" for number, name in enumerate(sorted(names - given), 2)
    }
    interfaces = [nic(name, mac, master="switch") for name, mac in own.items()]
    bridge = {
        "name": "switch",
        "kind": kind,
        "vlan_filtering": True,
        "ports": sorted(names),
        "readings": readings,
        "port_vlans": vlans or {},
    }
    more = {} if moves is None else {"moves": {"rows": list(moves)}}
    identity = {"hostname": host, **({"chassis": MACS[host]} if chassis else {})}
    return snapshot(
        host,
        nic("mgmt", MACS[host]),
        *interfaces,
        *ports,
        bridges=[bridge],
        learnt=rows,
        lldp={"rows": list(cables)},
        identity=identity,
        **more,
    )


def verdict(*snapshots, **more):
    found = mac_collisions(list(snapshots), **more)
    return [(one["mac"], one["status"], one["rule"]) for one in found["findings"]]


def linked(one=(), other=(), **more):
    """sw1 and sw2 with a cable between them that both tell of, on which VLAN 10 is carried."""
    return (switch("sw1", ("up", OTHER), *one, cables=[cable("up", "sw2")], **more),
            switch("sw2", ("up", "52:54:00:88:88:88"), *other, cables=[cable("up", "sw1")], **more))


def test_one_mac_on_ports_that_do_not_lead_to_each_other_is_suspected_once_and_a_conflict_in_a_second_reading():
    pair = linked([("p7", TWIN)], [("p9", TWIN)])
    found = mac_collisions(list(pair))["findings"]
    assert [(one["mac"], one["status"], one["rule"], one["confidence"]) for one in found] == [
        (TWIN, "suspected", "two_switch_ports", "low")
    ]
    assert "port p7 of sw1 (VLAN 10) and port p9 of sw2 (VLAN 10)" in found[0]["reason"]
    again = mac_collisions(list(linked([("p7", TWIN)], [("p9", TWIN)], readings=2)))["findings"]
    assert [(one["status"], one["rule"], one["confidence"]) for one in again] == [
        ("conflict", "two_switch_ports", "high")
    ]
    assert "port p7 of sw1" in again[0]["fix"] and "port p9 of sw2" in again[0]["evidence"][0]


def test_what_is_new_in_the_second_reading_was_seen_once():
    assert verdict(*linked([("p7", TWIN, "10", "new")], [("p9", TWIN)], readings=2)) == [
        (TWIN, "suspected", "two_switch_ports")
    ]


@pytest.mark.parametrize(("here", "there"), [("up", "p9"), ("p7", "up"), ("up", "up")])
def test_a_port_that_leads_to_the_other_switch_proves_nothing(here, there):
    assert verdict(*linked([(here, TWIN)], [(there, TWIN)], readings=2)) == []


def test_one_side_of_lldp_is_not_enough():
    one, other = linked([("p7", TWIN)], [("p9", TWIN)], readings=2)
    assert verdict(one, {**other, "lldp": {"rows": []}}) == []
    assert verdict({**one, "lldp": {"rows": []}}, {**other, "lldp": {"rows": []}}) == []


def test_each_others_own_mac_is_as_good_as_lldp():
    pair = (
        switch("sw1", ("x1", MACS["sw2"]), ("p7", TWIN), readings=2),
        switch("sw2", ("x2", MACS["sw1"]), ("p9", TWIN), readings=2),
    )
    assert verdict(*pair) == [(TWIN, "conflict", "two_switch_ports")]
    assert verdict(switch("sw1", ("x1", MACS["sw2"]), ("x1", TWIN), readings=2), pair[1]) == []
    assert verdict(switch("sw1", ("x1", OTHER), ("p7", TWIN), readings=2), pair[1]) == []


def test_switches_that_are_not_linked_prove_nothing_though_their_vlans_are_one():
    """A host that both have learnt proves one segment; sw1 is linked to another switch, but nobody knows its port to
    sw2.
    """
    web = "00:25:90:00:00:0a"
    one = switch("sw1", ("p1", web), ("p7", TWIN), ("up", OTHER), cables=[cable("up", "sw3")], readings=2)
    three = switch("sw3", ("up", "52:54:00:88:88:88"), cables=[cable("up", "sw1")], readings=2)
    assert (
        verdict(
            one, three, switch("sw2", ("p1", web), ("p9", TWIN), readings=2), server("web", web, "10.0.0.1/24", sees="")
        )
        == []
    )


def test_equal_vlan_numbers_prove_nothing():
    """The link does not carry VLAN 20."""
    assert verdict(*linked([("p7", TWIN, "20")], [("p9", TWIN, "20")], readings=2)) == []
    assert verdict(*linked([("p7", TWIN, "-")], [("p9", TWIN, "-")], readings=2)) == []
    carried = {"vlans": {"up": [{"id": 1, "untagged": True}, {"id": 2, "end": 100}]}}
    assert verdict(*linked([("p7", TWIN, "20")], [("p9", TWIN, "20")], readings=2, **carried)) == [
        (TWIN, "conflict", "two_switch_ports")
    ]


@pytest.mark.parametrize("flags", ["static", "sticky", "self", "router", "remote"])
def test_what_was_not_learnt_proves_nothing(flags):
    assert verdict(*linked([("p7", TWIN, "10", flags)], [("p9", TWIN)], readings=2)) == []


@pytest.mark.parametrize(
    "mac", ["00:00:5e:00:01:07", "00:00:0c:07:ac:01", "00:07:b4:00:01:01", "01:00:5e:00:00:01", MACS["sw3"]]
)
def test_virtual_group_and_switches_own_macs_are_no_twins(mac):
    assert verdict(*linked([("p7", mac)], [("p9", mac)], readings=2), switch("sw3")) == []


def test_members_of_a_link_aggregation_count_as_it():
    """LLDP names the member, the table of addresses the aggregation."""
    ports = [
        nic("po1", "00:1c:73:aa:00:01", kind="bond", master="switch"),
        nic("eth1", "00:1c:73:aa:00:02", master="po1"),
    ]
    one = switch("sw1", ("po1", TWIN), ("po1", OTHER), cables=[cable("eth1", "sw2")], readings=2, ports=ports)
    other = switch("sw2", ("up", OTHER), ("p9", TWIN), cables=[cable("up", "sw1")], readings=2)
    assert verdict(one, other) == []


def lag(name, mlag=None):
    return nic(name, "00:1c:73:bb:00:01", kind="bond", master="switch", **({"mlag": mlag} if mlag else {}))


@pytest.mark.parametrize(("here", "there", "expected"), [
    ({"domain": "d", "id": "10"}, {"domain": "d", "id": "10"}, []),
    ({"domain": "d", "id": "10"}, {"domain": "d", "id": "20"}, [(TWIN, "conflict", "two_switch_ports")]),
    (None, None, []),  # and a gap, below
])
def test_mlag_pairs_share_their_ports(here, there, expected):
    one = switch(
        "sw1", ("up", OTHER), ("po10", TWIN), cables=[cable("up", "sw2")], readings=2, ports=[lag("po10", here)]
    )
    other = switch(
        "sw2",
        ("up", "52:54:00:88:88:88"),
        ("po20", TWIN),
        cables=[cable("up", "sw1")],
        readings=2,
        ports=[lag("po20", there)],
    )
    found = mac_collisions([one, other], list_shared=True)
    findings = [(row["mac"], row["status"], row["rule"]) for row in found["findings"] if row["mac"] == TWIN]
    assert [row for row in findings if row[1] != "shared"] == expected
    assert bool([row for row in findings if row[2] == "mlag_port"]) == (here is not None and here == there)
    assert any("nobody told whether those are one" in gap["reason"] for gap in found["coverage"]["gaps"]) == (
        here is None
    )


def test_a_ring_that_is_open_between_two_switches_is_not_taken_for_twins():
    """What is behind a switch that nobody read, with a cable to both, comes in on both."""
    ends = [("p7", "p9")]
    for near, far in ends:
        one, other = linked([(near, TWIN)], [(far, TWIN)], readings=2)
        one["lldp"]["rows"].append(cable(near, "sw3", chassis="00:de:ad:00:00:01"))
        other["lldp"]["rows"].append(cable(far, "sw3", chassis="00:de:ad:00:00:01"))
        assert verdict(one, other) == []
        other["lldp"]["rows"][-1] = cable(far, "other", chassis="00:de:ad:00:00:02")
        assert verdict(one, other) == [(TWIN, "conflict", "two_switch_ports")]


def test_a_blocked_link_does_not_count():
    ports = [nic("up", "00:1c:73:cc:00:01", master="switch", port={"state": "blocking"})]
    one = switch("sw1", ("up", OTHER), ("p7", TWIN), cables=[cable("up", "sw2")], readings=2, ports=ports)
    assert verdict(one, linked((), [("p9", TWIN)], readings=2)[1]) == []


def test_many_devices_are_called_switch():
    """A stranger that only shares the name of a switch is not taken for it, and neither are two of one name."""
    one, other = linked([("p7", TWIN)], [("p9", TWIN)], readings=2)
    one["lldp"] = {"rows": [cable("up", "sw2", chassis="00:de:ad:00:00:01")]}
    assert verdict(one, other) == []
    one["lldp"] = {"rows": [cable("up", "sw2", chassis="nonsense")]}
    assert verdict(one, other) == [(TWIN, "conflict", "two_switch_ports")]


def test_known_owners_are_named_with_the_ports():
    """A host of the inventory, and a twin that nobody asked."""
    pair = linked([("p7", TWIN)], [("p9", TWIN)], readings=2)
    found = mac_collisions([*pair, server("web", TWIN, "10.0.0.1/24", sees="")])["findings"]
    assert [(one["mac"], one["status"], one["rule"], [owner["host"] for owner in one["owners"]]) for one in found] == [
        (TWIN, "conflict", "two_switch_ports", ["web"])]
    assert "web claims it" in found[0]["reason"] and "port p9 of sw2" in found[0]["reason"]


def test_twins_of_the_inventory_are_proven_by_the_switches_though_nothing_else_joins_their_segments():
    pair = linked([("p7", TWIN)], [("p9", TWIN)], readings=2)
    hosts = [server("a", TWIN, "10.0.0.1/24", sees=""), server("b", TWIN, "10.0.0.2/24", sees="")]
    found = mac_collisions([*pair, *hosts])["findings"]
    assert [(one["status"], one["rule"]) for one in found] == [("conflict", "proven_otherwise")]
    assert any("port p7 of sw1" in line for line in found[0]["evidence"])


def test_links_between_switches_join_their_vlans_though_a_mac_is_in_dispute():
    """Two hosts are in one segment: each was learnt by another switch, and the link between those carries the VLAN."""
    quiet = {"a": "00:25:90:00:00:0a", "b": "00:25:90:00:00:0b"}
    pair = linked([("p7", quiet["a"])], [("p9", quiet["b"])])
    hosts = [snapshot(name, nic("eth0", quiet[name], f"10.0.0.{number}/24"), guests=[guest(f"g{name}", TWIN)], more=[
        nic("br0", quiet[name], kind="bridge")]) for number, name in enumerate(quiet, 1)]
    for host in hosts:
        host["interfaces"][0]["master"] = "br0"
        host["interfaces"].append(nic("br0", quiet[host["host"]], kind="bridge"))
    assert verdict(*hosts) != verdict(*hosts, *pair)
    found = mac_collisions([*hosts, *pair])["findings"]
    assert [(one["mac"], one["status"]) for one in found] == [(TWIN, "conflict")]
    assert any("they are linked (LLDP says so on both)" in link for link in found[0]["segment_proof"])


# --- moves between ports of one switch ---

@pytest.mark.parametrize(("moves", "expected"), [
    ([moved(TWIN, "p1", "p2")], []),  # one move, then still
    ([moved(TWIN, "p1", "p2"), moved(TWIN, "p2", "p1")], [(TWIN, "conflict", "two_switch_ports")]),  # it alternates
    ([moved(TWIN, "-", "p2", 7)], [(TWIN, "conflict", "two_switch_ports")]),  # the counter keeps rising
    ([moved(TWIN, "p1", "p2"), moved(TWIN, "p1", "p2", vlan="20")], []),  # once in each VLAN
    ([moved("00:00:5e:00:01:07", "p1", "p2", 9)], []),  # VRRP
    ([], []),
])
def test_moves(moves, expected):
    assert verdict(switch("sw1", ("p2", TWIN), moves=moves, readings=2)) == expected


def test_open_vswitch_names_the_ports_that_fight():
    fighting = hypervisor(
        "hv1",
        1,
        bridges=[{"name": "br-int", "kind": "openvswitch", "ports": ["tap1", "tap2"], "readings": 2}],
        moves={"rows": [moved(TWIN, "tap1", "tap2", 4, "0", "br-int"), moved(TWIN, "tap2", "tap1", 4, "0", "br-int")]},
    )
    found = mac_collisions([fighting])["findings"]
    assert [(one["mac"], one["status"], one["confidence"]) for one in found] == [(TWIN, "conflict", "high")]
    assert "port tap1 of hv1 and port tap2 of hv1 again and again" in found[0]["reason"]


def test_many_macs_between_the_same_two_ports_are_a_loop():
    macs = [f"52:54:00:00:00:{number:02x}" for number in range(6)]
    both = [moved(mac, *ports) for mac in macs for ports in (("p1", "p2"), ("p2", "p1"))]
    found = mac_collisions([switch("sw1", moves=[*both, moved(TWIN, "p1", "p3", 3)], readings=2)])["findings"]
    assert [(one["rule"], one["owners"]) for one in found if one["mac"] in macs] == [("loop", [])]
    assert "6 addresses flap between port p1 of sw1 and port p2 of sw1: a loop" in found[0]["reason"]
    assert [one["rule"] for one in found if one["mac"] == TWIN] == ["two_switch_ports"]
    few = [moved(mac, *ports) for mac in macs[:4] for ports in (("p1", "p2"), ("p2", "p1"))]
    assert {rule for _mac, _status, rule in verdict(switch("sw1", moves=few, readings=2))} == {"two_switch_ports"}


def test_a_bond_that_no_switch_takes_for_one_link_is_said_as_such():
    bond = snapshot(
        "web",
        nic("bond0", TWIN, "10.0.0.1/24", kind="bond"),
        nic("eth0", TWIN, master="bond0"),
        nic("eth1", TWIN, master="bond0"),
    )
    found = mac_collisions([bond, switch("sw1", ("p1", TWIN), moves=[moved(TWIN, "p1", "p2", 9)], readings=2)])[
        "findings"
    ]
    assert [(one["status"], one["rule"]) for one in found] == [("suspected", "bond_on_ports")]
    assert "bond0" in found[0]["reason"] and "LACP" in found[0]["fix"]


# --- hostile and large ---

def test_broken_rows_are_quarantined_and_the_rest_is_judged():
    bad = switch(
        "sw1",
        ("p2", TWIN),
        moves=[moved(TWIN, "p1", "p2", 9), "x", moved("nonsense", "a", "b"), moved(TWIN, "a", "b", "-4"), 7],
        readings=2,
    )
    bad["lldp"]["rows"] += ["too few", None]
    bad["bridges"][0]["port_vlans"] = {"p1": "x", "p2": [7, {"id": "x"}]}
    bad["interfaces"].append(nic("po9", "00:1c:73:dd:00:01", kind="bond", mlag=["x"], port=5))
    found = mac_collisions([bad])
    assert [(one["mac"], one["rule"]) for one in found["findings"]] == [(TWIN, "two_switch_ports")]
    assert {row["field"] for row in found["coverage"]["quarantined"]} >= {"moves.rows", "lldp.rows"}


def test_names_of_strangers_are_text():
    evil = "\x1b[31m{{7*7}}" + "x" * 300
    found = mac_collisions([switch("sw1", moves=[moved(TWIN, evil, "p2", 9)], readings=2)])
    text = json.dumps(found, ensure_ascii=False)
    assert found["findings"] and "\x1b" not in text and "x" * 200 not in text


def test_twenty_thousand_rows_take_a_time_that_grows_with_them():
    def judged(count):
        macs = [
            f"02:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:01"
            for number in range(count)
        ]
        pair = linked(
            [("up", mac) for mac in macs], [(f"p{number % 40}", mac) for number, mac in enumerate(macs)], readings=2
        )

        def work():
            assert verdict(*pair) == []

        return work

    assert_grows_with_its_input(judged, 1_000, 10_000)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[:3])
def test_a_mac_on_the_way_through_three_switches_is_one_machine(order):
    one = switch("sw1", ("p7", TWIN), ("up", OTHER), cables=[cable("up", "sw2")], readings=2)
    two = switch("sw2", ("d1", TWIN), ("d3", OTHER), cables=[cable("d1", "sw1"), cable("d3", "sw3")], readings=2)
    three = switch("sw3", ("up", TWIN), ("p1", OTHER), cables=[cable("up", "sw2")], readings=2)
    assert verdict(*[(one, two, three)[place] for place in order]) == []
